//! `migrate`: what it does, prints and answers.

use serde_json::{Value, json};

use crate::project::Project;

async fn shop() -> Project {
    Project::with_tenants(&["a", "b", "c"])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_users", "create table users (id int);")
        .migration("tenant/2_orders", "create table orders (id int);")
}

#[tokio::test]
async fn applies_everything_once() {
    let project = shop().await;
    project.run(&["migrate"]).code(0).says(&[
        " public  applied 1\n",
        " tenant_a  applied 2: 1 to 2\n",
        " 4 schemas: 4 migrated (",
    ]);
    let again = project.run(&["migrate"]).code(0);
    assert!(again.stdout.starts_with(" 4 schemas: 4 up to date ("), "{again:?}");
    assert_eq!(again.stderr, "");
    assert_eq!(project.count("select count(*) from tenant_c.orders").await, 0);
}

#[tokio::test]
async fn one_tenant_s_failure_is_told_in_full() {
    let project = shop().await;
    project.sql("create table tenant_b.orders (id int)").await;
    project.run(&["migrate"]).code(10).says(&[
        "tenant_b  applied 1, then failed: 42P07 relation \"orders\" already exists",
        "--> migrations/tenant/2_orders/up.sql:1",
        "4 schemas: 3 migrated, 1 failed",
    ]);

    project.run(&["migrate"]).code(10).says(&["tenant_b  failed: 42P07", "4 schemas: 3 up to date, 1 failed"]);
}

#[tokio::test]
async fn json_has_every_field() {
    let project = shop().await;
    project.sql("create table tenant_b.orders (id int)").await;
    let mut document = project.run(&["migrate", "--format", "json"]).code(10).json();
    assert!(document["summary"]["duration_ms"].is_u64());
    assert_eq!(document["format"], 1);
    assert_eq!(document["targets"].as_array().unwrap().len(), 4);
    let failed = document["targets"][2].take();
    let failure = &failed["failure"];
    assert_eq!(
        [&failed["tenant"], &failed["schema"], &failed["outcome"], &failed["applied"]],
        [&json!("b"), &json!("tenant_b"), &json!("failed"), &json!(["1"])]
    );
    assert_eq!(failure["class"], "permanent");
    assert_eq!(failure["sqlstate"], "42P07");
    assert_eq!(failure["migration"], "2");
    assert_eq!(failure["file"], "migrations/tenant/2_orders/up.sql");
    assert_eq!(failure["line"], 1);
    for field in ["column", "detail", "hint"] {
        assert!(failure.get(field).is_some(), "{field}");
    }
    let shared = &document["targets"][0];
    assert_eq!(
        (&shared["tenant"], &shared["outcome"], &shared["failure"]),
        (&Value::Null, &json!("applied"), &Value::Null)
    );
}

#[tokio::test]
async fn shared_failure_stops_the_tenants() {
    let project = shop().await.migration("shared/2_bad", "select 1;\ncreate table plans (id int);");
    let answer = project.run(&["migrate"]).code(11).says(&[
        " public  applied 1, then failed: 42P07",
        "--> migrations/shared/2_bad/up.sql:2",
        "4 schemas: 1 failed, 3 not tried",
    ]);
    assert!(!answer.stdout.contains("tenant_a"));
}

#[tokio::test]
async fn everybody_failing_is_more_than_somebody() {
    let project = shop().await.migration("tenant/3_bad", "select no_such_column;");
    project.run(&["migrate", "--jobs", "2"]).code(11).says(&["4 schemas: 1 migrated, 3 failed", "up.sql:1:8"]);
}

#[tokio::test]
async fn dry_run_writes_nothing() {
    let project = shop().await;
    project.run(&["migrate", "--dry-run"]).code(0).says(&[
        " tenant_a  apply 2\n     1_users\n     2_orders\n",
        " 4 schemas: 4 to be migrated with 7 migrations; nothing was written\n",
    ]);
    let document = project.run(&["migrate", "--dry-run", "--format", "json"]).code(0).json();
    assert_eq!(document["targets"][1]["pending"], json!(["1", "2"]));
    assert_eq!(project.count("select count(*) from pg_tables where schemaname !~ '^(pg_|information)'").await, 0);
}

