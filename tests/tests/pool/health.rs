//! What a probe is told: of a real server that is well, away, silent, full, and of fleets in every state.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::health::{HealthCheckName, HealthFigures, HealthReport, HealthStatus};
use multitenant_runtime::{Fenced, FleetStatus, MaxFailures, Scope, Standing, TenantId, TenantPool};
use tokio::net::TcpListener;

use super::shop::{NAME, Shop, until};

use HealthStatus::{Degraded, Healthy, Unhealthy};

const PATIENT: Duration = Duration::from_secs(20);

/// A look with enough time on a busy machine.
async fn look(pool: &TenantPool) -> HealthReport {
    pool.health().time_limit(PATIENT).readiness().await
}

fn status(report: &HealthReport, name: HealthCheckName) -> HealthStatus {
    report.check(name).unwrap_or_else(|| panic!("{name:?} was not looked at: {report:?}")).status
}

fn fleet(report: &HealthReport) -> FleetStatus {
    match report.check(HealthCheckName::Fleet).and_then(|check| check.figures) {
        Some(HealthFigures::Fleet { status, .. }) => status,
        other => panic!("{other:?}"),
    }
}

fn standing(report: &HealthReport) -> Standing {
    match report.check(HealthCheckName::Shared).and_then(|check| check.figures) {
        Some(HealthFigures::Shared { standing }) => standing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_and_the_words_are_those_that_are_documented() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(2);
    let report = look(&pool).await;
    assert_eq!(report.status, Healthy, "{report:?}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["status"], "healthy");
    let names: Vec<_> = json["checks"].as_array().unwrap().iter().map(|check| check["name"].clone()).collect();
    assert_eq!(names, ["server", "pool", "shared", "fleet"]);
    for check in json["checks"].as_array().unwrap() {
        let fields: Vec<_> = check.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["figures", "latency_ms", "message", "name", "status"]);
        assert!(check["message"].is_null() && check["latency_ms"].is_f64(), "{check}");
    }
    assert_eq!(json["checks"][2]["figures"], serde_json::json!({ "standing": "up-to-date" }));
    assert_eq!(
        json["checks"][3]["figures"],
        serde_json::json!({
            "tenants": 2, "up_to_date": 2, "ahead": 0, "behind": 0, "failed": 0, "missing": 0, "unknown": 0, "fenced": 0
        })
    );
    assert_eq!(json["checks"][1]["figures"]["max_connections"], 2);
    // The look has taken no connection of the pool's, and has left none of its own.
    assert_eq!(pool.status().opened, 0);
    shop.until(&format!(
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{NAME}' AND datname = current_database())"
    ))
    .await;
    assert_eq!(pool.health().liveness().status, Healthy);
    assert_eq!(pool.health().time_limit(PATIENT).liveness_of_server().await.checks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_in_trouble_degrade_the_fleet_and_by_the_limits_more() {
    let shop = Shop::with(&["good", "failing", "gone", "old"]).await;
    shop.sql("DROP SCHEMA tenant_gone CASCADE; INSERT INTO tenants (id) VALUES ('adopted'); CREATE SCHEMA tenant_adopted; CREATE TABLE tenant_failing.more ()").await;
    let pool = shop.pool_of(2);
    assert_eq!(look(&pool).await.status, Degraded);
    shop.tenant("2_more", "CREATE TABLE more ()");
    // Everybody is behind what this binary embeds, but for who is migrated with it.
    for tenant in ["good", "failing"] {
        let _ = shop.migrator().migrate(Scope::tenant(TenantId::new(tenant).unwrap())).await;
    }
    let pool = shop.pool_of(2);
    let report = look(&pool).await;
    let counted = fleet(&report);
    assert_eq!((counted.tenants, counted.up_to_date, counted.failed), (5, 1, 1), "{counted:?}");
    assert_eq!((counted.behind, counted.missing, counted.unknown), (1, 1, 1), "{counted:?}");
    assert_eq!((report.status, status(&report, HealthCheckName::Shared)), (Degraded, Healthy));
    let message = report.check(HealthCheckName::Fleet).unwrap().message.clone().unwrap();
    assert_eq!(message, "4 of 5 tenants are not as this binary wants them");
    for (from, expected) in [(4, Unhealthy), (5, Degraded)] {
        let limit = MaxFailures::Count(NonZeroUsize::new(from).unwrap());
        let report = pool.health().time_limit(PATIENT).unhealthy_tenants(limit).readiness().await;
        assert_eq!(report.status, expected, "from {from} on");
    }
    let few = pool.health().time_limit(PATIENT).degraded_tenants(MaxFailures::Percent(90));
    assert_eq!(few.readiness().await.status, Healthy);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_schema_has_to_be_what_the_binary_needs() {
    let shop = Shop::with(&["a"]).await;
    let old = shop.pool_of(2);
    shop.shared("2_more", "CREATE TABLE more ()");
    let new = shop.pool_of(2);
    let report = look(&new).await;
    assert_eq!((report.status, standing(&report)), (Unhealthy, Standing::Behind));
    assert_eq!((look(&old).await.status, report.http_status()), (Healthy, 503));
    shop.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(look(&new).await.status, Healthy);
    // The replica of the old release goes on during the deploy.
    let report = look(&old).await;
    assert_eq!((report.status, standing(&report)), (Healthy, Standing::Ahead), "{report:?}");
    shop.tenant("2_more", "CREATE TABLE more ()");
    shop.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!((fleet(&look(&old).await).ahead, look(&old).await.status), (1, Healthy));
    // A run that fails in the shared schema is the newer release's trouble.
    shop.shared("3_never", "SELECT 1 / 0");
    let newest = shop.pool_of(2);
    shop.migrator().migrate(Scope::all()).await.unwrap_err();
    let report = look(&newest).await;
    assert_eq!((report.status, standing(&report)), (Unhealthy, Standing::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_table_nobody_knows_and_that_is_said() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(2);
    shop.sql("DROP SCHEMA multitenant CASCADE").await;
    let report = look(&pool).await;
    assert_eq!((report.status, standing(&report), fleet(&report).unknown), (Degraded, Standing::Unknown, 1));
    let message = report.check(HealthCheckName::Fleet).unwrap().message.clone().unwrap();
    assert!(message.contains("cargo multitenant migrate"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_pool_is_none_of_a_server_that_is_down() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(1);
    let held = pool.tenant("a").await.unwrap();
    assert_eq!(look(&pool).await.status, Healthy, "nobody waits");
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.tenant("a").await.map(drop) }
    });
    until(&pool, |status| status.waiting == 1).await;
    let report = look(&pool).await;
    assert_eq!(status(&report, HealthCheckName::Pool), Degraded);
    assert_eq!(status(&report, HealthCheckName::Server), Healthy);
    assert_eq!(pool.health().time_limit(PATIENT).degraded_waiting(2).readiness().await.status, Healthy);
    drop(held);
    waiting.await.unwrap().unwrap();

    let nobody = "postgres://someone:s3cret@127.0.0.1:1/app";
    let pool = shop.pool().database_url(nobody).build().unwrap();
    let report = look(&pool).await;
    assert_eq!((report.status, report.checks.len()), (Unhealthy, 2), "{report:?}");
    assert_eq!(status(&report, HealthCheckName::Pool), Healthy);
    let json = serde_json::to_string(&report).unwrap();
    assert!(!["s3cret", "someone", "127.0.0.1", "postgres:"].iter().any(|secret| json.contains(secret)), "{json}");
    pool.close().await;
    assert_eq!(status(&look(&pool).await, HealthCheckName::Pool), Unhealthy);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_full_is_told_apart_too() {
    let server = EmbeddedServer::builder()
        .setting("max_connections", "5")
        .setting("superuser_reserved_connections", "0")
        .start()
        .unwrap();
    let shop = Shop::on(server.url("postgres"));
    shop.add(&["a"]).await;
    let pool = shop.pool_of(1);
    let held = pool.tenant("a").await.unwrap();
    let mut others = Vec::new();
    while let Ok((client, connection)) = tokio_postgres::connect(shop.url(), tokio_postgres::NoTls).await {
        tokio::spawn(connection);
        others.push(client);
    }
    let report = look(&pool).await;
    assert_eq!(status(&report, HealthCheckName::Server), Degraded, "{report:?}");
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_hangs() {
    let limit = Duration::from_millis(400);
    let in_time = |begun: Instant| assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let shop = Shop::with(&["a"]).await;

    // Somebody accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://a@{}/app", silent.local_addr().unwrap());
    let begun = Instant::now();
    let pool = shop.pool().database_url(url).build().unwrap();
    let report = pool.health().time_limit(limit).readiness().await;
    assert_eq!(report.status, Unhealthy);
    in_time(begun);

    // The registry is locked: the server is well, and how the fleet stands nobody knows.
    let pool = shop.pool_of(2);
    let locker = shop.client().await;
    locker.batch_execute("BEGIN; LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let begun = Instant::now();
    let health = pool.health().time_limit(limit).fresh_for(Duration::ZERO);
    for _ in 0..3 {
        let report = health.readiness().await;
        assert_eq!((status(&report, HealthCheckName::Fleet), report.status), (Degraded, Degraded), "{report:?}");
    }
    in_time(begun);
    // Nothing of it is left at the server, although the lock is still held.
    shop.until(&format!(
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{NAME}' AND datname = current_database())"
    ))
    .await;
    locker.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(look(&pool).await.status, Healthy);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_fenced_is_counted() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(2);
    pool.fence([Fenced::new(TenantId::new("a").unwrap())]);
    let report = look(&pool).await;
    let figures = report.check(HealthCheckName::Fleet).unwrap().figures;
    assert!(matches!(figures, Some(HealthFigures::Fleet { fenced: 1, .. })), "{figures:?}");
    assert_eq!(report.status, Degraded);
}

/// The statements of the pool's name in the server's log.
fn sent(server: &EmbeddedServer) -> Vec<String> {
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    let ours = log.lines().filter_map(|line| line.strip_prefix(NAME)?.strip_prefix('|').map(str::to_owned));
    ours.filter(|line| line.contains("LOG:  statement:")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_statements_for_three_hundred_tenants_as_for_one() {
    let server =
        EmbeddedServer::builder().setting("log_statement", "all").setting("log_line_prefix", "%a|").start().unwrap();
    let shop = Shop::on(server.url("postgres"));
    shop.add(&["a"]).await;
    let pool = shop.pool_of(1);
    let health = pool.health().time_limit(PATIENT).fresh_for(Duration::ZERO);
    assert_eq!(fleet(&health.readiness().await).tenants, 1);
    let one = sent(&server).len();
    let questions = sent(&server).iter().filter(|line| line.contains("SELECT")).count();
    assert_eq!(questions, 3, "the state table's rights, the shared schema, the fleet: {:#?}", sent(&server));
    shop.sql("INSERT INTO tenants (id) SELECT 't' || i FROM generate_series(1, 299) i").await;
    shop.builder().create_schemas(true).build().unwrap().migrate(Scope::all()).await.unwrap();
    let before = sent(&server).len();
    let report = health.readiness().await;
    assert_eq!((fleet(&report).up_to_date, report.status), (300, Healthy), "{report:?}");
    assert_eq!(sent(&server).len() - before, one);

    // A storm of probes is one look.
    let before = sent(&server).len();
    let health = pool.health().time_limit(PATIENT).fresh_for(Duration::from_secs(600));
    let storm = (0..100).map(|_| health.clone()).map(|health| async move { health.readiness().await.status });
    assert!(futures_util::future::join_all(storm).await.iter().all(|status| *status == Healthy));
    assert_eq!(sent(&server).len() - before, one);
    assert!(health.readiness().await.age > Duration::ZERO);
}

/// An answer in the time that a probe has, on a registry as large as one gets.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_tenants_are_counted_in_time() {
    let shop = Shop::with(&["a"]).await;
    shop.sql("INSERT INTO tenants (id) SELECT 't' || i FROM generate_series(1, 9999) i; \
              INSERT INTO multitenant.targets (schema_name, format) SELECT 'tenant_t' || i, 1 FROM generate_series(1, 9999) i")
        .await;
    let report = look(&shop.pool_of(1)).await;
    assert_eq!((fleet(&report).tenants, fleet(&report).missing), (10_000, 9_999));
    let latency = report.check(HealthCheckName::Fleet).unwrap().latency;
    assert!(latency < Duration::from_millis(800), "{latency:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_registry_is_counted() {
    use multitenant_runtime::RegistryText;

    let mut shop = Shop::with(&["a", "b"]).await;
    for registry in [
        RegistryText::Schemas,
        RegistryText::List { ids: &["a", "b"] },
        RegistryText::Query { sql: "SELECT id FROM tenants -- all of them" },
    ] {
        shop.settings.registry = registry;
        let report = look(&shop.pool_of(1)).await;
        assert_eq!((fleet(&report).up_to_date, fleet(&report).tenants), (2, 2), "{registry:?}: {report:?}");
    }
}
