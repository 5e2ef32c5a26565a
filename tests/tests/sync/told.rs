//! What the pool of threads tells: the same as the other.

use std::time::Duration;

use diesel::RunQueryDsl as _;
use diesel::sql_types::Text;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use multitenant_runtime::metrics::PoolMetrics;
use tracing::Level;

use super::capture::Capture;
use super::place::{Place, Who as _};

#[test]
fn slow_queries_checkouts_and_returns_are_told() {
    let place = Place::with(&["a", "b"]);
    let (capture, _guard) = Capture::begin();
    let builder = place.shop.pool().max_connections(1).debug(true).slow_query(Duration::from_millis(200));
    let pool = builder.build_sync().unwrap();
    for tenant in ["a", "b"] {
        let mut conn = pool.tenant(tenant).unwrap();
        let query = diesel::sql_query("SELECT pg_sleep(0.3), $1").bind::<Text, _>("s3cret");
        query.execute(conn.trusted_connection()).unwrap();
    }
    pool.tenant("a").unwrap().unchecked_connection();
    let told = capture.take_all();
    assert!(!format!("{told:?}").contains("s3cret"));
    let of = |message: &str| {
        let told = told.iter().filter(|told| told.message == message && told.level <= Level::INFO);
        told.map(|told| told.field("schema").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("a slow query"), ["tenant_a", "tenant_b"], "{told:#?}");
    let all = ["tenant_a", "tenant_b", "tenant_a"];
    assert_eq!(
        (of("a connection is handed out"), of("a connection is given back")),
        (all.map(str::to_owned).to_vec(), all.map(str::to_owned).to_vec())
    );
    assert_eq!(of("a connection is switched"), all);
    assert_eq!(of("a connection is closed"), ["tenant_a"]);
}

#[test]
fn it_counts_the_same() {
    let place = Place::with(&["a", "b"]);
    let recorder = DebuggingRecorder::new();
    let pool = metrics::with_local_recorder(&recorder, || {
        place.shop.pool().max_connections(1).metrics(PoolMetrics::new()).build_sync().unwrap()
    });
    for tenant in ["a", "a", "b"] {
        assert_eq!(pool.tenant(tenant).unwrap().who().unwrap(), format!("tenant_{tenant}"));
    }
    let mut conn = pool.tenant("b").unwrap();
    diesel::sql_query("INSERT INTO mark VALUES ('x'), ('x')").execute(conn.trusted_connection()).unwrap_err();
    drop(conn);
    pool.tenant("nobody").unwrap_err();
    pool.record_metrics();
    let snapshot = recorder.snapshotter().snapshot().into_vec();
    let count = |name: &str, label: Option<&str>| {
        let found = snapshot.iter().find(|(key, ..)| {
            key.key().name() == name && label.is_none_or(|value| key.key().labels().any(|label| label.value() == value))
        });
        match found.unwrap_or_else(|| panic!("{name}")) {
            (_, _, _, DebugValue::Counter(count)) => *count as f64,
            (_, _, _, DebugValue::Gauge(value)) => value.into_inner(),
            (_, _, _, DebugValue::Histogram(values)) => values.len() as f64,
        }
    };
    assert_eq!(count("multitenant_pool_checkouts_total", None), 4.0);
    assert_eq!(count("multitenant_pool_switches_total", None), 2.0);
    assert_eq!(count("multitenant_queries_total", None), 4.0);
    assert_eq!(count("multitenant_query_errors_total", Some("constraint")), 1.0);
    assert_eq!(count("multitenant_pool_checkout_failures_total", Some("unknown-tenant")), 1.0);
    assert_eq!(count("multitenant_pool_connections_idle", None), 1.0);
}
