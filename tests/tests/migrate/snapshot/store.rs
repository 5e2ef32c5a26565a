//! The text is run with the rights of whoever creates a tenant: nobody else may have written it.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{NewTenant, Scope, SnapshotOutcome, Snapshots};

use super::compared::{create, created_from_snapshot};
use crate::project::Project;

async fn shop() -> Project {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY);");
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_to_which_others_may_have_written_is_not_used() {
    for (before, after) in [
        ("GRANT INSERT ON multitenant.snapshots TO PUBLIC", "REVOKE ALL ON multitenant.snapshots FROM PUBLIC"),
        ("GRANT TRIGGER ON multitenant.snapshots TO pg_monitor", "REVOKE ALL ON multitenant.snapshots FROM pg_monitor"),
        (
            "GRANT UPDATE (statements) ON multitenant.snapshots TO pg_monitor",
            "REVOKE UPDATE (statements) ON multitenant.snapshots FROM pg_monitor",
        ),
        (
            "ALTER TABLE multitenant.snapshots OWNER TO pg_monitor",
            "ALTER TABLE multitenant.snapshots OWNER TO CURRENT_USER",
        ),
        (
            "CREATE RULE r AS ON UPDATE TO multitenant.snapshots DO INSTEAD NOTHING",
            "DROP RULE r ON multitenant.snapshots; VACUUM multitenant.snapshots",
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT ON multitenant.snapshots FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "DROP TRIGGER t ON multitenant.snapshots; VACUUM multitenant.snapshots",
        ),
        (
            "ALTER TABLE multitenant.snapshots RENAME TO away; CREATE VIEW multitenant.snapshots AS SELECT * FROM multitenant.away",
            "DROP VIEW multitenant.snapshots; ALTER TABLE multitenant.away RENAME TO snapshots",
        ),
    ] {
        let project = shop().await;
        assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
        assert!(create(&project, "a", Snapshots::Use).await);
        project.sql(before).await;
        assert!(!create(&project, "b", Snapshots::Use).await, "{before}");
        assert_eq!(project.migrator().snapshot().await.unwrap().outcome, SnapshotOutcome::Unavailable, "{before}");
        let report = project.migrator().make_snapshot().await.unwrap();
        assert_eq!(report.outcome, SnapshotOutcome::Unavailable, "{before}");
        assert!(report.reason.unwrap().contains("not trusted"), "{before}");
        project.client().await.batch_execute(after.split(';').next().unwrap()).await.unwrap();
        for statement in after.split(';').skip(1) {
            project.sql(statement).await;
        }
        assert!(create(&project, "c", Snapshots::Use).await, "{after}");
    }
}

/// Whoever may write to every table may write to this one. Memberships are the whole server's, so this is one of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_write_to_all_tables_may_write_to_this_one() {
    let server = EmbeddedServer::start().unwrap();
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY);");
    let builder = || project.builder().database_url(server.url("postgres"));
    let migrator = builder().build().unwrap();
    migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(migrator.make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("CREATE ROLE writers; CREATE ROLE writer; GRANT writers TO writer").await.unwrap();
    for (i, (statement, trusted)) in [
        ("SELECT 1", true),
        ("GRANT pg_write_all_data TO writers", false),
        ("ALTER ROLE writers SUPERUSER", false),
        ("REVOKE writers FROM writer", true),
        ("ALTER ROLE writers NOSUPERUSER", false),
        ("REVOKE pg_write_all_data FROM writers", true),
    ]
    .into_iter()
    .enumerate()
    {
        client.batch_execute(statement).await.unwrap();
        let outcome = if trusted { SnapshotOutcome::Present } else { SnapshotOutcome::Unavailable };
        assert_eq!(migrator.snapshot().await.unwrap().outcome, outcome, "{statement}");
        let tenant = NewTenant::new(format!("t{i}")).unwrap();
        assert_eq!(created_from_snapshot(builder(), tenant).await, trusted, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_default_privileges_give_to_others_is_taken_back() {
    let project = shop().await;
    project
        .sql("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO pg_monitor")
        .await;
    assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
    assert!(create(&project, "a", Snapshots::Use).await);
}

/// The text is what it is: where it does not do, the migrations are replayed, and nothing of it is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_fails_costs_a_replay_and_no_more() {
    for text in [
        "CREATE TABLE half (); SELECT 1/0",
        "CREATE TABLE users (id int PRIMARY KEY); ALTER TABLE tenants ADD COLUMN taken int",
        "COMMIT",
        "'",
        "",
    ] {
        let project = shop().await;
        assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
        let client = project.client().await;
        client.execute("UPDATE multitenant.snapshots SET statements = $1", &[&text]).await.unwrap();
        let copied = create(&project, "a", Snapshots::Use).await;
        assert!(!copied, "{text}");
        let tables = "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class \
            WHERE relnamespace = 'tenant_a'::regnamespace AND relkind = 'r'";
        assert_eq!(project.one(tables).await, "__diesel_schema_migrations users", "{text}");
        assert_eq!(project.one("SELECT count(*)::text FROM pg_attribute WHERE attname = 'taken'").await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_schema_there_are_none() {
    let mut project = shop().await;
    project.settings.state_schema = "";
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!(report.outcome, SnapshotOutcome::Unavailable);
    assert!(report.reason.unwrap().contains("migrations.state_schema"));
    assert!(!create(&project, "a", Snapshots::Make).await);
}
