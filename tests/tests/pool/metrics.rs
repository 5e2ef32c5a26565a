//! What is counted and measured.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel_async::RunQueryDsl as _;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use multitenant_runtime::metrics::{METRICS, PoolMetrics, RunMetrics};
use multitenant_runtime::{Scope, TenantId, TenantPool, TenantPoolBuilder};

use super::shop::{NAME, Shop, Who};

/// A recorder of one test's own.
struct Counted(Snapshotter);

impl Counted {
    /// What is made in `make` counts there.
    fn of<T>(make: impl FnOnce() -> T) -> (Self, T) {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let made = metrics::with_local_recorder(&recorder, make);
        (Self(snapshotter), made)
    }

    /// What was counted since the last call, of what is not zero: `name{label="…"}`, and of a histogram how many there were.
    fn take(&self) -> BTreeMap<String, f64> {
        let snapshot = self.0.snapshot().into_vec();
        let lines = snapshot.into_iter().map(|(key, _, _, value)| {
            let (name, labels) = key.key().clone().into_parts();
            let labels = labels.iter().filter(|label| label.key() != "pool");
            let labels: Vec<_> = labels.map(|label| format!("{}={}", label.key(), label.value())).collect();
            let line = format!("{}{{{}}}", name.as_str(), labels.join(","));
            let metric = METRICS.iter().find(|metric| metric.name == name.as_str());
            assert!(metric.is_some(), "{line} is not in the table");
            (
                line,
                match value {
                    DebugValue::Counter(count) => count as f64,
                    DebugValue::Gauge(value) => value.into_inner(),
                    DebugValue::Histogram(values) => values.len() as f64,
                },
            )
        });
        lines.filter(|(_, value)| *value != 0.0).collect()
    }
}

fn pool(builder: TenantPoolBuilder, metrics: PoolMetrics) -> (Counted, TenantPool) {
    Counted::of(|| builder.metrics(metrics).build().unwrap())
}

