//! Isolation under fire: every row that is read belongs to the tenant that was asked for.

use multitenant_runtime::ScopedConnection as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use multitenant_runtime::{Migrator, NewTenant, PoolError, Scope, TenantConn, TenantId, TenantPool};
use tokio_postgres::Client;

use super::cap::Gauge;
use super::environment::{say, size, variable};
use super::random::Random;
use super::shop::{Shop, Who, mark};

const CONNECTIONS: usize = 10;

#[derive(Default)]
struct Counts {
    read: AtomicU64,
    done: [AtomicU64; 10],
    absent: AtomicU64,
    lost: AtomicU64,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_belongs_to_the_tenant_asked_for() {
    let (checkouts, tenants) = (size(5_000, 1_000_000), size(40, 500));
    let seed = variable("MULTITENANT_SEED").and_then(|seed| seed.parse().ok()).unwrap_or_else(rand_seed);
    say(&format!("seed {seed}, {checkouts} checkouts over {tenants} tenants on {CONNECTIONS} connections"));
    let ids: Vec<String> = (0..tenants).map(|i| format!("t{i}")).collect();
    let shop = Shop::with(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let pool = shop.pool().max_connections(CONNECTIONS).lookup_ttl(Duration::from_secs(1)).build().unwrap();
    let gauge = Gauge::begin(shop.client().await);
    let begun = Instant::now();
    let (left, counts) = (Arc::new(AtomicUsize::new(checkouts)), Arc::new(Counts::default()));
    let churn = tokio::spawn(churn(shop.migrator(), shop.client().await, pool.clone(), Arc::clone(&left)));
    let workers: Vec<_> = (0..32)
        .map(|worker| {
            let (pool, left, counts) = (pool.clone(), Arc::clone(&left), Arc::clone(&counts));
            let mut random = Random::new(seed ^ (worker << 32));
            tokio::spawn(async move {
                while left.try_update_down() {
                    // Some of those that come and go are among them.
                    let i = random.below(tenants + 4);
                    let id = if i < tenants { format!("t{i}") } else { format!("come{}", i - tenants) };
                    let what = random.below(counts.done.len() * size(4, 20));
                    one(&pool, id, what, &counts).await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let changes = churn.await.unwrap();
    let elapsed = begun.elapsed();
    super::shop::until(&pool, |status| status.in_use == 0).await;
    let status = pool.status();
    // After all that, everybody is served.
    for id in &ids {
        assert_eq!(pool.tenant(id).await.unwrap().who().await.unwrap(), format!("tenant_{id}"));
    }
    pool.close().await;
    let most = gauge.end().await;
    let done: Vec<u64> = counts.done.iter().map(get).collect();
    say(&format!(
        "{} rows read, {} tenants absent, {} lost; of each kind {done:?}; {changes} tenants came and went; \
         {} connections opened, {} discarded, at most {most} at once; {:.1} s",
        get(&counts.read),
        get(&counts.absent),
        get(&counts.lost),
        status.opened,
        status.discarded,
        elapsed.as_secs_f32()
    ));
    assert!(most <= i64::try_from(CONNECTIONS).unwrap(), "{most} connections");
    assert!(get(&counts.read) > checkouts as u64 / 2);
    assert!(done.iter().all(|count| *count > 0) && changes > 0, "{done:?}, {changes}");
}

/// One checkout, and what somebody may do with it. Most only read.
async fn one(pool: &TenantPool, id: String, what: usize, counts: &Arc<Counts>) {
    let mut conn = match pool.tenant(&id).await {
        Ok(conn) => conn,
        Err(
            PoolError::UnknownTenant { .. }
            | PoolError::MissingSchema { .. }
            | PoolError::UnderConstruction { .. }
            | PoolError::Behind { .. },
        ) if id.starts_with("come") => {
            counts.absent.fetch_add(1, Ordering::Relaxed);
            return;
        }
        Err(error) => panic!("{id}: {error}"),
    };
    if !read(&mut conn, &id, counts).await {
        return;
    }
    // Where the schema goes meanwhile, what is written would be the shared table's.
    let writes = matches!(what, 5 | 8);
    let Some(count) = counts.done.get(what).filter(|_| !(writes && id.starts_with("come"))) else { return };
    count.fetch_add(1, Ordering::Relaxed);
    let sql = |sql| diesel::dsl::sql::<diesel::sql_types::Text>(sql);
    match what {
        0 => {
            let task = tokio::spawn(async move {
                let mut conn = conn;
                let _ = conn.raw().batch_execute("BEGIN").await;
                // Without a word on the terminal.
                std::panic::resume_unwind(Box::new(conn.who().await));
            });
            let task: Result<(), _> = task.await;
            assert!(task.is_err());
        }
        1 => {
            let sleep = diesel::select(sql("pg_sleep(30)::text")).get_result::<String>(conn.raw());
            let _ = tokio::time::timeout(Duration::from_micros(500), sleep).await;
        }
        2 => {
            // Cancelled wherever it happens to be.
            let query = mark::table.select(mark::who).load::<String>(conn.raw());
            let _ = tokio::time::timeout(Duration::from_micros(100), query).await;
        }
        3 => drop(conn.raw().batch_execute("BEGIN").await),
        4 => {
            let _ = conn.raw().batch_execute("BEGIN; SELECT 1 / 0").await;
        }
        5 => drop(
            diesel::insert_into(mark::table).values(mark::who.eq(format!("tenant_{id}"))).execute(conn.raw()).await,
        ),
        6 => drop(conn.unchecked_connection().unwrap().batch_execute("SET search_path = tenant_t0, public").await),
        7 => drop(conn.unchecked_connection().unwrap().batch_execute("SET ROLE pg_monitor").await),
        8 => {
            let work = conn.transaction::<(), diesel::result::Error, _>(async |conn| {
                diesel::insert_into(mark::table).values(mark::who.eq("another")).execute(conn.raw()).await?;
                std::future::pending().await
            });
            let _ = tokio::time::timeout(Duration::from_millis(1), work).await;
        }
        _ => {
            // A checkout that is given up somewhere on its way.
            drop(conn);
            let _ = tokio::time::timeout(Duration::from_micros(300), pool.tenant(&id)).await;
        }
    }
}

/// Reads all rows; whether there was a table at all.
async fn read(conn: &mut TenantConn, id: &str, counts: &Counts) -> bool {
    match mark::table.select(mark::who).load::<String>(conn.raw()).await {
        Ok(rows) => {
            // Where a tenant goes in this moment, the shared table is what its connection sees.
            let gone = id.starts_with("come") && rows == ["public"];
            assert!(gone || rows == [format!("tenant_{id}")], "{id} read {rows:?}");
            counts.read.fetch_add(1, Ordering::Relaxed);
            true
        }
        Err(error) => {
            assert!(id.starts_with("come"), "{id}: {error}");
            counts.lost.fetch_add(1, Ordering::Relaxed);
            false
        }
    }
}

/// Tenants that are created, migrated and dropped meanwhile.
pub(crate) async fn churn(migrator: Migrator, client: Client, pool: TenantPool, left: Arc<AtomicUsize>) -> usize {
    let mut changes = 0;
    while AtomicUsize::load(&left, Ordering::Relaxed) > 0 {
        let id = format!("come{}", changes % 4);
        migrator.create_tenant(NewTenant::new(&id).unwrap()).await.unwrap();
        migrator.migrate(Scope::all()).await.unwrap();
        assert_eq!(Client::execute(&client, "DELETE FROM tenants WHERE id = $1", &[&id]).await.unwrap(), 1);
        pool.forget(&TenantId::new(&id).unwrap());
        client.batch_execute(&format!("DROP SCHEMA \"tenant_{id}\" CASCADE")).await.unwrap();
        changes += 1;
    }
    changes
}

/// Counts down, until there is nothing left.
pub(crate) trait Down {
    fn try_update_down(&self) -> bool;
}

impl Down for AtomicUsize {
    fn try_update_down(&self) -> bool {
        let before = self.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        // Who stops a long run is to know what it has shown.
        if let Ok(left) = before
            && left.is_multiple_of(100_000)
        {
            say(&format!("{left} to go"));
        }
        before.is_ok()
    }
}

/// By its full name: a query could be loaded as well.
pub(crate) fn get(count: &AtomicU64) -> u64 {
    AtomicU64::load(count, Ordering::Relaxed)
}

pub(crate) fn rand_seed() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos().into()
}
