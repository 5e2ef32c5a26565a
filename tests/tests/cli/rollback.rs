//! `rollback` and `redo`: what they revert, what they ask, and what they never do.

use serde_json::json;

use crate::project::Project;

async fn shop() -> Project {
    let project = Project::with_tenants(&["a", "b", "c"])
        .await
        .migration("shared/2026-10-01-090000_plans", "create table plans (id int);")
        .down("shared/2026-10-01-090000_plans", "drop table plans;")
        .migration("tenant/2026-11-01-090000_users", "create table users (id int);")
        .down("tenant/2026-11-01-090000_users", "drop table users;")
        .migration("tenant/2026-11-02-090000_orders", "create table orders (id int);")
        .down("tenant/2026-11-02-090000_orders", "drop table orders;");
    project.run(&["migrate"]).code(0);
    project
}

const HISTORY: &str = "select (select count(*) from tenant_a.__diesel_schema_migrations) * 100 \
    + (select count(*) from tenant_b.__diesel_schema_migrations) * 10 \
    + (select count(*) from tenant_c.__diesel_schema_migrations)";

#[tokio::test]
async fn nothing_is_reverted_without_consent() {
    let project = shop().await;
    project.run(&["rollback"]).code(13).complains(&[
        " tenant_a  revert 1\n     2026-11-02-090000_orders\n",
        " 3 schemas: 3 to be rolled back by 3 migrations\n",
        "`rollback` asks",
        "--yes",
    ]);
    project.run(&["redo"]).code(13).complains(&["`redo` asks", "--yes"]);
    let document = project.run(&["rollback", "--dry-run", "--format", "json"]).code(0).json();
    assert_eq!(document["targets"][0]["steps"], json!([{ "do": "revert", "version": "20261102090000" }]));
    assert_eq!(project.count(HISTORY).await, 222);
    assert_eq!(project.count("select count(*) from pg_tables where tablename = 'orders'").await, 3);
}

#[tokio::test]
async fn one_step_of_every_tenant_is_the_default() {
    let project = shop().await;
    project
        .run(&["rollback", "--yes"])
        .code(0)
        .says(&[" tenant_a  reverted 20261102090000\n", " 3 schemas: 3 rolled back ("]);
    assert_eq!(project.count(HISTORY).await, 111);
    assert_eq!(project.history("public").await.len(), 1);
    assert_eq!(project.count("select count(*) from pg_tables where tablename = 'orders'").await, 0);
    project.run(&["status"]).code(0).says(&["3 tenants: 3 behind"]);
    // Forward again, and both at once.
    project.run(&["migrate"]).code(0).says(&["4 schemas: 3 migrated, 1 up to date"]);
    project
        .run(&["rollback", "--steps", "5", "-y", "--jobs", "2"])
        .code(0)
        .says(&[" tenant_b  reverted 2: 20261102090000 to 20261101090000\n"]);
    project.run(&["rollback", "--yes"]).code(0).says(&[" 3 schemas: 3 up to date"]);
    // Without anything to do nobody is asked.
    project.run(&["rollback"]).code(0).says(&[" 3 schemas: 3 up to date"]);
}

#[tokio::test]
async fn a_version_stays_however_it_is_written() {
    for to in ["20261101090000", "2026-11-01-090000", "2026-11-01-090000_users"] {
        let project = shop().await;
        project
            .run(&["rollback", "--to", to, "--tenant", "b", "--yes"])
            .code(0)
            .says(&[" tenant_b  reverted 20261102090000\n 1 schema: 1 rolled back"]);
        assert_eq!(project.count(HISTORY).await, 212);
        project.run(&["rollback", "--match", "[ac]", "--yes"]).code(4).complains(&["[ac]"]);
        project.run(&["rollback", "--match", "?", "--to", to, "--yes"]).code(0).says(&["2 rolled back, 1 up to date"]);
        project.run(&["rollback", "--to", "3_nothing", "--yes"]).code(4).complains(&["version 3"]);
        assert_eq!(project.count(HISTORY).await, 111);
    }
}

