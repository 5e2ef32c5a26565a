//! Connections that nobody needs are closed, and none under a borrower.

use std::time::Duration;

use multitenant_runtime::PoolError;

use super::shop::{Shop, Who, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_idle_for_long_is_closed_and_what_is_out_stays() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool().max_connections(3).idle_timeout(Some(Duration::from_millis(100))).build().unwrap();
    let mut out = pool.tenant("a").await.unwrap();
    pool.warm_up(3).await.unwrap();
    until(&pool, |status| status.open == 1).await;
    shop.until(&format!(
        "(SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '{}' AND datname = current_database())",
        super::shop::NAME
    ))
    .await;
    assert_eq!(out.who().await.unwrap(), "tenant_a");
    drop(out);
    until(&pool, |status| status.open == 0).await;
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_closed_when_it_comes_back() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool().max_connections(1).max_lifetime(Some(Duration::from_millis(50))).build().unwrap();
    let mut conn = pool.tenant("a").await.unwrap();
    let pid = conn.pid().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(conn.pid().await, pid, "not under a borrower");
    drop(conn);
    assert_ne!(pool.tenant("a").await.unwrap().pid().await, pid);
}

#[tokio::test(flavor = "multi_thread")]
async fn close_waits_for_what_is_out() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(2);
    pool.warm_up(2).await.unwrap();
    let mut out = pool.tenant("a").await.unwrap();
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close().await }
    });
    until(&pool, |status| status.idle == 0 && status.open == 1).await;
    assert!(matches!(pool.tenant("a").await, Err(PoolError::Closed)));
    assert!(matches!(pool.shared().await, Err(PoolError::Closed)));
    assert_eq!(out.who().await.unwrap(), "tenant_a");
    assert!(!closing.is_finished());
    drop(out);
    closing.await.unwrap();
    assert_eq!(shop.connections().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_dropped_leaves_nothing() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(2);
    pool.warm_up(2).await.unwrap();
    let mut out = pool.tenant("a").await.unwrap();
    drop(pool);
    assert_eq!(out.who().await.unwrap(), "tenant_a");
    drop(out);
    shop.until(&format!(
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{}' AND datname = current_database())",
        super::shop::NAME
    ))
    .await;
}
