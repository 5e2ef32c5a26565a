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

#[tokio::test]
async fn a_version_is_the_last_one_however_it_is_written() {
    for to in ["20261101090000", "2026-11-01-090000", "2026-11-01-090000_users"] {
        let project = Project::with_tenants(&["a"])
            .await
            .migration("shared/2026-10-01-090000_plans", "create table plans (id int);")
            .migration("tenant/2026-11-01-090000_users", "create table users (id int);")
            .migration("tenant/2026-11-02-090000_orders", "create table orders (id int);");
        project.run(&["migrate", "--to", to]).code(0).says(&["tenant_a  applied 20261101090000\n"]);
        assert_eq!(project.history("public").await, ["20261001090000"]);
        project.run(&["migrate", "--to", to]).code(0).says(&["2 schemas: 2 up to date"]);
        project.run(&["status"]).code(0).says(&["tenant_a        1        1  behind      2026-11-02-090000_orders"]);
        project.run(&["migrate", "--to", "2026-11-03"]).code(4).complains(&["20261103"]);
        project.run(&["migrate"]).code(0).says(&["tenant_a  applied 20261102090000\n"]);
    }
}

#[tokio::test]
async fn a_baseline_changes_histories_alone() {
    let project = shop().await;
    let planned = project.run(&["migrate", "--mark-applied", "--dry-run"]).code(0);
    assert!(planned.stdout.contains(" tenant_a  record 2\n     1_users\n     2_orders\n"), "{planned:?}");
    project
        .run(&["migrate", "--mark-applied", "--to", "1"])
        .code(0)
        .says(&[" tenant_a  recorded 1\n", " 4 schemas: 4 recorded ("]);
    let document = project.run(&["migrate", "--mark-applied", "--format", "json"]).code(0).json();
    let target = &document["targets"][1];
    assert_eq!(target["outcome"], "recorded");
    assert_eq!((&target["applied"], &target["recorded"]), (&json!([]), &json!([{ "do": "mark", "version": "2" }])));
    assert_eq!((&document["summary"]["recorded"], &document["summary"]["applied"]), (&json!(3), &json!(0)));
    assert_eq!(project.history("tenant_c").await, ["1", "2"]);
    let tables = "select count(*) from pg_tables where tablename in ('users', 'orders', 'plans')";
    assert_eq!(project.count(tables).await, 0);
    project.run(&["status", "--check"]).code(0);
}

#[tokio::test]
async fn tenants_are_matched() {
    let project = Project::with_tenants(&["eu-1", "eu-2", "us-1"])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate", "--match", "eu-*"]).code(0).says(&["2 schemas: 2 migrated"]);
    project.run(&["status", "--match", "eu-*,us-?"]).code(0).says(&["3 tenants: 2 up to date, 1 behind"]);
    project.run(&["status", "--match", "us-*", "--match", "asia-*"]).code(4).complains(&["asia-*"]);
    project.run(&["migrate", "all", "--match", "us-*"]).code(0).says(&["2 schemas: 2 migrated"]);
}

#[tokio::test]
async fn what_is_out_of_order_is_applied_or_refused() {
    let project = shop().await;
    project.run(&["migrate"]).code(0);
    let project = project.migration("tenant/1b_late", "create table late (id int);");
    let config = std::fs::read_to_string(project.path("multitenant.toml")).unwrap();
    let refusing = format!("{config}[migrations]\nout_of_order = \"refuse\"\n");
    let project = project.file("multitenant.toml", &refusing);
    project.run(&["migrate"]).code(13).says(&["tenant_a  skipped: 1b sort before", "repair --mark-missing"]);
    project.run(&["migrate", "--dry-run"]).code(13).says(&["tenant_a  refused: 1b"]);
    project.run(&["status", "--check"]).code(1).says(&["behind      1b_late; older than what is applied: 1b_late"]);
    let document = project.run(&["status", "--format", "json"]).code(0).json();
    assert_eq!(document["tenants"][0]["out_of_order"], json!(["1b"]));
    let project = project.file("multitenant.toml", &config);
    project.run(&["migrate", "--dry-run"]).code(0).says(&["1b_late  (older than what is applied)"]);
    project.run(&["migrate"]).code(0).says(&["tenant_a  applied 1b\n"]);
}

#[tokio::test]
async fn what_failed_is_tried_again_alone() {
    let project = shop().await;
    project.sql("create table tenant_b.orders (id int)").await;
    project.run(&["migrate"]).code(10);
    project.sql("drop table tenant_b.orders").await;
    let project = project.migration("tenant/3_more", "create table more (id int);");
    project.run(&["migrate", "tenants", "--retry-failed"]).code(0).says(&[" 1 schema: 1 migrated"]);
    assert_eq!((project.history("tenant_b").await.len(), project.history("tenant_a").await.len()), (3, 2));
    project.run(&["migrate", "tenants", "--retry-failed"]).code(0).says(&[" 0 schemas: nothing to do"]);
    let config = std::fs::read_to_string(project.path("multitenant.toml")).unwrap();
    let project = project.file("multitenant.toml", &format!("{config}[migrations]\nstate_schema = \"\"\n"));
    project.run(&["migrate", "--retry-failed"]).code(3).complains(&["multitenant.toml:5:16", "--retry-failed"]);
}
