//! Servers that refuse: no free connection, read-only roles, roles that may not create.

use std::time::{Duration, Instant};

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Error, FailureClass, NewTenant, Outcome, Scope, StartUp, StartupMode};

use super::fleet::{Fleet, client, with_parameter};

/// A server with a few connections, of which all but `free` are taken.
async fn crowded(max: usize, free: usize) -> (EmbeddedServer, Vec<tokio_postgres::Client>) {
    let server = EmbeddedServer::builder()
        .setting("max_connections", max.to_string())
        .setting("superuser_reserved_connections", "0")
        .setting("autovacuum", "off")
        .start()
        .unwrap();
    let mut others = Vec::new();
    while others.len() < max - free {
        others.push(client(&server.url("postgres")).await);
    }
    (server, others)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fewer_connections_than_workers_all_is_done() {
    let (server, mut others) = crowded(8, 3).await;
    let fleet = Fleet::on(server.url("postgres")).tenant("1_slow", "CREATE TABLE a (id int); SELECT pg_sleep(0.4);");
    fleet.schemas(50, "").await;
    // The connection that made the schemas may still be on its way out.
    others.truncate(4);
    // Ten seconds of work for two, and more workers than there is room for.
    let report = fleet.builder().jobs(7).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_connection_the_error_says_so() {
    let (server, others) = crowded(5, 1).await;
    let fleet = Fleet::on(server.url("postgres")).tenant("1_a", "CREATE TABLE a (id int);");
    fleet.schemas(2, "").await;
    let mut last = tokio_postgres::connect(fleet.url(), tokio_postgres::NoTls).await;
    while last.is_err() {
        last = tokio_postgres::connect(fleet.url(), tokio_postgres::NoTls).await;
    }
    let started = Instant::now();
    let Err(Error::Connect(error)) = fleet.migrator().migrate(Scope::all()).await else { panic!("no connection") };
    assert!(error.to_string().contains("too many"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(60));
    drop((last, others));
}

/// A role of the fleet's own, and the URL of a session that is this role, whatever the server's authentication.
async fn role(fleet: &Fleet, name: &str, grants: &str) -> (String, String) {
    let database = fleet.one("SELECT current_database()::text").await;
    let role = format!("{name}_{database}");
    fleet.sql(&format!("CREATE ROLE {role} LOGIN; {}", grants.replace("{role}", &role))).await;
    (with_parameter(fleet.url(), &format!("options=-crole%3D{role}")), role)
}

async fn drop_role(fleet: &Fleet, role: &str) {
    fleet.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_create_is_told_and_leaves_nothing() {
    let fleet = Fleet::new()
        .await
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_a", "CREATE TABLE a (id int);");
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    fleet.schemas(2, "").await;
    fleet.sql("INSERT INTO tenants VALUES ('0'), ('1')").await;
    let grants = "GRANT USAGE ON SCHEMA tenant_0, tenant_1, public TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};";
    let (url, role) = role(&fleet, "guest", grants).await;
    let migrator = fleet.builder().database_url(&url).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("refused") };
    for target in report.incomplete() {
        let failure = target.failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::Permanent, "{failure:?}");
        assert_eq!(failure.sqlstate.as_deref(), Some("42501"), "{failure:?}");
        assert!(failure.message.contains("permission denied"), "{failure}");
    }
    assert_eq!(report.summary().failed, 2);
    let Err(Error::Incomplete(report)) = migrator.create_tenant(NewTenant::new("new").unwrap()).await else {
        panic!("refused")
    };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().sqlstate.as_deref(), Some("42501"));
    let made = "SELECT count(*)::text FROM pg_class WHERE relnamespace::regnamespace::text LIKE 'tenant\\_%'";
    assert_eq!(fleet.one(made).await, "0");
    assert_eq!(fleet.one("SELECT count(*)::text FROM tenants").await, "2");
    drop_role(&fleet, &role).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_can_look_and_wait_but_not_migrate() {
    let fleet = Fleet::new().await.tenant("1_a", "CREATE TABLE a (id int);");
    fleet.schemas(2, "").await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let grants = "GRANT USAGE ON SCHEMA tenant_0, tenant_1 TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA tenant_0, tenant_1 TO {role}; \
                  ALTER ROLE {role} SET default_transaction_read_only = on;";
    let (url, role) = role(&fleet, "reader", grants).await;
    let migrator = fleet.builder().database_url(&url).build().unwrap();
    for mode in [StartupMode::Check, StartupMode::Wait { limit: Duration::ZERO }, StartupMode::Migrate] {
        let started = migrator.start(StartUp::new(mode)).await.unwrap();
        assert_eq!(started.report.summary().up_to_date, 2, "{mode:?}");
    }
    let newer = Fleet::on(fleet.url()).tenant("1_a", "CREATE TABLE a (id int);").tenant("2_b", "CREATE TABLE b ();");
    let migrator = newer.builder().database_url(&url).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.start(StartUp::new(StartupMode::Check)).await else { panic!() };
    assert!(report.targets.iter().all(|t| t.failure.as_ref().unwrap().class == FailureClass::Pending));
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("refused") };
    for target in &report.targets {
        assert_eq!(target.outcome, Outcome::Failed);
        assert_eq!(target.failure.as_ref().unwrap().sqlstate.as_deref(), Some("42501"), "{target:?}");
    }
    drop_role(&fleet, &role).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_reads_by_default_may_migrate_all_the_same() {
    // As for ours, whose sessions are read-only outside of their own transactions.
    let server = EmbeddedServer::builder().setting("default_transaction_read_only", "on").start().unwrap();
    let writable = with_parameter(&server.url("postgres"), "options=-cdefault_transaction_read_only%3Doff");
    let fleet = Fleet::on(writable)
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant_outside("2_b", "CREATE INDEX CONCURRENTLY a_id ON a (id);");
    fleet.schemas(2, "").await;
    let migrator = fleet.builder().database_url(server.url("postgres")).build().unwrap();
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().applied, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_stopped_and_named() {
    let fleet = Fleet::new().await.tenant("1_slow", "CREATE TABLE a (id int);\nSELECT pg_sleep(60);");
    fleet.schemas(2, "").await;
    let migrator = fleet.builder().statement_timeout(Some(Duration::from_millis(200))).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("too long") };
    for target in &report.targets {
        let failure = target.failure.as_ref().unwrap();
        assert_eq!((failure.sqlstate.as_deref(), failure.line), (Some("57014"), Some(2)), "{failure:?}");
    }
    assert_eq!(fleet.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'a'").await, "0");
}
