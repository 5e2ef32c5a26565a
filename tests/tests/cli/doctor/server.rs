//! The server: its version, its locks, and a healthy one.

use multitenant_runtime::embedded::EmbeddedServer;

use super::{detail, examine, finds, state};
use crate::project::Project;

fn project(url: &str, tenants: usize) -> Project {
    let ids: Vec<String> = (0..tenants).map(|number| format!("\"t{number}\"")).collect();
    let toml = format!("[database]\nurl = \"{url}\"\n[tenants]\nsource = \"list\"\nids = [{}]\n", ids.join(","));
    Project::on_disk().file("multitenant.toml", &toml).migration("tenant/1_users", "create table users (id text);")
}

#[tokio::test]
async fn a_lock_table_that_is_too_small_is_found_before_it_is_full() {
    let server = EmbeddedServer::builder().setting("max_locks_per_transaction", "10").setting("max_connections", "20");
    let server = server.start().unwrap();
    // 200 slots.
    let project = project(&server.url("postgres"), 3);
    project.run(&["migrate", "--create-schemas"]).code(0);
    let document = examine(&project);
    assert_eq!(state(&document, "lock-table").as_deref(), Some("good"), "{document:#}");
    assert!(detail(&document, "lock-table").starts_with("200 slots, "), "{document:#}");

    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let tables: String =
        (0..60).map(|number| format!("create table tenant_t1.x{number} (id text primary key);")).collect();
    for table in tables.split_inclusive(';') {
        client.batch_execute(table).await.unwrap();
    }
    let document = examine(&project);
    finds(&document, "lock-table", "error", "", "");
    drop(client);
    connection.await.unwrap().unwrap();
}

#[test]
fn what_stays_on_this_machine_needs_no_tls() {
    let server = EmbeddedServer::builder().tcp(true).start().unwrap();
    let document = examine(&project(&server.tcp_url("postgres").unwrap(), 1));
    assert_eq!(detail(&document, "tls"), "not needed on this machine", "{document:#}");
    let document = examine(&project(&server.url("postgres"), 1));
    assert_eq!(detail(&document, "tls"), "not needed over a Unix socket", "{document:#}");
    assert_eq!(state(&document, "tls").as_deref(), Some("good"));
}

#[test]
fn many_histories_need_locks_too() {
    let server = EmbeddedServer::builder().setting("max_locks_per_transaction", "10").setting("max_connections", "5");
    let server = server.start().unwrap();
    let project = project(&server.url("postgres"), 30);
    // 50 slots, and two for each history.
    project.run(&["migrate", "--create-schemas"]);
    finds(
        &examine(&project),
        "lock-table",
        "error",
        "reading the histories takes 60 locks",
        "max_locks_per_transaction = ",
    );
}

#[test]
fn the_development_server_of_a_healthy_project_is_in_order() {
    let project = Project::on_disk()
        .file("multitenant.toml", "[database]\nurl = \"embedded\"\n")
        .migration(
            "shared/1_tenants",
            "create table tenants (id text primary key); insert into tenants values ('a'), ('b');",
        )
        .down("shared/1_tenants", "drop table tenants;")
        .migration("tenant/1_users", "create table users (id int primary key);")
        .down("tenant/1_users", "drop table users;");
    project.run(&["migrate", "--create-schemas"]).code(0);
    let document = examine(&project);
    for check in document["checks"].as_array().unwrap() {
        // A server near its end of life is worth a word on any day.
        let is_dated = check["code"] == "server-version" && check["detail"].as_str().unwrap().contains("end of life");
        assert!(is_dated || check["state"] == "good", "{check:#}");
    }
    for check in [
        "configuration",
        "connection",
        "tls",
        "role-rights",
        "superuser",
        "search-path-defaults",
        "pool-size",
        "pooler",
        "lock-table",
        "long-transactions",
        "locks-held",
        "registry",
    ] {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
    assert!(detail(&document, "server-version").starts_with("PostgreSQL "), "{document:#}");
    assert!(detail(&document, "superuser").contains("development server"), "{document:#}");
    project.run(&["doctor", "--fail-on", "info"]).code(0).says(&["nothing found"]);
    project.run(&["db", "stop"]).code(0);
}
