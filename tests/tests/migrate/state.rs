//! The state table: what the start-up check trusts, and how it is noticed that it must not.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Error, RegistryText, Scope, Selection, StartUp, StartupMode, State};

use super::project::{Project, outcomes};

const STATE: &str = "SELECT count(*)::text FROM multitenant.targets WHERE digest IS NOT NULL AND failed_at IS NULL";

async fn shop() -> Project {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared(
            "1_tenants",
            "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('a'), ('b'), ('c');",
        )
        .tenant("1_users", "CREATE TABLE users (id int);")
        .tenant("2_orders", "CREATE TABLE orders (id int);");
    project.sql("CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b; CREATE SCHEMA tenant_c;").await;
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn every_schema_has_a_row_and_a_start_asks_once() {
    let project = shop().await;
    let migrator = project.migrator();
    let first = migrator.start(StartUp::default()).await.unwrap();
    assert_eq!(first.report.summary().applied, 4);
    assert_eq!(project.one(STATE).await, "4");
    let again = migrator.start(StartUp::default()).await.unwrap();
    assert_eq!(
        outcomes(&again.report),
        ["public:up to date", "tenant_a:up to date", "tenant_b:up to date", "tenant_c:up to date"]
    );
    migrator.start(StartUp::new(StartupMode::Check)).await.unwrap();
}

/// Counted by the server itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_nothing_to_do_is_one_statement() {
    let server =
        EmbeddedServer::builder().setting("log_statement", "all").setting("log_line_prefix", "%a ").start().unwrap();
    for (i, (registry, statements)) in [
        (RegistryText::DEFAULT, 1),
        (RegistryText::Query { sql: "SELECT id, 'tenant_' || id AS s FROM tenants -- all" }, 1),
        (RegistryText::Schemas, 2),
        (RegistryText::List { ids: &["a", "b", "c"] }, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let mut project = shop().await;
        project.settings.registry = registry;
        let url = server.url("postgres");
        let name = format!("statements_{i}");
        let admin = client(&url).await;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let url = server.url(&name);
        client(&url)
            .await
            .batch_execute("CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b; CREATE SCHEMA tenant_c;")
            .await
            .unwrap();
        let migrator = project.builder().database_url(&url).build().unwrap();
        migrator.start(StartUp::default()).await.unwrap();
        let before = count(&server);
        let started = migrator.start(StartUp::default()).await.unwrap();
        assert_eq!(started.report.summary().up_to_date, 4, "{registry:?}");
        assert_eq!(count(&server) - before, statements, "{registry:?}");
    }
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn count(server: &EmbeddedServer) -> usize {
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    log.lines().filter(|line| line.starts_with("cargo-multitenant ") && line.contains("statement:")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_state_does_not_know_is_read_from_the_histories() {
    let project = shop().await;
    let migrator = project.migrator();
    migrator.start(StartUp::default()).await.unwrap();
    // Dropped and made again under the same name: another OID. A new tenant. A schema that is gone.
    project
        .sql(
            "DROP SCHEMA tenant_a CASCADE; CREATE SCHEMA tenant_a; INSERT INTO tenants VALUES ('d'); CREATE SCHEMA tenant_d;
             DROP SCHEMA tenant_c CASCADE;",
        )
        .await;
    let Err(Error::Incomplete(report)) = migrator.start(StartUp::default()).await else { panic!("c is missing") };
    assert_eq!(
        outcomes(&report),
        [
            "public:up to date",
            "tenant_a:applied 2",
            "tenant_b:up to date",
            "tenant_c:failed after 0",
            "tenant_d:applied 2"
        ]
    );
    // A restored history table has another OID.
    project
        .sql(
            "DELETE FROM tenants WHERE id = 'c';
             ALTER TABLE tenant_b.__diesel_schema_migrations RENAME TO old; DROP TABLE tenant_b.orders;
             CREATE TABLE tenant_b.__diesel_schema_migrations (LIKE tenant_b.old INCLUDING ALL);
             INSERT INTO tenant_b.__diesel_schema_migrations SELECT * FROM tenant_b.old WHERE version = '1'; DROP TABLE tenant_b.old;",
        )
        .await;
    let started = migrator.start(StartUp::default()).await.unwrap();
    assert_eq!(
        outcomes(&started.report),
        ["public:up to date", "tenant_a:up to date", "tenant_b:applied 1", "tenant_d:up to date"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_mends_what_is_missing_or_wrong_and_looking_does_not() {
    let project = shop().await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    project.sql("DELETE FROM multitenant.targets WHERE tenant = 'a'; UPDATE multitenant.targets SET digest = 'x' WHERE tenant = 'b'").await;
    let plan = migrator.plan(Scope::all()).await.unwrap();
    assert!(plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate));
    assert_eq!(project.one("SELECT count(*)::text FROM multitenant.targets WHERE digest <> 'x'").await, "2");
    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().up_to_date, 4);
    assert_eq!(project.one("SELECT count(*)::text FROM multitenant.targets WHERE digest <> 'x'").await, "4");
    // And then there is nothing left to write.
    let before = project.one("SELECT max(changed_at)::text FROM multitenant.targets").await;
    migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(project.one("SELECT max(changed_at)::text FROM multitenant.targets").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_failure_is_kept_until_it_is_over() {
    let project = shop().await;
    project.sql("CREATE TABLE tenant_b.orders ()").await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap_err();
    let plan = migrator.plan(Scope::all()).await.unwrap();
    let failure = plan.tenants[1].last_failure.clone().unwrap();
    assert_eq!((failure.sqlstate.as_deref(), failure.migration.as_deref()), (Some("42P07"), Some("2")));
    assert!(plan.tenants[0].last_failure.is_none());
    project.sql("DROP TABLE tenant_b.orders").await;
    migrator.migrate(Scope { shared: false, tenants: Selection::Only(vec!["b".parse().unwrap()]) }).await.unwrap();
    assert!(migrator.plan(Scope::all()).await.unwrap().tenants[1].last_failure.is_none());
    assert_eq!(project.one(STATE).await, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_table_everything_works_too() {
    let mut project = shop().await;
    project.settings.state_schema = "";
    let migrator = project.migrator();
    migrator.start(StartUp::default()).await.unwrap();
    let started = migrator.start(StartUp::default()).await.unwrap();
    assert_eq!(started.report.summary().up_to_date, 4);
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'multitenant'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_s_schema_is_no_tenant() {
    let mut project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.settings.schema_name = "{id}";
    project.sql("CREATE SCHEMA acme").await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["acme:up to date"]);
}
