//! Who waits, for how long, and in which order.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use multitenant_runtime::PoolError;

use super::shop::{Shop, Who, until};

#[tokio::test(flavor = "multi_thread")]
async fn first_come_first_served() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(1);
    pool.tenant("b").await.unwrap();
    let held = pool.tenant("a").await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for i in 0..20 {
        let (other, order) = (pool.clone(), Arc::clone(&order));
        // Those for the tenant whose connection comes back are no better off.
        let id = if i % 3 == 0 { "b" } else { "a" };
        tasks.push(tokio::spawn(async move {
            let mut conn = other.tenant(id).await.unwrap();
            order.lock().unwrap().push(i);
            conn.who().await.unwrap();
        }));
        until(&pool, |status| status.waiting == i + 1).await;
    }
    drop(held);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn not_longer_than_it_may_take() {
    let shop = Shop::with(&["a"]).await;
    let limit = Duration::from_secs(2);
    let pool = shop.pool().max_connections(1).checkout_timeout(limit).build().unwrap();
    let mut held = pool.tenant("a").await.unwrap();
    let begun = Instant::now();
    let others = (0..3).map(|_| pool.tenant("a"));
    for result in futures_util::future::join_all(others).await {
        let error = result.unwrap_err();
        assert!(error.is_retryable());
        let PoolError::Timeout { status, max_per_tenant: None, .. } = &error else { panic!("{error}") };
        assert_eq!((status.max_connections, status.in_use), (1, 1));
        assert!(error.to_string().contains("max_connections"), "{error}");
    }
    assert!((limit..limit * 5).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    assert_eq!(pool.status().waiting, 0);
    assert_eq!(held.who().await.unwrap(), "tenant_a");
    drop(held);
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
}

/// Who gives up waiting takes nothing along.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_that_is_cancelled_at_any_moment() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool().max_connections(2).max_per_tenant(1).build().unwrap();
    for micros in (0..20_000).step_by(250) {
        pool.forget(&multitenant_runtime::TenantId::new("a").unwrap());
        let _ = tokio::time::timeout(Duration::from_micros(micros), pool.tenant("a")).await;
        let mut conn = pool.tenant("b").await.unwrap();
        assert_eq!(conn.who().await.unwrap(), "tenant_b");
    }
    until(&pool, |status| status.in_use == 0 && status.open == status.idle).await;
    let both = futures_util::future::join(pool.tenant("a"), pool.tenant("b")).await;
    assert!(both.0.is_ok() && both.1.is_ok());
}
