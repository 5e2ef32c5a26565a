//! Names of roles: quoted whatever is in them, and refused where PostgreSQL would make others of them.

use multitenant_runtime::{NewTenant, RegistryText, Scope};

use super::{check, create, shop, within};

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_are_names() {
    let mut project = shop().await.shared("2_schema", "ALTER TABLE tenants ADD COLUMN schema_name text;");
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("schema_name"), filter: None };
    project.settings.role_name = "{database}_\"'\\; {schema}";
    project.migrator().migrate(Scope::all()).await.unwrap();
    let schemas = ["we\"ird; x", "it's", "a.b", "{database}", "é $1 \\"];
    for (i, schema) in schemas.iter().enumerate() {
        let tenant = NewTenant::new(format!("t{i}")).unwrap().in_schema(schema).unwrap();
        project.migrator().create_tenant(tenant).await.unwrap();
    }
    project.migrator().migrate(Scope::all()).await.unwrap();
    for (i, schema) in schemas.iter().enumerate() {
        let quoted = |schema: &str| format!("\"{}\"", schema.replace('"', "\"\""));
        let client = within(&project, &format!("{}_\"'\\; {schema}", project.database.name())).await;
        check(&client, &format!("SELECT * FROM {}.users", quoted(schema)), None).await;
        let other = schemas[(i + 1) % schemas.len()];
        check(&client, &format!("SELECT * FROM {}.users", quoted(other)), Some(super::DENIED)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_would_be_others_are_refused() {
    let mut project = shop().await;
    project.settings.schema_name = "{id}";
    project.migrator().migrate(Scope::all()).await.unwrap();
    // The group's, and one that would be cut.
    for (id, word) in [("public_tenants", "the group of all tenants"), (&*"x".repeat(40), "bytes")] {
        let failure = create(&project, id).await.unwrap_err();
        assert!(failure.message.contains(word) && failure.message.contains("isolation.role_name"), "{failure}");
    }
    project.settings.role_name = "{schema}";
    let failure = create(&project, "none").await.unwrap_err();
    assert!(failure.message.contains("isolation.role_name"), "{failure}");
}
