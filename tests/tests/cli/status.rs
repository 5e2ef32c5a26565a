//! `status`: the table, the document, and `--check`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project::Project;

async fn shop() -> Project {
    Project::with_tenants(&["acme", "globex"])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/2026-11-01-090000_users", "create table users (id int);")
}

#[tokio::test]
async fn tells_what_is_pending_and_writes_nothing() {
    let project = shop().await;
    let answer = project.run(&["status"]).code(0);
    assert_eq!(
        answer.stdout,
        " schema         applied  pending  state
 public               0        1  behind  1_plans
 tenant_acme          0        1  behind  2026-11-01-090000_users
 tenant_globex        0        1  behind  2026-11-01-090000_users
 2 tenants: 2 behind
"
    );
    assert_eq!(project.count("select count(*) from pg_tables where schemaname !~ '^(pg_|information)'").await, 0);
    project.run(&["migrate", "--tenant", "acme"]).code(0);
    let pending = project.run(&["status", "tenants", "--pending"]).code(0).says(&["2 tenants: 1 up to date, 1 behind"]);
    assert!(!pending.stdout.contains("acme"), "{pending:?}");
}

#[tokio::test]
async fn json_has_every_field() {
    let project = shop().await;
    project.run(&["migrate"]).code(0);
    let project = project.tenants(&["acme", "lost"]).migration("tenant/2026-11-02-090000_orders", "create table o ();");
    let document = project.run(&["status", "--format", "json"]).code(0).json();
    let target = |tenant: Value, schema: &str, state: &str, applied: Value, pending: Value| {
        json!({
            "tenant": tenant, "schema": schema, "state": state, "applied": applied, "pending": pending,
            "unknown": [], "edited": [], "out_of_order": [], "last_failure": null, "state_row_is_stale": false,
        })
    };
    assert_eq!(
        document,
        json!({
            "format": 1,
            "shared": target(Value::Null, "public", "up-to-date", json!(["1"]), json!([])),
            "tenants": [
                target(json!("acme"), "tenant_acme", "behind", json!(["20261101090000"]), json!(["20261102090000"])),
                target(json!("lost"), "tenant_lost", "missing", json!([]), json!(["20261101090000", "20261102090000"])),
            ],
            "summary": {
                "tenants": 2, "up_to_date": 0, "behind": 1, "ahead": 0, "edited": 0, "failed": 0, "missing": 1,
            },
        })
    );
}

#[tokio::test]
async fn without_shared_migrations_there_is_no_shared_schema() {
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_users", "create table users (id int);");
    assert_eq!(project.run(&["status", "--format", "json"]).code(0).json()["shared"], Value::Null);
}

#[tokio::test]
async fn an_older_checkout_sees_that_it_is_behind_the_database() {
    let project = shop().await.migration("tenant/2026-11-02-090000_orders", "create table o ();");
    project.run(&["migrate"]).code(0);
    std::fs::remove_dir_all(project.path("migrations/tenant/2026-11-02-090000_orders")).unwrap();
    project.run(&["status"]).code(0).says(&["ahead       not in this project: 20261102090000\n", "2 tenants: 2 ahead"]);
    project.run(&["status", "--check"]).code(0);
    project
        .run(&["migrate"])
        .code(0)
        .says(&["tenant_acme and 1 more  ahead: 1 migration that this project does not have, up to 20261102090000\n"]);
}

#[tokio::test]
async fn versions_that_only_the_application_has_keep_the_command_line_from_nothing() {
    use multitenant_runtime::{
        FunctionResult, MigrationSet, Migrator, RegistryText, RustMigration, Scope, Settings, SettingsText, Tier,
    };

    let project = shop().await.migration("tenant/2026-11-02-090000_orders", "create table o ();");
    let folder = |tier| MigrationSet::from_folder(tier, &project.path(&format!("migrations/{tier}"))).unwrap();
    let settings = SettingsText { registry: RegistryText::Schemas, ..SettingsText::DEFAULT };
    let function = RustMigration::new("2026-11-01-000000_fill", async |_: &mut _| -> FunctionResult { Ok(()) });
    let application =
        Migrator::from_sets(Some(folder(Tier::Shared)), folder(Tier::Tenant), Settings::try_from(settings).unwrap());
    let application = application.database_url(project.url()).tenant_migration(function).build().unwrap();
    application.migrate(Scope::all()).await.unwrap();

    project.run(&["status"]).code(0).says(&["not in this project: 20261101000000"]);
    project.run(&["status", "--check"]).code(0);
    let project = project.migration("tenant/2026-11-03-090000_items", "create table i ();");
    project.run(&["status", "--check"]).code(1);
    project.run(&["migrate"]).code(0).says(&["2 migrated"]);
    project.run(&["status", "--check"]).code(0);
}

