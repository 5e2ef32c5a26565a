//! Connections that cannot be opened, for now or for good.

use std::time::{Duration, Instant};

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{ConnectErrorKind, PoolError};

use super::shop::{Shop, Who};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_no_room_is_tried_again() {
    let server = EmbeddedServer::builder()
        .setting("max_connections", "8")
        .setting("superuser_reserved_connections", "0")
        .start()
        .unwrap();
    let shop = Shop::on(server.url("postgres"));
    let mut migrator = shop.builder();
    migrator = migrator.jobs(1);
    drop(migrator);
    shop.add(&["a"]).await;
    let mut others = Vec::new();
    for _ in 0..20 {
        match tokio_postgres::connect(shop.url(), tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                others.push(client);
                tokio::spawn(connection);
            }
            Err(_) => break,
        }
    }
    let pool = shop.pool_of(1);
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.tenant("a").await.unwrap().who().await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!waiting.is_finished());
    drop(others);
    assert_eq!(waiting.await.unwrap(), "tenant_a");
    assert_eq!(pool.status().open, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_pass_is_said_at_once() {
    let shop = Shop::with(&["a"]).await;
    let url = "host=127.0.0.1 port=1 user=nobody dbname=nothing";
    let pool = shop.pool().database_url(url).max_connections(1).build().unwrap();
    let begun = Instant::now();
    let error = pool.tenant("a").await.unwrap_err();
    let PoolError::Connect(connect) = &error else { panic!("{error}") };
    assert_eq!(connect.kind(), ConnectErrorKind::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let status = pool.status();
    assert_eq!((status.open, status.in_use), (0, 0), "{status:?}");

    let config: tokio_postgres::Config = shop.url().parse().unwrap();
    let missing = shop.url().replace(config.get_dbname().unwrap(), "no_such_database");
    let pool = shop.pool().database_url(missing).build().unwrap();
    let begun = Instant::now();
    let error = pool.shared().await.unwrap_err();
    assert!(matches!(&error, PoolError::Connect(e) if e.kind() == ConnectErrorKind::DatabaseMissing), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2));

    let error = shop.pool().database_url("postgres://[").build().unwrap_err();
    assert!(matches!(error, PoolError::Url(_)));
}
