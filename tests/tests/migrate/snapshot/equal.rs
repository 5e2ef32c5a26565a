//! What a snapshot makes is what the migrations make.

use multitenant_runtime::{Scope, SnapshotOutcome, Snapshots, State};

use super::compared::{assert_same, create};
use super::rich;
use crate::project::Project;

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_something_of_everything() {
    let project = rich::project().await;
    assert!(!create(&project, "before", Snapshots::Use).await, "there is no snapshot yet");
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!((report.outcome, report.reason.as_deref()), (SnapshotOutcome::Made, None));
    assert!(create(&project, "copied", Snapshots::Use).await);
    assert!(create(&project, "it's \"quoted\"", Snapshots::Use).await, "under any name");
    assert!(!create(&project, "replayed", Snapshots::Never).await);
    assert_same(&project, "replayed", "copied").await;
    assert_same(&project, "before", "copied").await;
    // It is registered, known to the state table, and nothing is left to do.
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    assert_eq!((plan.tenants.len(), plan.unusable.len()), (4, 0));
    assert!(plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate), "{plan:?}");
    // And it works: functions find their own schema, and the sequences go on.
    let here = "SELECT tenant_copied.here() || ' ' || (SELECT schema FROM tenant_copied.users LIMIT 1)";
    assert_eq!(project.one(here).await, "tenant_copied tenant_copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_outside_of_a_transaction() {
    let mut project = rich::project().await;
    project = project
        .tenant("18_index", "CREATE INDEX CONCURRENTLY users_home ON users (nick); VACUUM users;")
        .metadata("18_index", "run_in_transaction = false")
        .tenant("19_value", "ALTER TYPE mood ADD VALUE 'glad';")
        .tenant("20_used", "INSERT INTO users (name, mood) VALUES ('g', 'glad');");
    let report = project.migrator().make_snapshot().await.unwrap();
    // Its rows have the moments of several transactions.
    assert_eq!(report.outcome, SnapshotOutcome::Impossible, "{report:?}");
    let without = "ALTER TABLE users ALTER COLUMN created_at DROP DEFAULT, ALTER COLUMN created_at DROP NOT NULL; \
                   UPDATE users SET created_at = NULL;";
    project = project.tenant("13a_moments", without);
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!((report.outcome, report.reason.as_deref()), (SnapshotOutcome::Made, None));
    assert!(create(&project, "copied", Snapshots::Use).await);
    assert!(!create(&project, "replayed", Snapshots::Never).await);
    let steps = |id: &str| format!("UPDATE tenant_{id}.__diesel_schema_migrations SET run_on = now()");
    for id in ["copied", "replayed"] {
        project.sql(&steps(id)).await;
    }
    assert_same(&project, "replayed", "copied").await;
}

/// The migrations look at themselves and at the schema that they are in.
#[tokio::test(flavor = "multi_thread")]
async fn what_asks_for_its_schema_when_it_runs() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant(
            "1_a",
            "CREATE TABLE a (id int, place text DEFAULT current_schema(), t regclass);
             DO $$ BEGIN EXECUTE format('CREATE TABLE %I.b (id int)', current_schema()); END $$;
             CREATE FUNCTION c() RETURNS regclass LANGUAGE sql AS $$ SELECT to_regclass(current_schema() || '.a') $$;",
        )
        .tenant("2_b", "INSERT INTO a (id, place, t) VALUES (1, 'x', 'b');");
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
    assert!(create(&project, "copied", Snapshots::Use).await);
    assert!(!create(&project, "replayed", Snapshots::Never).await);
    assert_same(&project, "replayed", "copied").await;
}