#[tokio::test]
async fn hostile_ids_do_nothing_to_the_terminal_and_stay_in_json() {
    let ids = ["é", "a\"b", "a\u{1b}[31mb\n", "漢字"];
    let project = Project::with_tenants(&ids).await.migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0);
    let answer =
        project.run(&["status", "--color", "always"]).code(0).says(&["tenant_a\\u{1b}[31mb\\n ", "tenant_a\"b "]);
    assert!(!answer.stdout.contains("\u{1b}[31mb"));
    let columns: Vec<_> = answer.stdout.lines().take(5).map(|line| line.split("\u{1b}[").next().unwrap()).collect();
    assert!(columns.iter().skip(1).all(|line| line.ends_with("        0  ")), "{columns:?}");
    let document = project.run(&["status", "--format", "json", "--color", "never"]).code(0).json();
    let tenants: Vec<_> =
        document["tenants"].as_array().unwrap().iter().map(|t| t["tenant"].as_str().unwrap()).collect();
    assert_eq!(tenants, ids);
    project.run(&["status", "--tenant", ids[2]]).code(0).says(&["1 tenant: 1 up to date"]);
}

#[tokio::test]
async fn check_answers_and_waits() {
    let project = shop().await;
    project.run(&["status", "--check"]).code(1);
    project.run(&["status", "--wait", "1s"]).code(2);
    let started = Instant::now();
    project.run(&["status", "--check", "--wait", "1s"]).code(1);
    assert!(started.elapsed() >= Duration::from_secs(1));

    let mut command = project.command(&["status", "--check", "--wait", "60s"]);
    let waiting = command.stdout(Stdio::null()).spawn().unwrap();
    project.run(&["migrate"]).code(0);
    let mut waiting = waiting;
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn the_last_failure_is_told_until_it_is_over() {
    let project = shop().await.migration("tenant/2026-11-02-090000_orders", "select 1;\ncreate table orders ();");
    project.sql("create table tenant_globex.orders ()").await;
    project.run(&["migrate"]).code(10);
    project.run(&["status"]).code(0).says(&[
        " tenant_globex        1        1  failed      42P07 relation \"orders\" already exists \
         (2026-11-02-090000_orders)\n",
        "2 tenants: 1 up to date, 1 failed",
    ]);
    let document = project.run(&["status", "--format", "json"]).code(0).json();
    let target = &document["tenants"][1];
    assert_eq!((&target["state"], &target["pending"]), (&json!("failed"), &json!(["20261102090000"])));
    assert_eq!(
        target["last_failure"],
        json!({
            "class": "permanent", "sqlstate": "42P07", "migration": "20261102090000", "file": null, "line": null,
            "column": null, "message": "relation \"orders\" already exists", "detail": null, "hint": null,
        })
    );
    assert_eq!(document["summary"]["failed"], 1);
    project.run(&["status", "--check"]).code(1);
    project.sql("drop table tenant_globex.orders").await;
    project.run(&["migrate"]).code(0);
    project.run(&["status", "--check"]).code(0).says(&["2 tenants: 2 up to date"]);
}

#[tokio::test]
async fn a_row_of_the_state_table_that_is_stale_is_told_until_it_is_mended() {
    let project = shop().await.migration("tenant/2026-11-02-090000_orders", "create table if not exists orders ();");
    let stale = || {
        let document = project.run(&["status", "--format", "json"]).code(0).json();
        let targets = [&document["shared"], &document["tenants"][0], &document["tenants"][1]];
        targets.map(|target| target["state_row_is_stale"].as_bool().unwrap())
    };
    assert_eq!(stale(), [false; 3], "there is no table yet");
    project.run(&["migrate"]).code(0);
    assert_eq!(stale(), [false; 3]);
    project.sql("update multitenant.targets set digest = 'of another history' where schema_name = 'tenant_acme'").await;
    project.sql("delete from tenant_globex.__diesel_schema_migrations where version = '20261102090000'").await;
    let rows = "select t::text from multitenant.targets t order by 1";
    let before = project.texts(rows).await;
    project.run(&["status"]).code(0).says(&[
        " tenant_acme          2        0  up to date  its row in the state table is stale\n",
        " tenant_globex        1        1  behind      2026-11-02-090000_orders; its row in the state table is stale\n",
    ]);
    assert_eq!(stale(), [false, true, true]);
    assert_eq!(project.texts(rows).await, before, "looking mends nothing");
    // By itself it is nothing to do.
    project.run(&["status", "--check", "--tenant", "acme"]).code(0);
    project.run(&["migrate"]).code(0);
    assert_eq!(stale(), [false; 3]);
    // Another schema under the same name.
    project
        .sql(
            "create schema copy; create table copy.__diesel_schema_migrations as table \
             tenant_acme.__diesel_schema_migrations; drop schema tenant_acme cascade; alter schema copy rename to tenant_acme",
        )
        .await;
    assert_eq!(stale(), [false, true, false]);
    // What this project does not know, a row of another release may well say.
    project.sql("insert into tenant_acme.__diesel_schema_migrations (version) values ('9')").await;
    assert_eq!(stale(), [false; 3]);
}

#[tokio::test]
async fn check_is_content_only_with_what_migrate_would_be() {
    let history = "__diesel_schema_migrations";
    for (sql, state) in [
        (format!("update tenant_acme.{history} set multitenant_checksum = 'sha256:00'"), "edited"),
        (format!("update tenant_acme.{history} set multitenant_format = 2"), "up-to-date"),
        (format!("delete from tenant_acme.{history}"), "behind"),
        (format!("alter table tenant_acme.{history} drop column version"), "failed"),
        ("drop schema tenant_acme cascade".to_owned(), "missing"),
    ] {
        let project = shop().await;
        project.run(&["migrate"]).code(0);
        project.run(&["status", "--check"]).code(0);
        project.sql(&sql).await;
        project.run(&["status"]).code(0);
        let document = project.run(&["status", "--check", "--format", "json"]).code(1).json();
        assert_eq!(document["tenants"][0]["state"], state, "{sql}");
        assert_ne!(project.run(&["migrate"]).code, Some(0).filter(|_| state != "behind"), "{sql}");
    }
}

/// One of them is no schema's name, one has an odd history, and the third is migrated.
#[tokio::test]
async fn tenants_that_cannot_be_used_fail_alone() {
    let long = "x".repeat(60);
    let project = shop().await.tenants(&["acme", "globex", &long]);
    project.sql("create table tenant_globex.__diesel_schema_migrations (id int)").await;
    project.run(&["migrate", "--dry-run"]).code(10).says(&[
        &format!(" tenant \"{long}\"  refused: "),
        " tenant_globex  refused: \"tenant_globex\".\"__diesel_schema_migrations\" does not have the columns",
    ]);
    project.run(&["migrate"]).code(10).says(&[
        " tenant_acme  applied 20261101090000\n",
        " tenant_globex  failed: \"tenant_globex\".",
        &format!(" tenant \"{long}\"  failed: the tenant \"{long}\" of the registry cannot be used"),
        "4 schemas: 2 migrated, 2 failed",
    ]);
    let document = project.run(&["migrate", "--format", "json"]).code(10).json();
    let target = &document["targets"][3];
    assert_eq!((&target["tenant"], &target["schema"]), (&json!(long), &Value::Null));
    assert_eq!((&target["outcome"], &target["failure"]["class"]), (&json!("failed"), &json!("refused")));

    project.run(&["status"]).code(0).says(&["3 tenants: 1 up to date, 2 failed"]);
    let document = project.run(&["status", "--check", "--format", "json"]).code(1).json();
    for (i, schema, class) in [(1, json!("tenant_globex"), "permanent"), (2, Value::Null, "refused")] {
        let target = &document["tenants"][i];
        assert_eq!((&target["schema"], &target["state"]), (&schema, &json!("failed")));
        assert_eq!(target["last_failure"]["class"], class);
        assert_eq!(target["pending"], json!([]));
    }
    project.run(&["migrate", "--tenant", &long]).code(11);
    project.run(&["migrate", "--tenant", "acme"]).code(0);
}

#[tokio::test]
async fn a_reader_who_goes_away_is_no_error() {
    let project = shop().await;
    let mut command = project.command(&["status"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}
