//! What a pool and a run tell `tracing`.

use std::time::Duration;

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use multitenant_runtime::{Scope, TenantId, TenantPool};
use tracing::Level;

use super::capture::Capture;
use super::shop::{Shop, Who, until};

const OUT: &str = "a connection is handed out";
const SWITCHED: &str = "a connection is switched";
const BACK: &str = "a connection is given back";
const CLOSED: &str = "a connection is closed";
const REFUSED: &str = "no connection is handed out";
const SLOW: &str = "a slow query";

async fn sleeps(pool: &TenantPool, tenant: &str) {
    let mut conn = pool.tenant(tenant).await.unwrap();
    let query = diesel::sql_query("SELECT pg_sleep(0.3), $1 -- of a customer").bind::<Text, _>("s3cret");
    query.execute(conn.trusted_connection()).await.unwrap();
}

/// Rows, and not their number.
async fn reads_slowly(pool: &TenantPool, tenant: &str) -> i32 {
    let mut conn = pool.tenant(tenant).await.unwrap();
    let slow =
        diesel::dsl::sql::<diesel::sql_types::Integer>("length(pg_sleep(0.3)::text || ").bind::<Text, _>("s3cret");
    diesel::select(slow.sql(")")).get_result(conn.trusted_connection()).await.unwrap()
}

#[tokio::test]
async fn slow_queries_are_told_without_what_is_the_customers() {
    let shop = Shop::with(&["a", "b"]).await;
    let (capture, _guard) = Capture::begin();
    let pool = shop.pool().max_connections(1).slow_query(Duration::from_millis(200)).build().unwrap();
    for tenant in ["a", "b", "a"] {
        assert_eq!(pool.tenant(tenant).await.unwrap().who().await.unwrap(), format!("tenant_{tenant}"));
        sleeps(&pool, tenant).await;
    }
    let slow = capture.take(SLOW);
    let whose: Vec<_> = slow.iter().map(|told| (told.field("tenant"), told.field("schema"))).collect();
    assert_eq!(whose, [("a", "tenant_a"), ("b", "tenant_b"), ("a", "tenant_a")], "{slow:#?}");
    for told in &slow {
        assert_eq!((told.level, told.field("failed")), (Level::WARN, "false"));
        assert_eq!(told.field("sql"), "SELECT pg_sleep(0.3), $1 -- of a customer");
        assert!(told.field("duration_ms").parse::<f64>().unwrap() >= 300.0, "{told:?}");
        assert!(!format!("{told:?}").contains("s3cret"));
    }
    assert_eq!(reads_slowly(&pool, "b").await, 6);
    let slow = capture.take(SLOW);
    assert_eq!(slow.len(), 1);
    assert_eq!((slow[0].field("tenant"), slow[0].field("sql")), ("b", "SELECT length(pg_sleep(0.3)::text || $1)"));
    // Nobody else measures anything.
    sleeps(&shop.pool_of(1), "a").await;
    assert_eq!(capture.take(SLOW).len(), 0);
}

#[tokio::test]
async fn the_debug_mode_tells_of_every_checkout_switch_and_return() {
    let shop = Shop::with(&["a", "b"]).await;
    let (capture, _guard) = Capture::begin();
    let pool = shop.pool().max_connections(1).debug(true).build().unwrap();
    for tenant in ["a", "a", "b"] {
        drop(pool.tenant(tenant).await.unwrap());
    }
    pool.tenant("nobody").await.unwrap_err();
    let told: Vec<_> = capture.take_all().into_iter().filter(|told| told.level == Level::INFO).collect();
    let of = |message: &str| {
        let told = told.iter().filter(|told| told.message == message);
        told.map(|told| (told.field("tenant"), told.field("schema"))).collect::<Vec<_>>()
    };
    let all = [("a", "tenant_a"), ("a", "tenant_a"), ("b", "tenant_b")];
    assert_eq!((of(OUT), of(BACK)), (all.to_vec(), all.to_vec()), "{told:#?}");
    assert_eq!(of(SWITCHED), [all[0], all[2]]);
    assert_eq!(of(REFUSED), [("nobody", "")]);
    for told in &told {
        match told.message.as_str() {
            OUT => assert!(told.field("waited_ms").parse::<f64>().unwrap() > 0.0, "{told:?}"),
            BACK => assert!(told.field("held_ms").parse::<f64>().is_ok(), "{told:?}"),
            REFUSED => assert_eq!(told.field("reason"), "unknown-tenant"),
            _ => {}
        }
    }
    let switched: Vec<_> = told.iter().filter(|told| told.message == OUT).map(|told| told.field("switched")).collect();
    assert_eq!(switched, ["true", "false", "true"]);

    // Why a connection is closed.
    let mut conn = pool.tenant("a").await.unwrap();
    diesel::sql_query("BEGIN").execute(conn.trusted_connection()).await.unwrap();
    drop(conn);
    let mut conn = pool.tenant("b").await.unwrap();
    conn.unchecked_connection().unwrap();
    drop(conn);
    let closed = capture.take(CLOSED);
    let why: Vec<_> = closed.iter().map(|told| (told.level, told.field("schema"), told.field("why"))).collect();
    assert_eq!(
        why,
        [(Level::INFO, "tenant_a", "a transaction is open"), (Level::INFO, "tenant_b", "its settings are in doubt")]
    );
    until(&pool, |status| status.in_use == 0).await;
    pool.warm_up(1).await.unwrap();
    pool.close().await;
    assert_eq!(capture.take(CLOSED)[0].field("why"), "the pool is closed");
}

#[tokio::test]
async fn without_the_mode_all_of_it_is_for_debugging_and_nothing_is_measured() {
    let shop = Shop::with(&["a"]).await;
    let (capture, _guard) = Capture::begin();
    let pool = shop.pool_of(1);
    drop(pool.tenant("a").await.unwrap());
    let told = capture.take_all();
    assert!(told.iter().all(|told| told.level == Level::DEBUG), "{told:#?}");
    let out = told.iter().find(|told| told.message == OUT).unwrap();
    assert!(!out.fields.contains_key("waited_ms"), "{out:?}");
    // The checkout has a span, with what is known of it in the end.
    let (name, fields) = out.spans.last().unwrap();
    assert_eq!((*name, fields["tenant"].as_str()), ("checkout", "a"));
    assert_eq!((fields["schema"].as_str(), fields["switched"].as_str()), ("tenant_a", "true"));
}

#[tokio::test]
async fn each_migration_has_a_span_in_that_of_its_target() {
    let shop = Shop::with(&["a"]).await;
    shop.tenant("2_more", "CREATE TABLE more ()");
    shop.tenant("3_never", "SELECT 1 / 0");
    let (capture, _guard) = Capture::begin();
    shop.migrator().migrate(Scope::tenant(TenantId::new("a").unwrap())).await.unwrap_err();
    let targets = capture.spans("migrate");
    assert_eq!((targets[0]["tenant"].as_str(), targets[0]["schema"].as_str()), ("a", "tenant_a"));
    let migrations = capture.spans("migration");
    let versions: Vec<_> = migrations.iter().map(|fields| (&*fields["version"], &*fields["direction"])).collect();
    assert_eq!(versions, [("2", "up"), ("3", "up")]);
}
