//! What an application does when it starts.

use std::time::{Duration, Instant};

use multitenant_runtime::{Error, OnFailedTenants, Scope, StartUp, StartupMode};

use super::project::Project;

async fn project() -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(3).await;
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_waits_and_migrates() {
    let project = project().await;
    let migrator = project.migrator();
    assert!(matches!(migrator.start(StartUp::new(StartupMode::Check)).await, Err(Error::Incomplete(_))));
    let limit = Duration::from_millis(10);
    assert!(matches!(migrator.start(StartUp::new(StartupMode::Wait { limit })).await, Err(Error::Incomplete(_))));
    let limit = Duration::from_secs(60);
    let waiting = StartUp::new(StartupMode::Wait { limit });
    let (waited, migrated) = tokio::join!(migrator.start(waiting), migrator.start(StartUp::default()));
    assert_eq!(migrated.unwrap().report.summary().applied, 3);
    assert_eq!(waited.unwrap().report.summary().up_to_date, 3);
    migrator.start(StartUp::new(StartupMode::Check)).await.unwrap();
}

/// A container that starts before its database.
#[tokio::test(flavor = "multi_thread")]
async fn waits_for_the_server_too() {
    let project = project().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let limit = Duration::from_millis(700);
    let nowhere = project.builder().database_url("postgres://u@127.0.0.1:1/x").build().unwrap();
    let started = Instant::now();
    assert!(matches!(nowhere.start(StartUp::new(StartupMode::Wait { limit })).await, Err(Error::Connect(_))));
    assert!(started.elapsed() >= limit);
    assert!(matches!(nowhere.start(StartUp::new(StartupMode::Check)).await, Err(Error::Connect(_))));

    // A database that is made only while it is waited for.
    let late = format!("late_{}", project.database.name());
    let url = project.database.url().replace(project.database.name(), &late);
    let waiting = project.builder().database_url(url).build().unwrap();
    let how = StartUp::new(StartupMode::Wait { limit: Duration::from_secs(60) });
    let waiting = tokio::spawn(async move { waiting.start(how).await });
    project.sql(&format!("CREATE DATABASE {late}")).await;
    let result = waiting.await.unwrap();
    project.sql(&format!("DROP DATABASE {late} WITH (FORCE)")).await;
    assert!(result.unwrap().report.targets.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn fences_failed_tenants_if_asked_to() {
    let project = project().await;
    project.sql("CREATE TABLE tenant_1.a ()").await;
    let migrator = project.migrator();
    assert!(migrator.start(StartUp::default()).await.is_err());
    let tolerant = StartUp::default().on_failed_tenants(OnFailedTenants::Fence);
    let started = migrator.start(tolerant).await.unwrap();
    assert_eq!(started.fenced.len(), 1);
    assert_eq!(started.fenced[0].tenant.as_str(), "1");
    assert_eq!(started.fenced[0].failure.as_ref().unwrap().sqlstate.as_deref(), Some("42P07"));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_inside_a_runtime() {
    let project = project().await;
    let report = project.migrator().blocking().migrate(Scope::all()).unwrap();
    assert_eq!(report.summary().applied, 3);
}

#[test]
fn blocks_outside_of_any_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let project = runtime.block_on(project());
    let report = project.migrator().blocking().migrate(Scope::all()).unwrap();
    assert_eq!(report.summary().applied, 3);
}
