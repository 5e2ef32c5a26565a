//! Isolation under fire, through PgBouncer: every row that is read belongs to the tenant that was asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::SimpleAsyncConnection as _;
use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{PoolError, RunQueryDsl, ScopedConnection, TenantConn, TenantPool};

use super::{Behind, found, notes};
use crate::environment::{say, size, variable};
use crate::fire::{Down, churn, get, rand_seed};
use crate::random::Random;
use crate::shop::{mark, until};

const CONNECTIONS: usize = 10;

/// Fewer, so that each of the server's serves many of the pool's in turn.
const OF_THE_SERVER: usize = 3;

#[derive(Default)]
struct Counts {
    read: AtomicU64,
    absent: AtomicU64,
    done: [AtomicU64; 8],
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_belongs_to_the_tenant_asked_for() {
    let (checkouts, tenants) = (size(2_000, 1_000_000), size(30, 500));
    let seed = variable("MULTITENANT_SEED").and_then(|seed| seed.parse().ok()).unwrap_or_else(rand_seed);
    let ids: Vec<String> = (0..tenants).map(|i| format!("t{i}")).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let Some(behind) = Behind::before(EmbeddedServer::builder(), OF_THE_SERVER, &names, |_| {}).await else { return };
    say(&format!(
        "seed {seed}, {checkouts} checkouts over {tenants} tenants, {CONNECTIONS} on {OF_THE_SERVER} connections"
    ));
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    // Each look-up is a unit of work on the few connections: with less, almost every checkout would be one.
    let ttl = Duration::from_secs(size(1, 5) as u64);
    let pool = behind.builder().max_connections(CONNECTIONS).lookup_ttl(ttl).build().unwrap();
    let (left, counts) = (Arc::new(AtomicUsize::new(checkouts)), Arc::new(Counts::default()));
    let (migrator, client) = (behind.shop.migrator(), behind.shop.client().await);
    let churn = tokio::spawn(churn(migrator, client, pool.clone(), Arc::clone(&left)));
    let begun = Instant::now();
    let workers = (0..32).map(|worker| {
        let (pool, left, counts) = (pool.clone(), Arc::clone(&left), Arc::clone(&counts));
        let mut random = Random::new(seed ^ (worker << 32));
        tokio::spawn(async move {
            while left.try_update_down() {
                let i = random.below(tenants + 4);
                let id = if i < tenants { format!("t{i}") } else { format!("come{}", i - tenants) };
                let what = random.below(counts.done.len() * size(4, 50));
                one(&pool, &id, what, &counts).await;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    let (changes, elapsed) = (churn.await.unwrap(), begun.elapsed());
    until(&pool, |status| status.in_use == 0).await;
    let status = pool.status();
    for id in &ids {
        let who: String = mark::table.select(mark::who).first(&mut pool.tenant(id).await.unwrap()).await.unwrap();
        assert_eq!(who, format!("tenant_{id}"));
    }
    assert_eq!(found(&stranger).await, before, "something is set on a connection of the server");
    let done: Vec<u64> = counts.done.iter().map(get).collect();
    say(&format!(
        "{} rows read, {} tenants absent; of each kind {done:?}; {changes} tenants came and went; {} connections opened, \
         {} discarded; {:.1} s",
        get(&counts.read),
        get(&counts.absent),
        status.opened,
        status.discarded,
        elapsed.as_secs_f32()
    ));
    assert!(status.open <= CONNECTIONS, "{status:?}");
    assert!(get(&counts.read) > checkouts as u64 / 2);
    assert!(done.iter().all(|count| *count > 0) && changes > 0, "{done:?}, {changes}");
}

/// One checkout, and what somebody may do with it. Most only read.
async fn one(pool: &TenantPool, id: &str, what: usize, counts: &Counts) {
    let comes_and_goes = id.starts_with("come");
    let mut conn = match pool.tenant(id).await {
        Ok(conn) => conn,
        Err(
            PoolError::UnknownTenant { .. }
            | PoolError::MissingSchema { .. }
            | PoolError::UnderConstruction { .. }
            | PoolError::Behind { .. },
        ) if comes_and_goes => {
            counts.absent.fetch_add(1, Ordering::Relaxed);
            return;
        }
        Err(error) => panic!("{id}: {error}"),
    };
    let own = format!("tenant_{id}");
    let reads = mark::table.select(mark::who).load::<String>(&mut conn).await;
    match reads {
        // Each unit of work asserts that the schema is there, in its own transaction.
        Ok(rows) => assert!(rows == [own.clone()] || (comes_and_goes && rows == ["public"]), "{id} read {rows:?}"),
        Err(error) => {
            assert!(comes_and_goes, "{id}: {error}");
            counts.absent.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
    counts.read.fetch_add(1, Ordering::Relaxed);
    // Where the schema goes meanwhile, what is written would be the shared table's.
    let Some(count) = counts.done.get(what).filter(|_| !comes_and_goes) else { return };
    count.fetch_add(1, Ordering::Relaxed);
    disturb(pool, conn, id, &own, what).await;
}

async fn disturb(pool: &TenantPool, mut conn: TenantConn, id: &str, own: &str, what: usize) {
    let insert = || diesel::insert_into(notes::table).values(notes::text.eq(format!("{own} was here")));
    match what {
        0 => {
            let task = tokio::spawn(async move {
                let mut conn = conn;
                let panics = conn.transaction::<(), Error, _>(async |conn| {
                    let who: QueryResult<String> = mark::table.select(mark::who).first(conn).await;
                    // Without a word on the terminal.
                    std::panic::resume_unwind(Box::new(who));
                });
                let _ = panics.await;
            });
            let task: Result<(), _> = task.await;
            assert!(task.is_err());
        }
        1 => {
            // Cancelled wherever it happens to be.
            let query = mark::table.select(mark::who).load::<String>(&mut conn);
            let _ = tokio::time::timeout(Duration::from_micros(300), query).await;
        }
        2 => {
            let work = conn.transaction::<(), Error, _>(async |conn| {
                diesel::insert_into(mark::table).values(mark::who.eq("another")).execute(conn).await?;
                std::future::pending().await
            });
            let _ = tokio::time::timeout(Duration::from_millis(1), work).await;
        }
        3 => drop(diesel::insert_into(mark::table).values(mark::who.eq(own)).execute(&mut conn).await.unwrap_err()),
        4 => {
            let work = conn.transaction::<(), Error, _>(async |conn| {
                diesel::insert_into(mark::table).values(mark::who.eq("another")).execute(conn).await?;
                Err(Error::RollbackTransaction)
            });
            work.await.unwrap_err();
        }
        5 => {
            // By raw SQL, for the rest of the transaction.
            let work = conn.transaction::<(), Error, _>(async |conn| {
                let raw = conn.unchecked_connection()?;
                raw.batch_execute("SET LOCAL search_path = tenant_t0, public; SET LOCAL ROLE pg_monitor").await
            });
            work.await.unwrap();
        }
        6 => drop(insert().on_conflict_do_nothing().execute(&mut conn).await.unwrap()),
        _ => {
            // A checkout that is given up somewhere on its way.
            drop(conn);
            let _ = tokio::time::timeout(Duration::from_micros(300), pool.tenant(id)).await;
        }
    }
}
