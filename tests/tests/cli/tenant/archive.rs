use serde_json::json;

use super::shop_with;

#[tokio::test]
async fn away_and_back() {
    let project = shop_with(&["a", "b"]).await;
    project
        .run(&["tenant", "archive", "a"])
        .code(0)
        .says(&[" a  archived: its schema tenant_a is now archived_tenant_a\n"]);
    project.run(&["tenant", "archive", "a"]).code(13).complains(&["is archived already, since"]);
    project.run(&["status"]).code(0).says(&["1 tenant: 1 up to date"]);
    project.run(&["migrate", "--tenant", "a"]).code(4);
    let project = project.migration("tenant/2_more", "create table more (id int);");
    project.run(&["migrate"]).code(0);
    project.run(&["tenant", "restore", "a"]).code(0).says(&[
        " a  restored: its schema is tenant_a\n     1 migration behind: cargo multitenant migrate --tenant a\n",
    ]);
    project.run(&["tenant", "restore", "a"]).code(13).complains(&["is not archived"]);
    project.run(&["migrate", "--tenant", "a"]).code(0).says(&["1 migrated"]);
    let document = project.run(&["tenant", "archive", "a", "--format", "json"]).code(0).json();
    assert_eq!((&document["schema"], &document["archived_schema"]), (&json!("tenant_a"), &json!("archived_tenant_a")));
    let document = project.run(&["tenant", "restore", "a", "--format", "json"]).code(0).json();
    assert_eq!((&document["tenant"], &document["pending"]), (&json!("a"), &json!([])));
}

#[tokio::test]
async fn a_registry_without_such_a_column_names_the_remedy() {
    let project = shop_with(&["a"]).await.file("multitenant.toml", "");
    project.run(&["tenant", "archive", "a"]).code(3).complains(&["ADD COLUMN archived_at", "tenants.archived_column"]);
    let project = project.file("multitenant.toml", "[tenants]\nsource = \"schemas\"\narchived_column = \"x\"\n");
    project.run(&["tenant", "archive", "a"]).code(3).complains(&["belongs to source = \"table\""]);
    let project = project.file("multitenant.toml", "[tenants]\narchived_column = \"name\"\n");
    project.run(&["tenant", "archive", "a"]).code(3).complains(&["of the type text, which takes no time"]);
    let project = project.file("multitenant.toml", "[tenants]\narchived_schema = \"{schema}\"\n");
    project.run(&["tenant", "archive", "a"]).code(3).complains(&["archived_{schema}"]);
    assert_eq!(project.texts("select id from tenants").await, ["a"]);
}
