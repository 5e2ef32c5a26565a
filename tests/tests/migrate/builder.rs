//! What a migrator is made of, and what is refused before there is a database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use multitenant_runtime::{CancellationToken, Error, Event, MigrationSet, Migrator, Scope, Settings, Tier};

use super::project::Project;

#[tokio::test(flavor = "multi_thread")]
async fn sets_of_the_other_tier_are_refused() {
    let project = Project::new().await.shared("1_s", "CREATE TABLE s ();").tenant("1_t", "CREATE TABLE t ();");
    let set = |tier, folder| MigrationSet::from_folder(tier, &project.path(folder)).unwrap();
    let shared = || set(Tier::Shared, "shared");
    let tenant = || set(Tier::Tenant, "tenant");
    for (shared_set, tenant_set, says) in [
        (Some(tenant()), shared(), Some("tenant/1_t/up.sql: is of the tenant migrations")),
        (Some(tenant()), tenant(), Some("tenant/1_t/up.sql: is of the tenant migrations")),
        (None, shared(), Some("shared/1_s/up.sql: is of the shared migrations")),
        (Some(shared()), tenant(), None),
    ] {
        let builder = Migrator::from_sets(shared_set, tenant_set, Settings::default());
        let built = builder.database_url(project.database.url()).build();
        match (built.err(), says) {
            (Some(error @ Error::Migrations(_)), Some(says)) => assert!(error.to_string().contains(says), "{error}"),
            (None, None) => {}
            (error, _) => panic!("{error:?}, and {says:?} was expected"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_url_the_builder_s_calls_are_named() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    let set = || MigrationSet::from_folder(Tier::Tenant, &project.path("tenant")).unwrap();
    let error = Migrator::from_sets(None, set(), Settings::default()).build().unwrap_err();
    assert!(matches!(error, Error::NoDatabase) && error.to_string().contains(".database_url(…)"), "{error}");
    let error = Migrator::from_sets(None, set(), Settings::default()).database_url("").build().unwrap_err();
    assert!(matches!(error, Error::Url(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn timeouts_are_rounded_up_and_limited() {
    let seen = "CREATE TABLE seen AS SELECT current_setting('lock_timeout') || ' ' || \
                current_setting('statement_timeout') AS what;";
    let project = Project::new().await.tenant("1_a", seen);
    project.schemas(1).await;
    let (none, month) = (Duration::ZERO, Duration::from_secs(30 * 86_400));
    for (lock, statement, expected) in [
        (Duration::from_micros(500), Some(Duration::from_nanos(1_000_001)), Ok("1ms 2ms")),
        (none, Some(none), Ok("0 0")),
        (Duration::from_secs(2), None, Ok("2s 0")),
        (month, None, Err("migrations.lock_timeout")),
        (none, Some(month), Err("migrations.statement_timeout")),
    ] {
        let migrator = project.builder().lock_timeout(lock).statement_timeout(statement).build();
        match (migrator, expected) {
            (Ok(migrator), Ok(_)) => {
                let settings = migrator.settings();
                assert!(settings.lock_timeout >= lock && settings.statement_timeout.unwrap_or_default() >= none);
            }
            (Err(Error::Settings(error)), Err(key)) => assert_eq!(error.key(), key),
            (migrator, _) => panic!("{migrator:?}, and {expected:?} was expected"),
        }
    }
    let half = Duration::from_micros(500);
    let migrator = project.builder().lock_timeout(half).statement_timeout(Some(Duration::from_secs(60)));
    migrator.build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(project.one("SELECT what FROM tenant_0.seen").await, "1ms 1min");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_has_the_whole_notice() {
    let project = Project::new().await.tenant(
        "1_a",
        "DO $$ BEGIN RAISE WARNING 'careful' USING DETAIL = 'd', HINT = 'h', ERRCODE = 'ZX123'; END $$;",
    );
    project.schemas(1).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let observer = move |event: &Event| {
        if let Event::Notice { notice, .. } = event {
            ear.lock().unwrap().push(notice.clone());
        }
    };
    let migrator = project.builder().observer(observer).cancellation(CancellationToken::new()).build().unwrap();
    migrator.migrate(Scope::all()).await.unwrap();
    let heard = heard.lock().unwrap();
    let [notice] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!((&*notice.severity, &*notice.message, &*notice.sqlstate), ("WARNING", "careful", "ZX123"));
    assert_eq!((notice.detail.as_deref(), notice.hint.as_deref()), (Some("d"), Some("h")));
}

/// Three hundred megabytes, of which the process keeps nothing.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_migration_selects_is_not_kept() {
    let select = "CREATE TABLE a (); SELECT repeat('x', 1000000) FROM generate_series(1, 300);";
    let outside = "run_in_transaction = false";
    let project = Project::new().await.tenant("1_a", select).tenant("2_b", &select.replace(" a ", " b "));
    let project = project.metadata("2_b", outside);
    project.schemas(1).await;
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = peak();
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert!(peak() < before + 150_000, "from {before} to {} kB", peak());
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_can_be_serialised() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(1).await;
    let plan = serde_json::to_value(project.migrator().plan(Scope::all()).await.unwrap()).unwrap();
    assert_eq!(
        plan,
        serde_json::json!({
            "shared": null, "unusable": [],
            "tenants": [{
                "tenant": "0", "schema": "tenant_0", "state": "behind", "applied": [], "pending": ["1"], "unknown": [],
                "edited": [], "out_of_order": [], "steps": [{ "do": "apply", "version": "1" }], "wave": 1, "refused": null, "create_schema": false, "last_failure": null,
            }],
        })
    );
}