#[tokio::test]
async fn tenants_can_be_chosen() {
    let project = shop().await;
    let one = project.run(&["migrate", "--tenant", "b"]).code(0).says(&["tenant_b  applied 2"]);
    assert!(!one.stdout.contains("public"));
    project.run(&["migrate", "shared"]).code(0).says(&[" public  applied 1\n 1 schema: 1 migrated"]);
    project.run(&["migrate", "tenants"]).code(0).says(&["3 schemas: 2 migrated, 1 up to date"]);
    project.run(&["migrate", "--tenant", "b,nobody"]).code(4).complains(&["nobody"]);
    project.run(&["migrate", "shared", "--tenant", "b"]).code(2);
}

#[tokio::test]
async fn no_tenants_is_done() {
    let project = Project::with_tenants(&[]).await.migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0).says(&[" 0 schemas: nothing to do"]);
    project.run(&["status"]).code(0).says(&[" no tenants\n"]);
}

#[tokio::test]
async fn a_missing_schema_is_not_made_unless_asked_for() {
    let project = shop().await.tenants(&["a", "lost"]);
    project.run(&["migrate"]).code(10).says(&["tenant_lost  failed: the schema does not exist", "--create-schemas"]);
    project.run(&["migrate", "--dry-run"]).code(10).says(&["tenant_lost  refused: "]);
    project.run(&["migrate", "--create-schemas"]).code(0).says(&["tenant_lost  applied 2"]);
}

#[tokio::test]
async fn what_was_done_before_the_end_is_told() {
    let project = shop().await.file("multitenant.toml", "[tenants]\ntable = \"customers\"\n");
    let answer = project.run(&["migrate"]).code(3).says(&[" public  applied 1\n 1 schema: 1 migrated"]);
    assert!(answer.stderr.starts_with("error: ") && answer.stderr.contains("customers"), "{answer:?}");
    project.run(&["status"]).code(3).complains(&["customers"]);
}

#[tokio::test]
async fn edited_migrations_are_refused() {
    let project = shop().await;
    project.run(&["migrate"]).code(0);
    let project = project.migration("tenant/1_users", "create table users (id int, name text);");
    project.run(&["migrate", "--dry-run"]).code(13).says(&["tenant_a  refused: "]);
    project.run(&["migrate"]).code(13).says(&["tenant_a  skipped: "]);
    let status = project.run(&["status", "--format", "json"]).code(0).json();
    assert_eq!(status["tenants"][0]["state"], "edited");
    assert_eq!(status["tenants"][0]["edited"], json!(["1"]));
}

#[tokio::test]
async fn verbose_and_quiet_are_about_stderr() {
    let project = shop().await;
    project.run(&["migrate", "shared", "-v"]).code(0).complains(&["public: 1 applied in "]);
    let quiet = project.run(&["migrate", "-q"]).code(0).says(&["4 schemas: 3 migrated, 1 up to date"]);
    assert_eq!(quiet.stderr, "");
}

#[tokio::test]
async fn a_run_without_a_database_says_so() {
    let project = shop().await;
    let url = "postgres://user:secret@127.0.0.1:1/app";
    let answer = project.run(&["migrate", "--database-url", url]).code(20).complains(&["127.0.0.1"]);
    assert!(!answer.stderr.contains("secret"), "{answer:?}");
    project.run(&["status", "--database-url", url]).code(20);
}

#[tokio::test]
async fn jobs_leave_a_connection_to_the_run() {
    for (connections, args, limit) in [
        (Some(2), &["migrate", "--jobs", "8"][..], Some("8 jobs are limited to 1")),
        (Some(1), &["migrate", "--jobs", "2"], Some("2 jobs are limited to 1")),
        (Some(4), &["migrate"], Some("4 jobs are limited to 3")),
        (Some(5), &["migrate"], None),
        (None, &["migrate", "--jobs", "10"], Some("10 jobs are limited to 9")),
        (None, &["migrate", "--jobs", "9"], None),
    ] {
        let project = shop().await;
        let mut command = project.command(args);
        if let Some(connections) = connections {
            command.env("MULTITENANT_DATABASE_MAX_CONNECTIONS", connections.to_string());
        }
        let answer = crate::project::answer(command).code(0);
        let warning = limit.map_or(String::new(), |limit| format!("warning: {limit} by database.max_connections"));
        assert!(answer.stderr.starts_with(&warning), "{answer:?}");
        assert_eq!(answer.stderr.is_empty(), limit.is_none(), "{answer:?}");
    }
}
