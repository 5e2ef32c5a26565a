//! The cap, waiting in turn, and closing.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use multitenant_runtime::PoolError;
use multitenant_runtime::sync::TenantPool;

use super::place::{Place, Who as _};

/// Waits until so many checkouts wait.
fn until_waiting(pool: &TenantPool, count: usize) {
    let begun = Instant::now();
    while pool.status().waiting != count {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", pool.status());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn many_tenants_cost_no_more_connections_than_one() {
    let ids: Vec<String> = (0..20).map(|i| format!("t{i}")).collect();
    let place = Place::with(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let pool = place.pool_of(10);
    for id in &ids {
        assert_eq!(pool.tenant(id).unwrap().who().unwrap(), format!("tenant_{id}"));
    }
    assert_eq!((pool.status().opened, place.connections()), (1, 1), "one after the other needs one");
}

#[test]
fn who_comes_first_is_served_first() {
    let place = Place::with(&["a", "b"]);
    let pool = place.pool_of(1);
    // Known already: those who look a tenant up wait for one another.
    assert_eq!(pool.tenant("b").unwrap().who().unwrap(), "tenant_b");
    let held = pool.tenant("a").unwrap();
    let order = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for i in 0..5 {
            let (pool, order) = (&pool, &order);
            scope.spawn(move || {
                let id = if i % 2 == 0 { "a" } else { "b" };
                let mut conn = pool.tenant(id).unwrap();
                order.lock().unwrap().push(i);
                assert_eq!(conn.who().unwrap(), format!("tenant_{id}"));
            });
            until_waiting(pool, i + 1);
        }
        drop(held);
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(pool.status().opened, 1);
}

#[test]
fn who_waits_for_too_long_is_told_how_the_pool_stands() {
    let place = Place::with(&["a"]);
    let pool = place.shop.pool().max_connections(1).checkout_timeout(Duration::from_millis(300)).build_sync().unwrap();
    let held = pool.tenant("a").unwrap();
    let begun = Instant::now();
    let error = pool.tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Timeout { status, .. } if status.in_use == 1), "{error}");
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&begun.elapsed()));
    drop(held);
    assert_eq!((pool.status().waiting, pool.status().in_use), (0, 0));
    assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_a");
}

#[test]
fn one_tenant_leaves_connections_to_the_others() {
    let place = Place::with(&["noisy", "quiet"]);
    let pool = place.shop.pool().max_connections(3).max_per_tenant(2).build_sync().unwrap();
    let noisy = [pool.tenant("noisy").unwrap(), pool.tenant("noisy").unwrap()];
    thread::scope(|scope| {
        let third = scope.spawn(|| pool.tenant("noisy").unwrap().who().unwrap());
        for _ in 0..5 {
            assert_eq!(pool.tenant("quiet").unwrap().who().unwrap(), "tenant_quiet");
        }
        assert!(!third.is_finished());
        drop(noisy);
        assert_eq!(third.join().unwrap(), "tenant_noisy");
    });
}

#[test]
fn warm_up_opens_so_many_and_no_more_and_closing_ends_them() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(4);
    pool.warm_up(3).unwrap();
    assert_eq!((place.connections(), pool.status().idle), (3, 3));
    pool.warm_up(100).unwrap();
    assert_eq!((place.connections(), pool.status().idle), (4, 4));
    let mut conn = pool.tenant("a").unwrap();
    assert_eq!((pool.status().opened, pool.status().in_use), (4, 1));
    // Nothing is closed under a borrower.
    assert!(!pool.close(Duration::from_millis(200)));
    assert!(matches!(pool.tenant("a"), Err(PoolError::Closed)));
    assert_eq!(conn.who().unwrap(), "tenant_a");
    drop(conn);
    assert!(pool.close(Duration::from_secs(5)));
    assert_eq!((pool.status().open, pool.status().idle), (0, 0));
    place.until_connections(0);
}

#[test]
fn what_is_idle_or_old_is_closed() {
    let place = Place::with(&["a"]);
    let idle = place.shop.pool().idle_timeout(Some(Duration::from_millis(100))).build_sync().unwrap();
    idle.warm_up(2).unwrap();
    place.until_connections(0);
    assert_eq!(idle.status().open, 0);
    let old = place.shop.pool().max_lifetime(Some(Duration::from_millis(1))).idle_timeout(None).build_sync().unwrap();
    let pid = old.tenant("a").unwrap().pid();
    assert_ne!(old.tenant("a").unwrap().pid(), pid);
    assert_eq!(old.status().discarded, 0);
}
