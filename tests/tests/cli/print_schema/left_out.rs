//! What is not printed, and what is said of it.

use crate::project::Project;

#[tokio::test]
async fn what_is_ours_or_cannot_be_a_table_is_left_out() {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("shared/1_all", "create table plans (id uuid primary key);")
        .migration(
            "tenant/1_all",
            "create table events (id uuid, at date not null, primary key (id, at)) partition by range (at);
             create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
             create table base (id uuid primary key, a text);
             create table heir (b text, primary key (id)) inherits (base);
             create table keyless (a text);
             create view seen as select * from events;",
        )
        .file("seeds/tenant/1.sql", "insert into base values ('6f1dd5a6-8f0c-4a0e-8a87-6c9d8a3f5c11', 'x');")
        .file(
            "multitenant.toml",
            "[tenants]\nsource = \"list\"\nids = [\"a\"]\n[migrations]\ntable = \"history\"\nshared_table = \"shared_history\"\n\
             state_schema = \"state\"\n",
        );
    project.run(&["migrate"]).code(0);
    project.run(&["seed", "--once"]).code(0);
    assert_eq!(project.count("select count(*) from tenant_a.__multitenant_seeds").await, 1);
    for args in [&["print-schema"][..], &["print-schema", "--tenant", "a"]] {
        let answer = project.run(args).code(0).complains(&["the table keyless is left out", "primary key"]);
        let tables: Vec<&str> = answer
            .stdout
            .lines()
            .filter_map(|line| line.trim().strip_suffix(" {")?.split_once(" ("))
            .map(|it| it.0)
            .collect();
        assert_eq!(tables, ["public.plans", "base", "events", "heir"], "{}", answer.stdout);
        assert!(
            answer.stdout.contains("    heir (id) {\n        id -> Uuid,\n        a -> Nullable<Text>,\n        b -> ")
        );
    }
}

#[tokio::test]
async fn a_table_wider_than_diesel_is_told_to_have_is_said() {
    let columns: String = (1..17).map(|i| format!(", c{i} int")).collect();
    let cargo = |features: &str| {
        format!(
            "[package]\nname = \"shop\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
             diesel = {{ version = \"2\", default-features = false, features = [{features}] }}\n"
        )
    };
    let project = Project::with_tenants(&["a"])
        .await
        .migration("tenant/1_all", &format!("create table wide (id int primary key{columns});"));
    assert_eq!(project.run(&["print-schema"]).code(0).stderr, "");
    let project = project.file("Cargo.toml", &cargo("")).file("src/lib.rs", "");
    project
        .run(&["print-schema"])
        .code(0)
        .says(&["wide (id)"])
        .complains(&["the table wide has 17 columns", "`cargo add --package shop diesel --features 32-column-tables`"]);
    let project = project.file("Cargo.toml", &cargo("\"64-column-tables\""));
    assert_eq!(project.run(&["print-schema"]).code(0).stderr, "");
}

#[tokio::test]
async fn one_name_in_both_tiers_needs_two_files() {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("shared/1_all", "create table plans (id uuid primary key); create table logs (id uuid primary key);")
        .migration("tenant/1_all", "create table logs (id uuid primary key, plan_id uuid references public.plans);");
    project
        .run(&["print-schema"])
        .code(2)
        .complains(&["public.logs and logs would both be the module `logs`", "tenant_file"]);
    let files = "shared_file = \"src/common.rs\"\ntenant_file = \"src/tenant.rs\"";
    let project = super::configured(project, files);
    project.run(&["print-schema"]).code(0);
    let tenant = super::read(&project, "src/tenant.rs");
    for expected in [
        "use super::common::{logs as shared_logs, plans};\n",
        "diesel::joinable!(logs -> plans (plan_id));\n",
        "diesel::allow_tables_to_appear_in_same_query!(shared_logs, plans, logs,);\n",
        "multitenant_runtime::tenant_tables! { logs }\n",
    ] {
        assert!(tenant.contains(expected), "{expected}{tenant}");
    }
    // Modules that do not lie beside each other cannot name each other.
    let project = super::configured(project, "shared_file = \"src/common/mod.rs\"\ntenant_file = \"src/tenant.rs\"");
    project.run(&["print-schema"]).code(0).complains(&["joins of tenants' tables with shared ones are left out"]);
    assert!(!super::read(&project, "src/tenant.rs").contains("super::"));
}

#[tokio::test]
async fn what_fails_is_said_and_nothing_is_left() {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("tenant/1_all", "create table a (id int primary key);\nselect nope();");
    project.run(&["print-schema"]).code(11).complains(&["42883", "up.sql:2:8"]);
    project.run(&["print-schema", "--tenant", "a"]).code(0);
    let mut command = project.command(&["print-schema"]);
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    crate::project::answer(command).code(20);
    project.sql("drop schema tenant_a").await;
    project.run(&["print-schema", "--tenant", "a"]).code(2).complains(&["there is no schema tenant_a"]);
}