fn counts(lines: &[(&str, f64)]) -> BTreeMap<String, f64> {
    lines.iter().map(|(line, value)| ((*line).to_owned(), *value)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn checkouts_switches_queries_and_their_failures_are_counted() {
    let shop = Shop::with(&["a", "b"]).await;
    let (counted, pool) = pool(shop.pool().max_connections(1), PoolMetrics::new());
    for tenant in ["a", "a", "b"] {
        assert_eq!(pool.tenant(tenant).await.unwrap().who().await.unwrap(), format!("tenant_{tenant}"));
    }
    let expected = [
        ("multitenant_pool_checkouts_total{}", 3.0),
        ("multitenant_pool_checkout_wait_seconds{}", 3.0),
        ("multitenant_pool_switches_total{}", 2.0),
        ("multitenant_queries_total{}", 3.0),
        ("multitenant_query_duration_seconds{}", 3.0),
    ];
    let mut found = counted.take();
    found.retain(|line, _| !line.contains("connections"));
    assert_eq!(found, counts(&expected));

    // By the class of the SQLSTATE, which Diesel keeps to itself.
    let mut conn = pool.tenant("a").await.unwrap();
    for sql in ["SELECT 1 / 0", "SELECT * FROM nothing", "INSERT INTO mark VALUES ('x'), ('x')", "SELECT 1 / 0"] {
        diesel::sql_query(sql).execute(conn.trusted_connection()).await.unwrap_err();
    }
    drop(conn);
    pool.tenant("nobody").await.unwrap_err();
    pool.tenant("").await.unwrap_err();
    let found = counted.take();
    for (line, value) in [
        ("multitenant_query_errors_total{class=data}", 2.0),
        ("multitenant_query_errors_total{class=syntax}", 1.0),
        ("multitenant_query_errors_total{class=constraint}", 1.0),
        ("multitenant_queries_total{}", 4.0),
        ("multitenant_pool_checkout_failures_total{reason=unknown-tenant}", 1.0),
        ("multitenant_pool_checkout_failures_total{reason=invalid-id}", 1.0),
    ] {
        assert_eq!(found.get(line), Some(&value), "{line}: {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gauges_are_as_the_pool_stands() {
    let shop = Shop::with(&["a"]).await;
    let builder = shop.pool().max_connections(2).checkout_timeout(Duration::from_millis(300));
    let (counted, pool) = pool(builder, PoolMetrics::new());
    let mut held = [pool.tenant("a").await.unwrap(), pool.tenant("a").await.unwrap()];
    held[0].unchecked_connection().unwrap();
    pool.tenant("a").await.unwrap_err();
    pool.record_metrics();
    let found = counted.take();
    for (line, value) in [
        ("multitenant_pool_connections_max{}", 2.0),
        ("multitenant_pool_connections_open{}", 2.0),
        ("multitenant_pool_connections_in_use{}", 2.0),
        ("multitenant_pool_connections_opened_total{}", 2.0),
        ("multitenant_pool_checkout_failures_total{reason=timeout}", 1.0),
    ] {
        assert_eq!(found.get(line), Some(&value), "{line}: {found:#?}");
    }
    drop(held);
    super::shop::until(&pool, |status| status.in_use == 0).await;
    pool.record_metrics();
    let found = counted.take();
    assert_eq!(found.get("multitenant_pool_connections_discarded_total{}"), Some(&1.0), "{found:#?}");
    assert_eq!(found.get("multitenant_pool_connections_idle{}"), Some(&1.0), "{found:#?}");
    assert_eq!(found.get("multitenant_pool_connections_in_use{}"), None, "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_nothing_is_counted() {
    let shop = Shop::with(&["a"]).await;
    let (counted, pool) = Counted::of(|| shop.pool_of(1));
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    assert!(counted.0.snapshot().into_vec().is_empty());
    // And no metric has a tenant in it.
    let (counted, pool) = self::pool(shop.pool(), PoolMetrics::new());
    drop(pool.tenant("a").await.unwrap());
    let snapshot = counted.0.snapshot().into_vec();
    let labels = || snapshot.iter().flat_map(|(key, ..)| key.key().labels());
    assert!(labels().all(|label| label.key() != "tenant"));
    assert!(labels().filter(|label| label.key() == "pool").all(|label| label.value() == NAME));
}

/// On one thread, where the recorder is the test's own for later series too.
#[tokio::test]
async fn the_busiest_tenants_are_told_and_all_others_together() {
    let shop = Shop::with(&["a", "b", "c", "d"]).await;
    let recorder = DebuggingRecorder::new();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let counted = Counted(recorder.snapshotter());
    let pool = shop.pool().max_connections(1).metrics(PoolMetrics::new().busiest_tenants(2)).build().unwrap();
    for tenant in ["a", "b", "c", "d", "c", "a"] {
        drop(pool.tenant(tenant).await.unwrap());
    }
    let mut found = counted.take();
    found.retain(|line, _| line.starts_with("multitenant_tenant_checkouts_total"));
    let expected = [
        ("multitenant_tenant_checkouts_total{tenant=a}", 2.0),
        ("multitenant_tenant_checkouts_total{tenant=b}", 1.0),
        ("multitenant_tenant_checkouts_total{tenant=other}", 3.0),
    ];
    assert_eq!(found, counts(&expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_and_the_fleet_are_counted_by_an_observer() {
    let shop = Shop::with(&["a", "b"]).await;
    shop.shared("2_more", "CREATE TABLE more ()");
    shop.tenant("2_more", "CREATE TABLE more ()");
    shop.sql("CREATE TABLE tenant_b.more ()").await;
    let (counted, migrator) = Counted::of(|| shop.builder().observer(RunMetrics::new()).build().unwrap());

    let pool = migrator.pool().build().unwrap();
    let _ = pool.health().time_limit(Duration::from_secs(20)).readiness().await;
    let expected = [("multitenant_fleet_tenants{standing=behind}", 2.0)];
    assert_eq!(counted.take(), counts(&expected), "a look at the health tells how the fleet stands");

    migrator.migrate(Scope::all()).await.unwrap_err();
    let expected = [
        ("multitenant_migrations_applied_total{tier=shared}", 1.0),
        ("multitenant_migrations_applied_total{tier=tenant}", 1.0),
        ("multitenant_migrations_failed_total{tier=tenant}", 1.0),
        ("multitenant_migration_duration_seconds{tier=shared}", 1.0),
        ("multitenant_migration_duration_seconds{tier=tenant}", 1.0),
        ("multitenant_run_duration_seconds{outcome=incomplete}", 1.0),
        ("multitenant_fleet_tenants{standing=up-to-date}", 1.0),
        ("multitenant_fleet_tenants{standing=failed}", 1.0),
    ];
    assert_eq!(counted.take(), counts(&expected));

    shop.sql("DROP TABLE tenant_b.more; DROP SCHEMA tenant_a CASCADE").await;
    // One tenant's run says nothing of the fleet.
    migrator.migrate(Scope::tenant(TenantId::new("b").unwrap())).await.unwrap();
    let found = counted.take();
    assert_eq!(found.get("multitenant_run_duration_seconds{outcome=complete}"), Some(&1.0));
    assert!(!found.keys().any(|line| line.starts_with("multitenant_fleet")), "{found:#?}");
    let _ = migrator.plan(Scope::all()).await.unwrap();
    let expected =
        [("multitenant_fleet_tenants{standing=up-to-date}", 1.0), ("multitenant_fleet_tenants{standing=missing}", 1.0)];
    assert_eq!(counted.take(), counts(&expected));
}
