//! Isolation under fire: every row that is read belongs to the tenant that was asked for.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::{ExpressionMethods as _, QueryDsl as _};
use multitenant_runtime::sync::{RunQueryDsl as _, ScopedConnection as _, TenantPool};
use multitenant_runtime::{NewTenant, PoolError, TenantId};

use super::environment::{say, size, variable};
use super::place::{Place, Who as _};
use super::random::Random;
use super::shop::{connections, mark};

const CONNECTIONS: usize = 10;
const KINDS: usize = 8;

#[derive(Default)]
struct Counts {
    read: AtomicU64,
    done: [AtomicU64; KINDS],
    absent: AtomicU64,
}

#[test]
fn every_row_belongs_to_the_tenant_asked_for() {
    let (checkouts, tenants) = (size(3_000, 1_000_000), size(30, 500));
    let seed = variable("MULTITENANT_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let ids: Vec<String> = (0..tenants).map(|i| format!("t{i}")).collect();
    let place = Place::with(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let pool = place.shop.pool().max_connections(CONNECTIONS).lookup_ttl(Duration::from_secs(1)).build_sync().unwrap();
    let (left, counts, begun) = (AtomicUsize::new(checkouts), Counts::default(), Instant::now());
    let (changes, most) = thread::scope(|scope| {
        let (pool, left, counts) = (&pool, &left, &counts);
        let workers: Vec<_> = (0..16_u64)
            .map(|worker| {
                let mut random = Random::new(seed ^ (worker << 32));
                scope.spawn(move || {
                    while take(left) {
                        // Some of those that come and go are among them.
                        let i = random.below(tenants + 2);
                        let id = if i < tenants { format!("t{i}") } else { format!("come{}", i - tenants) };
                        one(pool, &id, random.below(KINDS * size(4, 20)), counts);
                    }
                })
            })
            .collect();
        let changes = churn(&place, pool, left);
        let client = place.client();
        let most = place.wait_for(connections(&client));
        for worker in workers {
            worker.join().unwrap();
        }
        (changes, most)
    });
    let (status, elapsed) = (pool.status(), begun.elapsed());
    for id in &ids {
        assert_eq!(pool.tenant(id).unwrap().who().unwrap(), format!("tenant_{id}"));
    }
    let read = AtomicU64::load(&counts.read, Ordering::Relaxed);
    let done: Vec<u64> = counts.done.iter().map(|count| AtomicU64::load(count, Ordering::Relaxed)).collect();
    say(&format!(
        "seed {seed}: {checkouts} checkouts over {tenants} tenants, {read} rows read, {} absent, of each kind {done:?}, \
         {changes} tenants came and went, {status:?}, {:.1} s",
        AtomicU64::load(&counts.absent, Ordering::Relaxed),
        elapsed.as_secs_f32()
    ));
    assert!(pool.close(Duration::from_secs(5)));
    // Those that libpq has said goodbye to may not have ended.
    assert!(most <= i64::try_from(2 * CONNECTIONS).unwrap(), "{most} connections");
    assert!(read > checkouts as u64 / 2 && changes > 0 && done.iter().all(|count| *count > 0));
    place.until_connections(0);
}

/// One checkout, and what somebody may do with it. Most only read.
fn one(pool: &TenantPool, id: &str, what: usize, counts: &Counts) {
    let comes_and_goes = id.starts_with("come");
    let mut conn = match pool.tenant(id) {
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
    assert!(pool.status().open <= CONNECTIONS);
    match mark::table.select(mark::who).load::<String>(&mut conn) {
        Ok(rows) => {
            // Where a tenant goes in this moment, the shared table is what its connection sees.
            let gone = comes_and_goes && rows == ["public"];
            assert!(gone || rows == [format!("tenant_{id}")], "{id} read {rows:?}");
            counts.read.fetch_add(1, Ordering::Relaxed);
        }
        Err(error) => {
            assert!(comes_and_goes, "{id}: {error}");
            return;
        }
    }
    let Some(count) = counts.done.get(what).filter(|_| !comes_and_goes) else { return };
    count.fetch_add(1, Ordering::Relaxed);
    match what {
        0 => {
            let panicked = catch_unwind(AssertUnwindSafe(move || {
                let mut conn = conn;
                let _ = conn.trusted_connection().batch_execute("BEGIN");
                // Without a word on the terminal.
                resume_unwind(Box::new(conn.who()));
            }));
            assert!(panicked.is_err());
        }
        1 => drop(conn.trusted_connection().batch_execute("BEGIN")),
        2 => drop(conn.trusted_connection().batch_execute("BEGIN; SELECT 1 / 0")),
        3 => drop(diesel::insert_into(mark::table).values(mark::who.eq(format!("tenant_{id}"))).execute(&mut conn)),
        4 => drop(conn.unchecked_connection().batch_execute("SET search_path = tenant_t0, public")),
        5 => drop(conn.unchecked_connection().batch_execute("SET ROLE pg_monitor")),
        6 => {
            let _ = conn.transaction::<(), diesel::result::Error>(|conn| {
                diesel::insert_into(mark::table).values(mark::who.eq("another")).execute(conn)?;
                Err(diesel::result::Error::RollbackTransaction)
            });
        }
        _ => {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                conn.transaction::<(), diesel::result::Error>(|conn| {
                    diesel::insert_into(mark::table).values(mark::who.eq("another")).execute(conn)?;
                    resume_unwind(Box::new("of the test's own"))
                })
            }));
            assert!(panicked.is_err());
        }
    }
}

/// Tenants that are created and dropped meanwhile.
fn churn(place: &Place, pool: &TenantPool, left: &AtomicUsize) -> usize {
    let migrator = place.shop.migrator();
    let mut changes = 0;
    while AtomicUsize::load(left, Ordering::Relaxed) > 0 {
        let id = format!("come{}", changes % 2);
        place.wait_for(migrator.create_tenant(NewTenant::new(&id).unwrap())).unwrap();
        place.sql(&format!("DELETE FROM tenants WHERE id = '{id}'"));
        pool.forget(&TenantId::new(&id).unwrap());
        place.sql(&format!("DROP SCHEMA \"tenant_{id}\" CASCADE"));
        changes += 1;
    }
    changes
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}
