//! The cap holds on the server, whatever the tasks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures_util::future::join_all;
use tokio_postgres::Client;

use super::random::Random;
use super::shop::{Shop, Who, connections};

/// Looks at the server again and again, and keeps the most that it has seen.
pub(crate) struct Gauge {
    most: Arc<AtomicI64>,
    over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Gauge {
    pub(crate) fn begin(client: Client) -> Self {
        let (most, over) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
        let task = tokio::spawn({
            let (most, over) = (Arc::clone(&most), Arc::clone(&over));
            async move {
                while !over.load(Ordering::Relaxed) {
                    most.fetch_max(connections(&client).await, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            }
        });
        Self { most, over, task }
    }

    pub(crate) async fn end(self) -> i64 {
        self.over.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        self.most.load(Ordering::Relaxed)
    }
}

async fn check(pin: bool) {
    const CAP: usize = 3;
    let shop = Shop::with(&["a", "b", "c", "d", "e"]).await;
    let pool = shop.pool().max_connections(CAP).pin_connections(pin).build().unwrap();
    let gauge = Gauge::begin(shop.client().await);
    let tasks = (0..30_u64).map(|seed| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut random = Random::new(seed);
            for _ in 0..10 {
                let id = ["a", "b", "c", "d", "e"][random.below(5)];
                let mut conn = pool.tenant(id).await.unwrap();
                match random.below(4) {
                    // Closed in doubt, while it is at work: its place is free only when it has ended.
                    0 => {
                        let sleep = conn.unchecked_connection().batch_execute("SELECT pg_sleep(10)");
                        let _ = tokio::time::timeout(Duration::from_millis(5), sleep).await;
                    }
                    1 => drop(conn.unchecked_connection()),
                    _ => assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}")),
                }
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    pool.close().await;
    assert_eq!(shop.connections().await, 0, "closed is gone");
    let most = gauge.end().await;
    assert!((2..=i64::try_from(CAP).unwrap()).contains(&most), "{most} connections");
    let status = pool.status();
    assert_eq!((status.open, status.idle, status.in_use), (0, 0, 0), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_on_the_server() {
    check(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_where_connections_are_replaced() {
    check(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tenants_cost_no_more_connections_than_one() {
    let ids: Vec<String> = (0..40).map(|i| format!("t{i}")).collect();
    let shop = Shop::with(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let pool = shop.pool_of(10);
    for id in &ids {
        assert_eq!(pool.tenant(id).await.unwrap().who().await.unwrap(), format!("tenant_{id}"));
    }
    assert_eq!(pool.status().opened, 1, "one after the other needs one");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenant_leaves_connections_to_the_others() {
    let shop = Shop::with(&["noisy", "quiet"]).await;
    let pool = shop.pool().max_connections(3).max_per_tenant(2).build().unwrap();
    let noisy = [pool.tenant("noisy").await.unwrap(), pool.tenant("noisy").await.unwrap()];
    let third = tokio::spawn({
        let pool = pool.clone();
        async move { pool.tenant("noisy").await.unwrap().who().await.unwrap() }
    });
    for _ in 0..5 {
        assert_eq!(pool.tenant("quiet").await.unwrap().who().await.unwrap(), "tenant_quiet");
    }
    assert!(!third.is_finished());
    drop(noisy);
    assert_eq!(third.await.unwrap(), "tenant_noisy");
    // An unknown id has no place of its own for longer than it is asked for.
    for i in 0..10 {
        pool.tenant(format!("nobody{i}")).await.unwrap_err();
    }
    let mut conn = pool.tenant("noisy").await.unwrap();
    assert_eq!(conn.who().await.unwrap(), "tenant_noisy");
}

#[tokio::test(flavor = "multi_thread")]
async fn warm_up_opens_so_many_and_no_more() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(4);
    pool.warm_up(3).await.unwrap();
    assert_eq!((shop.connections().await, pool.status().idle), (3, 3));
    pool.warm_up(100).await.unwrap();
    assert_eq!((shop.connections().await, pool.status().idle), (4, 4));
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    assert_eq!(pool.status().opened, 4);
}
