//! Nothing pending: a handful of statements, however many tenants, and nothing written.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Migrator, Scope, Selection};

use super::command_line;
use super::environment::size;
use super::fleet::{Fleet, with_parameter};

/// A server that logs every statement with the application's name, and writes nothing of its own accord.
fn server() -> EmbeddedServer {
    EmbeddedServer::builder()
        .setting("log_statement", "all")
        .setting("log_line_prefix", "%a|")
        .setting("autovacuum", "off")
        .setting("checkpoint_timeout", "1d")
        // For standbys, what runs is written down every quarter of a minute.
        .setting("wal_level", "minimal")
        .setting("max_wal_senders", "0")
        .start()
        .unwrap()
}

/// How many statements an application of this name has sent.
fn sent(server: &EmbeddedServer, application: &str) -> usize {
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    let prefix = format!("{application}|");
    let statement = |line: &&str| line.contains("LOG:  statement:") || line.contains("LOG:  execute");
    log.lines().filter(|line| line.starts_with(&prefix)).filter(statement).count()
}

/// A migrator that the log can tell from others.
fn named(fleet: &Fleet, application: &str) -> Migrator {
    let url = with_parameter(fleet.url(), &format!("application_name={application}"));
    fleet.builder().database_url(url).build().unwrap()
}

/// Where the server stands: the next transaction's number, and the end of its log of changes.
async fn stand(fleet: &Fleet) -> String {
    fleet.one("SELECT pg_snapshot_xmax(pg_current_snapshot())::text || ' ' || pg_current_wal_insert_lsn()").await
}

async fn check(n: usize, statements: usize) {
    check_of(|fleet| fleet, n, statements, statements).await;
}

async fn check_of(prepare: impl FnOnce(Fleet) -> Fleet, n: usize, statements: usize, to_look: usize) {
    let server = server();
    let fleet = prepare(Fleet::on(server.url("postgres")))
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int);")
        .tenant("2_more", "CREATE TABLE more (id int);");
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    fleet.schemas(n, "").await;
    fleet.sql(&format!("INSERT INTO tenants SELECT i FROM generate_series(0, {}) i", n - 1)).await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    // Reading may tidy up after the writers once; then there is nothing to tidy up.
    fleet.sql("VACUUM (ANALYZE)").await;
    fleet.sql("CHECKPOINT").await;
    // What a run asks, it asks of more than a look does.
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let _ = fleet.migrator().plan(Scope::all()).await.unwrap();

    let before = stand(&fleet).await;
    for application in ["migrate_1", "migrate_2"] {
        let report = named(&fleet, application).migrate(Scope::all()).await.unwrap();
        assert_eq!(report.summary().up_to_date, n + 1);
        assert_eq!(sent(&server, application), statements, "{application}");
    }
    let plan = named(&fleet, "plan").plan(Scope::all()).await.unwrap();
    assert_eq!(plan.summary().up_to_date, n);
    assert_eq!(sent(&server, "plan"), to_look);
    assert_eq!(stand(&fleet).await, before, "transactions or changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_sends_no_more() {
    let server = server();
    let fleet = Fleet::on(server.url("postgres")).tenant("1_users", "CREATE TABLE users (id int);");
    fleet.schemas(300, "").await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    fleet.sql("VACUUM (ANALYZE)").await;
    let _ = fleet.migrator().plan(Scope::all()).await.unwrap();
    let before = stand(&fleet).await;
    for command in ["migrate", "status"] {
        let url = with_parameter(fleet.url(), &format!("application_name=by_{command}"));
        let answer = command_line::run(&fleet.folder().join("tenant"), &url, &[command]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let sent = sent(&server, &format!("by_{command}"));
        assert!((1..=6).contains(&sent), "{command}: {sent} statements");
    }
    assert_eq!(stand(&fleet).await, before, "transactions or changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn six_for_three_hundred_tenants() {
    // Who are you, which tenants, which schemas, two for 301 histories, and the state table.
    check(300, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_more_where_each_of_three_hundred_has_a_role() {
    // Of what all roles have in common, and of each; whoever only looks does not ask for them.
    check_of(Fleet::with_roles, 300, 8, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_for_each_256() {
    let n = size(600, 1_000);
    check(n, 4 + (n + 1).div_ceil(256)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_many_tenants_sends_no_more_than_one_of_few() {
    let server = server();
    let fleet = Fleet::on(server.url("postgres"))
        .archiving()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY, archived_at timestamptz);")
        .tenant("1_users", "CREATE TABLE users (id int);");
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    fleet.schemas(200, "").await;
    let mut sent_for = Vec::new();
    for n in [3, 200] {
        let insert = "INSERT INTO tenants SELECT i, CASE WHEN i % 3 = 0 THEN now() END FROM generate_series(0";
        fleet.sql(&format!("{insert}, {}) i ON CONFLICT DO NOTHING", n - 1)).await;
        fleet.migrator().migrate(Scope::all()).await.unwrap();
        fleet.sql("VACUUM (ANALYZE)").await;
        fleet.sql("CHECKPOINT").await;
        let _ = fleet.migrator().list_tenants(Selection::All, true).await.unwrap();
        let before = stand(&fleet).await;
        let application = format!("list_{n}");
        let list = named(&fleet, &application).list_tenants(Selection::All, true).await.unwrap();
        assert_eq!(list.plan.tenants.len() + list.archived.len(), n);
        assert_eq!(stand(&fleet).await, before, "transactions or changes");
        sent_for.push(sent(&server, &application));
    }
    assert!(sent_for[0] == sent_for[1] && (3..=10).contains(&sent_for[0]), "{sent_for:?}");
}
