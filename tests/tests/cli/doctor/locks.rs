//! Who stands in the way: long transactions, those who wait, and locks of ours.

use std::time::Duration;

use multitenant_runtime::SchemaName;
use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::inspection::{Lock, locks_of};
use tokio_postgres::{Client, NoTls};

use super::{answer_of, detail, finds, found, state};
use crate::project::Project;

async fn project() -> Project {
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0);
    project
}

/// The process of a connection.
async fn pid(client: &Client) -> i32 {
    client.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_transaction_that_sleeps_and_who_waits_for_it_are_named() {
    let project = project().await;
    let (sleeper, waiter) = (project.client().await, project.client().await);
    sleeper.batch_execute("set application_name = 'sleeper'; begin; lock table tenant_a.users").await.unwrap();
    let (sleeping, waiting) = (pid(&sleeper).await, pid(&waiter).await);
    let query =
        tokio::spawn(
            async move { waiter.batch_execute("set application_name = 'waiter'; table tenant_a.users").await },
        );
    until(
        &project,
        &format!("select count(*) from pg_stat_activity where pid = {waiting} and wait_event_type = 'Lock'"),
    )
    .await;
    let document = answer_of(&project, &["--long-transactions", "1ms"]).json();
    let end = format!("select pg_terminate_backend({sleeping});");
    finds(&document, "long-transactions", "warning", "sleeper (pid", &end);
    finds(&document, "long-transactions", "warning", "idle in transaction", &end);
    finds(&document, "long-transactions", "info", "waiter (pid", &end);
    // An hour is not over: only who waits is worth a word.
    let document = answer_of(&project, &["--long-transactions", "1h"]).json();
    assert_eq!(found(&document, "long-transactions").len(), 1, "{document:#}");
    sleeper.batch_execute("rollback").await.unwrap();
    query.await.unwrap().unwrap();
    let document = answer_of(&project, &[]).json();
    assert_eq!(state(&document, "long-transactions").as_deref(), Some("good"), "{document:#}");
}

/// Waits until a count is not 0.
async fn until(project: &Project, count: &str) {
    for _ in 0..1_000 {
        if project.count(count).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {count}");
}

#[tokio::test]
async fn a_prepared_transaction_is_found() {
    let server = EmbeddedServer::builder().setting("max_prepared_transactions", "2").start().unwrap();
    let url = server.url("postgres");
    let toml = format!("[database]\nurl = \"{url}\"\n[tenants]\nsource = \"list\"\nids = []\n");
    let project = Project::on_disk().file("multitenant.toml", &toml).migration("tenant/1_a", "select 1;");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute("begin; create table t (); prepare transaction 'it''s'").await.unwrap();
    let document = answer_of(&project, &["--long-transactions", "1ms"]).json();
    finds(&document, "long-transactions", "warning", "prepared transaction 'it''s'", "rollback prepared 'it''s';");
    client.batch_execute("rollback prepared 'it''s'").await.unwrap();
    let document = answer_of(&project, &["--long-transactions", "1ms"]).json();
    assert_eq!(state(&document, "long-transactions").as_deref(), Some("good"), "{document:#}");
    drop(client);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_may_see_nothing_says_so() {
    let project = project().await;
    let name = format!("{}_blind", project.texts("select current_database()::text").await[0]);
    project.sql(&format!("create role {name} login password 'pw'")).await;
    let (head, tail) = project.url().split_once("://").unwrap();
    let tail = tail.split_once('@').map_or(tail, |(_, tail)| tail);
    let url = format!("{head}://{name}:pw@{tail}");
    let other = project.client().await;
    other.batch_execute("begin; select 1").await.unwrap();
    let document = answer_of(&project, &["--database-url", &url]).json();
    assert_eq!(state(&document, "long-transactions").as_deref(), Some("not-run"), "{document:#}");
    assert!(detail(&document, "long-transactions").contains("grant pg_read_all_stats to"), "{document:#}");
    project.sql(&format!("grant pg_read_all_stats to {name}")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    assert_eq!(state(&document, "long-transactions").as_deref(), Some("good"), "{document:#}");
    project.sql(&format!("drop owned by {name}; drop role {name}")).await;
}

#[tokio::test]
async fn a_lock_of_ours_is_a_note_while_somebody_works_and_a_warning_when_he_has_left() {
    let project = project().await;
    let schema = SchemaName::new("tenant_a").unwrap();
    let holder = project.client().await;
    for (lock, key) in locks_of(&schema) {
        holder.batch_execute(&format!("select pg_advisory_lock({key})")).await.unwrap();
        let process = pid(&holder).await;
        let document = answer_of(&project, &[]).json();
        finds(&document, "locks-held", "info", "tenant_a", "wait for it");
        let document = answer_of(&project, &["--long-transactions", "1ms"]).json();
        let end = format!("select pg_terminate_backend({process});");
        finds(&document, "locks-held", "warning", "has been idle for", &end);
        let what = if lock == Lock::Creation { "the creation" } else { "on" };
        finds(&document, "locks-held", "warning", what, &end);
        holder.batch_execute(&format!("select pg_advisory_unlock({key})")).await.unwrap();
    }
    // Advisory locks of others are none of ours.
    holder.batch_execute("select pg_advisory_lock(7), pg_advisory_lock(1, 2)").await.unwrap();
    let document = answer_of(&project, &[]).json();
    assert_eq!(state(&document, "locks-held").as_deref(), Some("good"), "{document:#}");
}
