use serde_json::json;

use super::{shop, shop_with};

#[tokio::test]
async fn several_at_once_each_by_itself() {
    let project = shop().await;
    project
        .run(&["tenant", "create", "acme", "it's \"é\", b", "--set", "name=O'Neill = x", "--set", "seats=7"])
        .code(0)
        .says(&[
            " tenant_acme  created, applied 1\n",
            " tenant_it's \"é\", b  created, applied 1\n",
            " 2 schemas: 2 created (",
        ]);
    assert_eq!(project.texts("select name || seats from tenants").await, ["O'Neill = x7"; 2]);
    let answer = project.run(&["tenant", "create", "acme", "globex", "--format", "json"]).code(10);
    let document = answer.json();
    assert_eq!(document["targets"][0]["outcome"], "failed");
    assert_eq!(document["targets"][1]["applied"], json!(["1"]));
    assert_eq!((&document["summary"]["applied"], &document["summary"]["failed"]), (&json!(1), &json!(1)));
    project.run(&["tenant", "create", "acme"]).code(11).says(&["the schema tenant_acme exists already"]);
    project.run(&["migrate"]).code(0).says(&["4 up to date"]);
}

#[tokio::test]
async fn what_the_row_lacks_is_said_first() {
    let project = shop().await.migration("shared/2_more", "alter table tenants add code int not null;");
    project.run(&["migrate", "shared"]).code(0);
    project
        .run(&["tenant", "create", "a", "b"])
        .code(13)
        .complains(&["lacks what it must have: code (integer)", "--set"]);
    project
        .run(&["tenant", "create", "a", "--set", "cod=1"])
        .code(13)
        .complains(&["no column \"cod\"", "name, seats, archived_at, code"]);
    project.run(&["tenant", "create", "a", "--set", "code=1); drop table tenants; --"]).code(11).says(&["22P02"]);
    project.run(&["tenant", "create", "a", "--set", "code=1"]).code(0);
    assert_eq!(project.count("select count(*) from pg_namespace where nspname like 'tenant%'").await, 1);
}

#[tokio::test]
async fn an_empty_one_is_behind() {
    let project = shop().await;
    project.run(&["tenant", "create", "a", "--no-migrate"]).code(0).says(&["created, nothing applied"]);
    project.run(&["tenant", "list"]).code(0).says(&["behind  1 pending"]);
    project.run(&["migrate", "--tenant", "a"]).code(0).says(&["1 migrated"]);
}

#[tokio::test]
async fn a_registry_that_cannot_be_written_to_names_the_remedy() {
    let project = shop_with(&["a"]).await;
    let project =
        project.file("multitenant.toml", "[tenants]\nsource = \"query\"\nquery = \"select id from tenants\"\n");
    project.run(&["tenant", "create", "acme"]).code(3).complains(&[
        "since that is this query: insert what makes it give \"acme\"",
        "--unregistered",
        "multitenant.toml:3",
    ]);
    project.run(&["tenant", "create", "acme", "--unregistered"]).code(0);
    project.sql("insert into tenants values ('acme')").await;
    project.run(&["migrate"]).code(0).says(&["3 up to date"]);
    project
        .run(&["tenant", "drop", "acme", "--yes"])
        .code(3)
        .complains(&["delete what makes it give \"acme\"", "--keep-registered"]);
    project.run(&["tenant", "drop", "acme", "--yes", "--keep-registered"]).code(0);
    let project = project.file("multitenant.toml", "[tenants]\nsource = \"list\"\nids = [\"a\"]\n");
    project.run(&["tenant", "create", "b"]).code(3).complains(&["add \"b\" here, then create it"]);
    let project = project.file("multitenant.toml", "[tenants]\nsource = \"list\"\nids = [\"a\", \"b\"]\n");
    project.run(&["tenant", "create", "b"]).code(0);
}

#[tokio::test]
async fn a_schema_of_its_own_name_needs_a_column() {
    let project = shop().await;
    project.run(&["tenant", "create", "a", "--schema", "customer 7"]).code(3).complains(&["tenants.schema_column"]);
    let project = project
        .file("multitenant.toml", "[tenants]\nschema_column = \"place\"\n")
        .migration("shared/2_place", "alter table tenants add place text;");
    project.run(&["migrate"]).code(0);
    project.run(&["tenant", "create", "a", "--schema", "customer 7"]).code(0).says(&[" customer 7  created"]);
    assert_eq!(project.texts("select place from tenants").await, ["customer 7"]);
}
