use serde_json::json;

use super::{shop, shop_with};

#[tokio::test]
async fn all_of_them_with_sizes_and_states() {
    let project = shop().await;
    project.run(&["tenant", "list"]).code(0).says(&[" no tenants\n"]);
    project.run(&["tenant", "create", "a", "b", "c", "d"]).code(0);
    project.run(&["tenant", "archive", "b"]).code(0);
    project.sql("drop schema tenant_c cascade; insert into tenant_a.users (name) select repeat('x', 100) from generate_series(1, 5000); analyze tenant_a.users").await;
    let project = project.migration("tenant/2_more", "create table more (id int);");
    project.run(&["migrate", "--tenant", "a"]).code(0);
    let answer = project.run(&["tenant", "list", "--size"]).code(0).says(&["4 tenants, 1 archived, "]);
    let line = |schema: &str| answer.stdout.lines().find(|line| line.contains(schema)).unwrap().to_owned();
    assert!(line("tenant_a ").contains("kB  up to date"), "{answer:?}");
    assert!(line("archived_tenant_b").contains("archived    since 2"), "{answer:?}");
    assert!(line("tenant_c").contains("-       -  missing"), "{answer:?}");
    assert!(line("tenant_d").contains("behind      1 pending"), "{answer:?}");
    let document = project.run(&["tenant", "list", "--size", "--format", "json"]).code(0).json();
    assert_eq!(document["format"], 1);
    let a = &document["tenants"][0];
    assert_eq!(
        (&a["tenant"], &a["schema"], &a["tables"], &a["rows_estimate"]),
        (&json!("a"), &json!("tenant_a"), &json!(2), &json!(5000))
    );
    assert!(a["bytes"].as_u64().unwrap() > 500_000, "{a}");
    let sum = "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c where relkind in ('r', 'S') and relnamespace = 'tenant_a'::regnamespace";
    assert_eq!(a["bytes"].as_i64().unwrap(), project.count(sum).await);
    let without = project.run(&["tenant", "list", "--format", "json"]).code(0).json();
    assert_eq!(without["tenants"][0]["bytes"], json!(null));
}

#[tokio::test]
async fn some_of_them() {
    let project = shop_with(&["eu-1", "eu-2", "us-1"]).await;
    project.run(&["tenant", "archive", "eu-2"]).code(0);
    project.run(&["tenant", "list", "--match", "eu-*"]).code(0).says(&["eu-1", "eu-2", " 2 tenants, 1 archived\n"]);
    // One that is archived is not asked for in vain.
    project.run(&["tenant", "list", "--match", "*-2"]).code(0).says(&[" 1 tenant, 1 archived\n"]);
    project.run(&["tenant", "list", "--tenant", "eu-2,us-1"]).code(0).says(&[" 2 tenants, 1 archived\n"]);
    project.run(&["tenant", "list", "--match", "x*"]).code(4).complains(&["x*"]);
    project.run(&["tenant", "list", "--tenant", "x"]).code(4).complains(&["\"x\""]);
}
