//! Which tenants there are, and whether that stays so.

use super::{examine, finding, found, helps, state};
use crate::project::Project;

#[tokio::test]
async fn what_keeps_ids_unique_is_a_key_on_them_alone() {
    let project = Project::with_tenants(&["a"]).await.file("multitenant.toml", "");
    let project = project.migration("tenant/1_users", "create table users (id int);");
    project
        .sql("create table tenants (id text, since date, unique (id, since)); insert into tenants values ('a')")
        .await;
    project.sql("create unique index on tenants (id) where since is null").await;
    let document = examine(&project);
    assert_eq!(found(&document, "registry"), ["nothing keeps the column id of the registry tenants unique"]);
    assert_eq!(finding(&document, "registry")["level"], "warning");
    let help = helps(&document, "registry");
    project.sql(help[0].strip_prefix("in a shared migration: ").unwrap()).await;
    assert_eq!(state(&examine(&project), "registry").as_deref(), Some("good"));
    // The schemas' column is another one.
    let project = project.file("multitenant.toml", "[tenants]\nschema_column = \"Na\\\"me\"\n");
    project.sql("alter table tenants add \"Na\"\"me\" text").await;
    let document = examine(&project);
    assert_eq!(found(&document, "registry"), ["nothing keeps the column Na\"me of the registry tenants unique"]);
    project.sql(helps(&document, "registry")[0].strip_prefix("in a shared migration: ").unwrap()).await;
    assert_eq!(state(&examine(&project), "registry").as_deref(), Some("good"));
}

#[tokio::test]
async fn ids_that_differ_in_case_alone_are_told() {
    let project = Project::with_tenants(&["acme", "Acme", "b"]).await;
    let project = project.migration("tenant/1_users", "create table users (id int);");
    let document = examine(&project);
    assert_eq!(found(&document, "registry"), ["ids differ in upper and lower case alone: acme and Acme"]);
    assert_eq!(finding(&document, "registry")["tenants"], serde_json::json!(["acme", "Acme"]));
}

#[tokio::test]
async fn a_registry_that_is_not_there_stops_what_stands_on_it_and_no_more() {
    let project = Project::with_tenants(&[]).await.file("multitenant.toml", "");
    let project = project.migration("tenant/1_users", "create table users (id int);");
    let document = examine(&project);
    assert_eq!(state(&document, "registry").as_deref(), Some("bad"));
    assert_eq!(state(&document, "orphan-schemas").as_deref(), Some("not-run"));
    assert_eq!(state(&document, "connection").as_deref(), Some("good"));
}
