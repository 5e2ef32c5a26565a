use serde_json::json;

use super::shop_with;

#[tokio::test]
async fn says_what_became_of_it() {
    let project = shop_with(&["a", "b"]).await;
    project.sql("create function f() returns bigint language sql as 'select count(*) from tenant_a.users'").await;
    let answer = project
        .run(&["tenant", "rename", "a", "it's é"])
        .code(0)
        .says(&[" a  renamed to it's é: its schema tenant_a is now tenant_it's é, its role "]);
    answer.complains(&["TenantPool::fence", "warning: function f() names the schema \"tenant_a\" in its text"]);
    project.run(&["status"]).code(0).says(&["tenant_it's é", "2 tenants: 2 up to date"]);
    let document = project.run(&["tenant", "rename", "it's é", "c", "--format", "json"]).code(0).json();
    assert_eq!(document["from"], json!({ "tenant": "it's é", "schema": "tenant_it's é" }));
    assert_eq!(document["to"], json!({ "tenant": "c", "schema": "tenant_c" }));
    assert_eq!((&document["format"], &document["mentions"]), (&json!(1), &json!([])));
    assert!(document["role"].as_str().unwrap().ends_with("_tenant_c"), "{document}");
}

#[tokio::test]
async fn says_why_not() {
    let project = shop_with(&["a", "b"]).await;
    project.run(&["tenant", "rename", "a", "b"]).code(13).complains(&["there is a tenant \"b\" already"]);
    project.run(&["tenant", "rename", "x", "y"]).code(4).complains(&["\"x\""]);
    project.run(&["tenant", "rename", "a", &"x".repeat(57)]).code(3).complains(&["64 bytes"]);
    project.sql("create table bills (tenant text references tenants)").await;
    project.run(&["tenant", "rename", "a", "c"]).code(13).complains(&["public.bills", "ON UPDATE CASCADE"]);
    let project =
        project.file("multitenant.toml", "[tenants]\nsource = \"query\"\nquery = \"select id from tenants\"\n");
    project.run(&["tenant", "rename", "a", "c"]).code(3).complains(&["a query", "ALTER SCHEMA"]);
    assert_eq!(project.texts("select id from tenants order by 1").await, ["a", "b"]);
}
