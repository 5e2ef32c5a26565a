//! Canaries, the pause behind them, and limits on failures.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::project::Project;

async fn shop() -> Project {
    Project::with_tenants(&["a", "b", "c", "d"])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_users", "create table users (id int);")
}

const MIGRATED: &str = "select count(*) from pg_tables where tablename = 'users' and schemaname like 'tenant%'";

/// In this tenant the migration fails.
async fn broken(project: &Project, tenant: &str) {
    project.sql(&format!("create table tenant_{tenant}.users (id int)")).await;
}

#[tokio::test]
async fn canaries_go_first_and_the_others_follow() {
    let project = shop().await;
    project.run(&["migrate", "--canary", "c", "--dry-run"]).code(0).says(&[
        " public  apply 1\n     1_plans\n first the canaries: 1 tenant with something to do\n tenant_c  apply 1\n",
        " then, if none of them fails, the others: 3 tenants with something to do\n tenant_a  apply 1\n",
    ]);
    let document = project.run(&["migrate", "--canary", "c", "--dry-run", "--format", "json"]).code(0).json();
    let waves: Vec<_> = document["targets"].as_array().unwrap().iter().map(|t| t["wave"].clone()).collect();
    assert_eq!(waves, [json!(null), json!(2), json!(2), json!(1), json!(2)]);
    let started = Instant::now();
    project
        .run(&["migrate", "--canary", "c", "--pause", "700ms"])
        .code(0)
        .says(&["5 schemas: 5 migrated"])
        .complains(&["wave 1 is done: 1 tenant\n", "waiting 700 ms before the next wave"]);
    assert!(started.elapsed() >= Duration::from_millis(700));
    let plain = project.run(&["migrate", "--dry-run"]).code(0);
    assert!(!plain.stdout.contains("canaries"), "{plain:?}");
}

#[tokio::test]
async fn a_canary_that_fails_keeps_the_others_from_harm() {
    let project = shop().await;
    broken(&project, "c").await;
    project
        .run(&["migrate", "--canary", "c"])
        .code(10)
        .says(&[
            " tenant_c  failed: 42P07",
            " 5 schemas: 1 migrated, 1 failed, 3 not tried (",
            "); stopped: 1 of the canaries failed\n",
        ])
        .complains(&["wave 1 is done: 1 tenant, 1 failed", "no further tenant is begun: 1 of the canaries failed"]);
    assert_eq!(project.count(MIGRATED).await, 1);
    let document = project.run(&["migrate", "--canary-percent", "75", "--format", "json"]).code(10).json();
    assert_eq!(document["stopped"], json!({ "reason": "canary", "failed": 1 }));
    let outcomes: Vec<_> = document["targets"].as_array().unwrap().iter().map(|t| t["outcome"].clone()).collect();
    assert_eq!(outcomes, ["up-to-date", "applied", "applied", "failed", "not-tried"]);
}

#[tokio::test]
async fn an_unknown_canary_stops_everything_before_it_begins() {
    let project = shop().await;
    project.run(&["migrate", "--canary", "nobody"]).code(4).complains(&["nobody"]);
    project.run(&["migrate", "--canary", "nobody", "--dry-run"]).code(4).complains(&["nobody"]);
    assert_eq!(project.count("select count(*) from pg_tables where tablename = 'plans'").await, 0);
}

#[tokio::test]
async fn a_limit_on_failures_stops_the_run() {
    for (args, not_tried, reason) in [
        (&["--on-error", "stop"][..], "3 not tried", "1 failed, and that is the limit"),
        (&["--max-failures", "2"], "2 not tried", "2 failed, and that is the limit"),
        (&["--max-failures", "50%"], "2 not tried", "2 failed, and that is the limit"),
        (&["--max-failures", "4", "--on-error", "continue"], "4 failed", " ms)\n"),
    ] {
        let project = shop().await;
        for tenant in ["a", "b", "c", "d"] {
            broken(&project, tenant).await;
        }
        let args = [&["migrate", "--jobs", "1"][..], args].concat();
        let answer = project.run(&args);
        assert!(answer.stdout.contains(not_tried) && answer.stdout.contains(reason), "{args:?}: {answer:?}");
    }
}

/// There was nobody left whom it could have kept from being tried.
#[tokio::test]
async fn a_limit_that_is_reached_at_the_end_stops_nothing() {
    let project = shop().await;
    broken(&project, "d").await;
    let args = ["migrate", "--jobs", "1", "--on-error", "stop", "--format", "json"];
    let document = project.run(&args).code(10).json();
    assert_eq!((&document["stopped"], &document["summary"]["not_tried"]), (&json!(null), &json!(0)));
}

#[tokio::test]
async fn waves_go_back_too() {
    let project = shop().await.down("tenant/1_users", "drop table users;");
    project.run(&["migrate"]).code(0);
    project.sql("create view tenant_b.v as select * from tenant_b.users").await;
    project
        .run(&["rollback", "--yes", "--canary", "b"])
        .code(10)
        .says(&["4 schemas: 1 failed, 3 not tried (", "stopped: 1 of the canaries failed"]);
    assert_eq!(project.count(MIGRATED).await, 4);
}
