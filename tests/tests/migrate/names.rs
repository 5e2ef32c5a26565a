//! Ids as attacks: whatever PostgreSQL can quote is a tenant of its own, and nothing else.

use multitenant_runtime::{NewTenant, Scope};

use super::project::Project;

const IDS: [&str; 14] = [
    "acme",
    "Acme",
    "a\"b",
    "A-b",
    "é",
    "a b",
    "a,b",
    "nosuch,tenant_victim",
    "x'; DROP SCHEMA public CASCADE; --",
    "x\"; DROP SCHEMA public CASCADE; --",
    "$user",
    "\\",
    "{id}",
    "\u{202e}abc\n",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_id_gets_a_schema_of_its_own() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_who", "CREATE TABLE who AS SELECT current_schema()::text AS schema;");
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    for id in IDS {
        migrator.create_tenant(NewTenant::new(id).unwrap()).await.unwrap_or_else(|error| panic!("{id:?}: {error}"));
    }
    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().up_to_date, IDS.len() + 1);
    let client = project.client().await;
    for target in report.targets.iter().filter(|t| t.target.tenant().is_some()) {
        let sql = format!("SELECT schema FROM {}.who", target.target.schema().quoted());
        let schema: String = client.query_one(&sql, &[]).await.unwrap().get(0);
        assert_eq!(schema, target.target.schema().as_str());
    }
    // Nothing fell through, and nobody dropped `public`.
    let public = "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public' AND tablename = 'tenants'";
    assert_eq!(project.one(public).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_search_path_would_misread_is_refused() {
    let mut project = Project::new().await.tenant("1_users", "CREATE TABLE users (id int);");
    project.settings.schema_name = "{id}";
    let error = project.migrator().create_tenant(NewTenant::new("$user").unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("search_path"), "{error}");
    assert!(multitenant_runtime::SchemaName::new("$user").is_err());
}
