//! Tenants that are older than the binary.

use std::time::Duration;

use multitenant_runtime::{OnAhead, OnBehind, PoolError, Scope};

use super::shop::{Shop, Who};

/// A shop whose tenant `old` lacks the newest migration, and `new` has it.
async fn shop(state: &'static str) -> Shop {
    let mut shop = Shop::new().await;
    shop.settings.state_schema = state;
    shop.add(&["old"]).await;
    shop.tenant("2_more", "CREATE TABLE more (id int PRIMARY KEY);");
    shop.sql("INSERT INTO tenants (id) VALUES ('new')").await;
    let only = Scope::tenant(multitenant_runtime::TenantId::new("new").unwrap());
    shop.builder().create_schemas(true).build().unwrap().migrate(only).await.unwrap();
    shop
}

async fn is_fenced(state: &'static str) {
    let shop = shop(state).await;
    let pool = shop.pool_of(1);
    assert_eq!(pool.tenant("new").await.unwrap().who().await.unwrap(), "tenant_new");
    let error = pool.tenant("old").await.unwrap_err();
    let PoolError::Behind { pending, .. } = &error else { panic!("{error}") };
    assert_eq!(pending.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2"]);
    assert!(error.to_string().contains("cargo multitenant migrate"), "{error}");
    // Mended: at once.
    shop.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(pool.tenant("old").await.unwrap().who().await.unwrap(), "tenant_old");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_behind_is_fenced_by_the_state_table() {
    is_fenced("multitenant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_behind_is_fenced_by_its_history() {
    is_fenced("").await;
}

/// A replica that is older has made a tenant; ten requests come at once.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_behind_is_migrated() {
    let shop = shop("multitenant").await;
    let pool = shop.pool().max_connections(2).on_behind(OnBehind::Migrate).build().unwrap();
    let requests = (0..10).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { pool.tenant("old").await.unwrap().who().await.unwrap() })
    });
    for who in futures_util::future::join_all(requests).await {
        assert_eq!(who.unwrap(), "tenant_old");
    }
    let plan = shop.migrator().plan(Scope::all()).await.unwrap();
    assert_eq!(plan.summary().behind, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_is_said_and_the_others_are_served() {
    let shop = shop("multitenant").await;
    shop.sql("CREATE TABLE tenant_old.more (id int)").await;
    let pool = shop.pool().max_connections(2).on_behind(OnBehind::Migrate).build().unwrap();
    let error = pool.tenant("old").await.unwrap_err();
    assert!(matches!(error, PoolError::Migration { .. }) && error.to_string().contains("42P07"), "{error}");
    assert_eq!(pool.tenant("new").await.unwrap().who().await.unwrap(), "tenant_new");
    // A checkout that gives up does not break the migration off.
    shop.sql("DROP TABLE tenant_old.more").await;
    shop.tenant("3_slow", "SELECT pg_sleep(1); CREATE TABLE slow (id int PRIMARY KEY);");
    let pool = shop.pool().on_behind(OnBehind::Migrate).checkout_timeout(Duration::from_millis(300)).build().unwrap();
    let error = pool.tenant("old").await.unwrap_err();
    assert!(matches!(error, PoolError::Timeout { .. }), "{error}");
    shop.until("to_regclass('tenant_old.slow') IS NOT NULL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_where_it_is_not_wanted() {
    let shop = shop("multitenant").await;
    let pool = shop.pool().on_behind(OnBehind::Serve).build().unwrap();
    assert_eq!(pool.tenant("old").await.unwrap().who().await.unwrap(), "tenant_old");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_ahead_or_edited_is_judged_as_a_run_judges_it() {
    let shop = shop("multitenant").await;
    shop.sql("INSERT INTO tenant_new.__diesel_schema_migrations (version) VALUES ('9')").await;
    let pool = shop.pool_of(1);
    pool.tenant("new").await.unwrap();
    let strict = shop.builder().on_ahead(OnAhead::Refuse).build().unwrap();
    // The state table does not know of rows that somebody writes by hand; a newer release would have told it.
    shop.sql("UPDATE multitenant.targets SET digest = 'another'").await;
    let error = strict.pool().build().unwrap().tenant("new").await.unwrap_err();
    assert!(matches!(error, PoolError::Refused { .. }), "{error}");
    let pool = shop.pool_of(1);
    assert_eq!(pool.tenant("new").await.unwrap().who().await.unwrap(), "tenant_new");
    shop.sql("UPDATE tenant_new.__diesel_schema_migrations SET multitenant_checksum = 'sha256:' || repeat('0', 64) WHERE version = '2'").await;
    let error = shop.pool_of(1).tenant("new").await.unwrap_err();
    assert!(matches!(error, PoolError::Refused { .. }) && error.to_string().contains("differ"), "{error}");
}

/// A tenant that was dropped and restored under its name, behind the state table's back.
#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_another_schema_counts_for_nothing() {
    let shop = Shop::with(&["a", "b"]).await;
    shop.sql("DROP SCHEMA tenant_a CASCADE; CREATE SCHEMA tenant_a").await;
    let error = shop.pool_of(1).tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::Behind { .. }), "{error}");
}
