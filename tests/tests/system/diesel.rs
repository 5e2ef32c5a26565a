//! The same histories under Diesel's own harness, in both directions.

use diesel::pg::Pg;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use multitenant_runtime::{Scope, State};

use super::fleet::{Fleet, HISTORY};

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

/// Diesel, as an application uses it for one tenant: by the `search_path`.
async fn diesel(fleet: &Fleet, schema: &str) -> Harness {
    let mut connection = AsyncPgConnection::establish(fleet.url()).await.unwrap();
    connection.batch_execute(&format!("SET search_path = {schema}, public")).await.unwrap();
    AsyncMigrationHarness::new(connection)
}

fn files(fleet: &Fleet) -> FileBasedMigrations {
    FileBasedMigrations::from_path(fleet.folder().join("tenant")).unwrap()
}

/// What Diesel thinks is applied, oldest first.
fn applied(harness: &mut Harness) -> Vec<String> {
    let mut versions: Vec<_> = harness.applied_migrations().unwrap().iter().map(ToString::to_string).collect();
    versions.sort();
    versions
}

fn pending(harness: &mut Harness, fleet: &Fleet) -> bool {
    MigrationHarness::<Pg>::has_pending_migration(harness, files(fleet)).unwrap()
}

async fn shop() -> Fleet {
    Fleet::new()
        .await
        .tenant("2026-01-01-000000_users", "CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1);")
        .down("2026-01-01-000000_users", "DROP TABLE users;")
        .tenant("2026-01-02-000000 with blanks", "CREATE TABLE orders (id int PRIMARY KEY);")
        .down("2026-01-02-000000 with blanks", "DROP TABLE orders;")
}

fn third(fleet: Fleet) -> Fleet {
    fleet
        .tenant_outside(
            "2026-01-03-000000_indexes",
            "CREATE INDEX CONCURRENTLY users_id ON users (id);\nCREATE INDEX CONCURRENTLY orders_id ON orders (id);",
        )
        .down("2026-01-03-000000_indexes", "DROP INDEX users_id; DROP INDEX orders_id;")
}

fn fourth(fleet: Fleet) -> Fleet {
    fleet
        .tenant("2026-01-04-000000_notes", "CREATE TABLE notes (id int);")
        .down("2026-01-04-000000_notes", "DROP TABLE notes;")
}

async fn columns(fleet: &Fleet, schema: &str) -> String {
    fleet
        .one(&format!(
            "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{schema}.{HISTORY}'::regclass AND attnum > 0"
        ))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_diesel_has_migrated_is_understood_as_it_is() {
    let fleet = shop().await;
    fleet.schemas(3, "").await;
    diesel(&fleet, "tenant_0").await.run_pending_migrations(files(&fleet)).unwrap();
    diesel(&fleet, "tenant_1").await.run_next_migration(files(&fleet)).unwrap();
    let plan = fleet.migrator().plan(Scope::all()).await.unwrap();
    let stand: Vec<_> = plan.tenants.iter().map(|t| (t.state, t.applied.len(), t.pending.len())).collect();
    assert_eq!(stand, [(State::UpToDate, 2, 0), (State::Behind, 1, 1), (State::Behind, 0, 2)]);

    let rows = format!("SELECT string_agg(t::text, ';' ORDER BY version) FROM tenant_0.{HISTORY} t");
    let before = fleet.one(&rows).await;
    let report = fleet.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!((report.summary().up_to_date, report.summary().applied), (1, 2));
    // The schema that had nothing pending is not touched; the other one got our columns with its migration.
    assert_eq!(columns(&fleet, "tenant_0").await, "version run_on");
    assert_eq!(fleet.one(&rows).await, before);
    for schema in ["tenant_1", "tenant_2"] {
        assert_eq!(
            columns(&fleet, schema).await,
            "version run_on multitenant_checksum multitenant_format multitenant_run"
        );
    }
    let ours = format!(
        "SELECT string_agg((multitenant_checksum LIKE 'sha256:%')::text, ' ' ORDER BY version) FROM tenant_1.{HISTORY}"
    );
    assert_eq!(fleet.one(&ours).await, "true", "Diesel's row has none");
    for schema in ["tenant_0", "tenant_1", "tenant_2"] {
        let mut diesel = diesel(&fleet, schema).await;
        assert!(!pending(&mut diesel, &fleet));
        assert_eq!(applied(&mut diesel).len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn diesel_and_we_take_turns() {
    let fleet = shop().await;
    fleet.schemas(1, "").await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let mut harness = diesel(&fleet, "tenant_0").await;
    assert!(!pending(&mut harness, &fleet));
    assert_eq!(applied(&mut harness), ["20260101000000", "20260102000000 with blanks"]);

    // Diesel cannot build two indexes CONCURRENTLY in one file, we can; then Diesel goes on.
    let fleet = third(fleet);
    assert!(pending(&mut harness, &fleet));
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert!(!pending(&mut harness, &fleet));
    let fleet = fourth(fleet);
    let run: Vec<_> = harness.run_pending_migrations(files(&fleet)).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(run, ["20260104000000"]);
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 1);

    // Then we, and Diesel takes it back, and what Diesel itself applied before.
    let fleet = fleet.tenant("5_last", "CREATE TABLE last ();").down("5_last", "DROP TABLE last;");
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert_eq!(harness.revert_last_migration(files(&fleet)).unwrap().to_string(), "5");
    assert_eq!(fleet.one("SELECT to_regclass('tenant_0.last') IS NULL || ''").await, "true");
    assert_eq!(harness.revert_last_migration(files(&fleet)).unwrap().to_string(), "20260104000000");
    let plan = fleet.migrator().plan(Scope::all()).await.unwrap();
    assert_eq!((plan.tenants[0].state, plan.tenants[0].pending.len()), (State::Behind, 2));
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().targets[0].applied.len(), 2);
    assert!(!pending(&mut harness, &fleet));
}

#[tokio::test(flavor = "multi_thread")]
async fn our_set_is_a_source_of_diesels() {
    let fleet = fourth(third(shop().await));
    fleet.schemas(1, "").await;
    let set = fleet.set();
    let mut harness = diesel(&fleet, "tenant_0").await;
    assert_eq!(harness.run_pending_migrations(set.clone()).unwrap().len(), 4);
    assert!(!harness.has_pending_migration(set.clone()).unwrap());
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 1);
    assert_eq!(columns(&fleet, "tenant_0").await, "version run_on");
    assert_eq!(harness.revert_all_migrations(set.clone()).unwrap().len(), 4);
    assert_eq!(fleet.one(&format!("SELECT count(*)::text FROM tenant_0.{HISTORY}")).await, "0");
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().targets[0].applied.len(), 4);
    assert!(!harness.has_pending_migration(set).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_is_fully_migrated_to_diesel() {
    for fleet in [shop().await, third(shop().await)] {
        let fleet = fleet.shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);");
        let migrator = fleet.migrator();
        migrator.migrate(Scope::all()).await.unwrap();
        migrator.create_tenant(multitenant_runtime::NewTenant::new("acme").unwrap()).await.unwrap();
        let mut harness = diesel(&fleet, "tenant_acme").await;
        assert!(!pending(&mut harness, &fleet));
        assert_eq!(applied(&mut harness).len(), fleet.set().migrations().len());
    }
}