#[tokio::test]
async fn without_a_way_back_nothing_is_done_at_all() {
    let project = shop().await.migration("tenant/2026-11-03-090000_more", "create table more (id int);");
    project.run(&["migrate", "--tenant", "b"]).code(0);
    for down in [None, Some(""), Some("-- nothing\n"), Some("drop table 'x")] {
        if let Some(down) = down {
            std::fs::write(project.path("migrations/tenant/2026-11-03-090000_more/down.sql"), down).unwrap();
        }
        for args in [&["rollback", "--yes"][..], &["rollback"], &["rollback", "--dry-run"], &["redo", "--yes"]] {
            project.run(args).code(13).complains(&["2026-11-03-090000_more", "down.sql"]);
        }
    }
    assert_eq!(project.count(HISTORY).await, 232);
    let project = project.down("tenant/2026-11-03-090000_more", "drop table more;");
    project.run(&["rollback", "--yes"]).code(0);
    assert_eq!(project.count(HISTORY).await, 121);
}

#[tokio::test]
async fn the_shared_schema_comes_last_and_only_if_all_is_well() {
    let project = shop().await;
    project.sql("create view tenant_b.v as select * from tenant_b.orders").await;
    let answer = project.run(&["rollback", "all", "--yes"]).code(10).says(&[
        " tenant_b  failed: 2BP01",
        "--> migrations/tenant/2026-11-02-090000_orders/down.sql:1",
        " 4 schemas: 2 rolled back, 1 failed, 1 not tried",
    ]);
    assert!(!answer.stdout.contains("public"), "{answer:?}");
    assert_eq!(project.history("public").await.len(), 1);
    project.sql("drop view tenant_b.v").await;
    project
        .run(&["rollback", "all", "--yes", "--steps", "9"])
        .code(0)
        .says(&[" public  reverted 20261001090000\n", " 4 schemas: 4 rolled back"]);
    assert_eq!(project.count("select count(*) from pg_tables where tablename in ('plans', 'users')").await, 0);
    project.run(&["migrate"]).code(0);
    project.run(&["rollback", "shared", "--yes"]).code(0).says(&[" 1 schema: 1 rolled back"]);
    assert_eq!(project.count(HISTORY).await, 222);
}

#[tokio::test]
async fn json_says_what_was_reverted() {
    let project = shop().await;
    let document = project.run(&["rollback", "--yes", "--steps", "2", "--format", "json"]).code(0).json();
    let target = &document["targets"][0];
    assert_eq!(target["outcome"], "reverted");
    assert_eq!(target["reverted"], json!(["20261102090000", "20261101090000"]));
    assert!(target.get("applied").is_none() && target.get("recorded").is_none(), "{target}");
    assert_eq!((&document["summary"]["reverted"], &document["stopped"]), (&json!(3), &json!(null)));
    project.run(&["migrate"]).code(0);
    let document = project.run(&["redo", "--yes", "--tenant", "c", "--format", "json"]).code(0).json();
    let target = &document["targets"][0];
    assert_eq!(target["outcome"], "applied");
    assert_eq!((&target["reverted"], &target["applied"]), (&json!(["20261102090000"]), &json!(["20261102090000"])));
    assert_eq!((&document["summary"]["reverted"], &document["summary"]["applied"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn a_migration_is_redone() {
    let project = shop().await;
    project.sql("insert into tenant_a.orders values (1)").await;
    project
        .run(&["redo", "--yes"])
        .code(0)
        .says(&[" tenant_a  reverted 20261102090000, applied 20261102090000\n", " 3 schemas: 3 redone ("]);
    assert_eq!(project.count("select count(*) from tenant_a.orders").await, 0);
    project.run(&["redo", "shared", "--yes"]).code(0).says(&[" public  reverted 20261001090000, applied"]);
    project.run(&["redo", "--dry-run"]).code(0).says(&[
        " tenant_a  revert 1, apply 1\n     revert 2026-11-02-090000_orders\n     apply 2026-11-02-090000_orders\n",
        "3 to be rolled back by 3 migrations and migrated again; nothing was written",
    ]);
}

#[tokio::test]
async fn an_unknown_or_edited_migration_is_not_reverted() {
    let project = shop().await.migration("tenant/2026-11-02-090000_orders", "create table orders (id bigint);");
    project.run(&["rollback", "--yes"]).code(13).says(&[" tenant_a  skipped: ", "repair --accept-edited"]);
    std::fs::remove_dir_all(project.path("migrations/tenant/2026-11-02-090000_orders")).unwrap();
    project.run(&["rollback", "--yes"]).code(13).says(&[" tenant_a  skipped: ", "repair --forget-unknown"]);
    assert_eq!(project.count(HISTORY).await, 222);
}
