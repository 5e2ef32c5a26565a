//! `snapshot`: made for a deploy, checked by the next.

use serde_json::Value;

use crate::project::Project;

async fn shop() -> Project {
    Project::with_tenants(&["acme"])
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .migration(
            "tenant/2026-11-01-090000_users",
            "create table users (id int primary key, plan int references plans);",
        )
}

#[tokio::test]
async fn is_made_once_and_told() {
    let project = shop().await;
    project.run(&["migrate"]).code(0);
    project.run(&["snapshot", "--check"]).code(1).says(&["there is no snapshot of these 1 migration"]);
    let document = project.run(&["snapshot", "--format", "json"]).code(0).json();
    assert_eq!((&document["format"], &document["outcome"]), (&Value::from(1), &Value::from("made")));
    assert_eq!((&document["migrations"], &document["reason"]), (&Value::from(1), &Value::Null));
    assert!(document["statements"].as_u64() > Some(0) && document["replay_ms"].is_u64(), "{document}");
    project.run(&["snapshot"]).code(0).says(&["there is a snapshot: ", " for 1 migration\n"]);
    let checked = project.run(&["snapshot", "--check", "--format", "json"]).code(0).json();
    assert_eq!((&checked["outcome"], &checked["digest"]), (&Value::from("present"), &document["digest"]));
    assert_eq!(project.count("select count(*) from pg_namespace where nspname like 'Snapshot%'").await, 0);
    // The shared schema is another one.
    let project = project.migration("shared/2_more", "create table more ();");
    project.run(&["migrate"]).code(0);
    project.run(&["snapshot", "--check"]).code(1);
}

#[tokio::test]
async fn says_why_there_is_none() {
    let project = shop().await.migration("tenant/2026-11-02-090000_key", "create table k as select gen_random_uuid();");
    project.run(&["migrate"]).code(0);
    project.run(&["snapshot", "--pg-dump", "/nonexistent"]).code(11).says(&["/nonexistent is no pg_dump that runs"]);
    let reason =
        "there can be no snapshot, and the migrations are replayed: the migrations leave something else each time";
    project.run(&["snapshot"]).code(13).says(&[reason]);
    project.run(&["snapshot", "--check"]).code(13).says(&[reason]);
    project.run(&["snapshot", "--check", "--pg-dump", "x"]).code(2);
    project.run(&["snapshot", "--database-url", "postgres://127.0.0.1:1/x"]).code(20);
}
