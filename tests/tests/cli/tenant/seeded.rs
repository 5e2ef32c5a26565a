use serde_json::json;

use crate::project::Project;

use super::shop;

async fn seeded() -> Project {
    shop()
        .await
        .file("seeds/shared/01_none.sql", "select 1 / 0")
        .file(
            "seeds/tenant/01_first.sql",
            "insert into users (name) select id || ' in ' || current_schema() from tenants;",
        )
        .file("seeds/tenant/02_more.sql", "insert into users (name) values ('more');")
        .file("seeds/tenant/dev/01_dev.sql", "insert into users (name) values ('dev');")
}

const NAMES: &str = "select string_agg(name, ',' order by id) from tenant_a.users";

/// Schemas, rows and roles.
const ALL: &str = "select (select count(*) from pg_namespace where nspname like 'tenant%') + (select count(*) from tenants) + \
                   (select count(*) from pg_roles where starts_with(rolname::text, current_database() || '_tenant'))";

#[tokio::test]
async fn seeds_come_with_the_tenant_and_once_leaves_them_out() {
    let project = seeded().await;
    project
        .run(&["tenant", "create", "a"])
        .code(0)
        .says(&[" tenant_a  created, applied 1, seeded 2: 01_first.sql to 02_more.sql\n", " 1 schema: 1 created ("]);
    assert_eq!(project.texts(NAMES).await, ["a in tenant_a,more"]);
    project.run(&["seed", "tenants", "--once"]).code(0).says(&["1 up to date"]);
    project.run(&["tenant", "create", "b", "--env", "dev"]).code(0).says(&["seeded 3: 01_first.sql to dev/01_dev.sql"]);
    let document = project.run(&["tenant", "create", "c", "d", "--no-seed", "--format", "json"]).code(0).json();
    assert_eq!((&document["targets"][0]["applied"], &document["targets"][0]["seeded"]), (&json!(["1"]), &json!([])));
    project.run(&["tenant", "create", "e", "--no-migrate"]).code(0).says(&["created, nothing applied"]);
    assert_eq!(project.count("select count(*) from pg_class where relname = '__multitenant_seeds'").await, 2);
    project.run(&["tenant", "create", "f", "--env", "nowhere"]).code(4).complains(&["no seed is of the environment"]);
    for no in ["--no-seed", "--no-migrate"] {
        project.run(&["tenant", "create", "f", no, "--env", "dev"]).code(2);
    }
    assert_eq!(project.count("select count(*) from tenants").await, 5);
}

#[tokio::test]
async fn one_that_fails_leaves_nothing_and_names_its_line() {
    let project =
        seeded().await.file("seeds/tenant/03_bad.sql", "select 1;\nselect 1 / (current_schema() <> 'tenant_b')::int");
    let document = project.run(&["tenant", "create", "a", "b", "--format", "json"]).code(10).json();
    let failure = &document["targets"][1]["failure"];
    assert_eq!((&failure["sqlstate"], &failure["line"]), (&json!("22012"), &json!(2)), "{document}");
    assert_eq!((&failure["migration"], &failure["file"]), (&json!(null), &json!("seeds/tenant/03_bad.sql")));
    assert_eq!(
        (&document["targets"][0]["seeded"][2], &document["targets"][1]["seeded"]),
        (&json!("03_bad.sql"), &json!([]))
    );
    assert_eq!(project.count(ALL).await, 3);
    project
        .run(&["tenant", "create", "b"])
        .code(11)
        .says(&["tenant_b  failed: 22012", "--> seeds/tenant/03_bad.sql:2"]);
    assert_eq!(project.count(ALL).await, 3);
    // What cannot be a seed is refused before anything is done.
    let project = project.file("seeds/tenant/03_bad.sql", "select 1;\ncommit;");
    project
        .run(&["tenant", "create", "c"])
        .code(3)
        .complains(&["seeds/tenant/03_bad.sql:2:1: `COMMIT` cannot be used in a seed"]);
    project.run(&["tenant", "create", "c", "--no-seed"]).code(0);
}
