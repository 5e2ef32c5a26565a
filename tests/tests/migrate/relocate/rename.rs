use multitenant_runtime::{Error, RegistryError, RegistryText, Scope, State};

use super::{NOTHING, WHOLE, id, refusal, shop, standing};
use crate::project::Project;

#[tokio::test(flavor = "multi_thread")]
async fn id_schema_state_and_role_change_and_the_history_stays() {
    let odd = "it's \"é\", a\\b";
    for (old, new) in [("a", "b"), ("b c", odd), (odd, "x"), ("x", &"n".repeat(56))] {
        let mut project = shop(&[old, "other"]).await;
        project.settings.role_name = "{schema}";
        // A role of the longest name is that of one test, and not of one database.
        project.settings.role_per_tenant = false;
        let (from, to) = (format!("tenant_{old}"), format!("tenant_{new}"));
        let history = |schema: &str| {
            format!(
                "SELECT string_agg(version || run_on::text, ',') FROM \"{}\".__diesel_schema_migrations",
                schema.replace('"', "\"\"")
            )
        };
        let before = project.one(&history(&from)).await;
        let renamed = project.migrator().rename_tenant(&id(old), &id(new)).await.unwrap();
        assert_eq!((renamed.from.schema().as_str(), renamed.to.schema().as_str()), (&*from, &*to));
        assert_eq!(standing(&project, old, &from).await[..5], *"0 0 0");
        assert_eq!(standing(&project, new, &to).await[..5], *"1 1 1");
        assert_eq!(project.one(&history(&to)).await, before);
        let plan = project.migrator().plan(Scope::tenants()).await.unwrap();
        assert!(plan.tenants.iter().all(|t| t.state == State::UpToDate && !t.state_row_is_stale()), "{plan:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_role_goes_with_it() {
    let project = shop(&["a"]).await;
    let renamed = project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap();
    assert_eq!(renamed.role.unwrap().as_str(), format!("{}_tenant_b", project.database.name()));
    assert_eq!(
        (standing(&project, "a", "tenant_a").await, standing(&project, "b", "tenant_b").await),
        (NOTHING.into(), WHOLE.into())
    );
    // It is in order: a run finds nothing to do.
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
    let role = format!("{}_tenant_b", project.database.name());
    let client = project.client().await;
    client.batch_execute(&format!("SET ROLE \"{role}\"; SELECT count(*) FROM tenant_b.users")).await.unwrap();
    // A role of the name that it would get is somebody's.
    let other = format!("{}_tenant_c", project.database.name());
    project.sql(&format!("CREATE ROLE \"{other}\"")).await;
    let said = refusal(project.migrator().rename_tenant(&id("b"), &id("c")).await);
    project.sql(&format!("DROP ROLE \"{other}\"")).await;
    assert!(said.contains("there is a role of that name"), "{said}");
    assert_eq!(standing(&project, "b", "tenant_b").await, WHOLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_is_refused() {
    let project = shop(&["a", "b"]).await;
    let rename = async |new: &str| refusal(project.migrator().rename_tenant(&id("a"), &id(new)).await);
    assert!(rename("a").await.contains("called \"a\" already"));
    assert!(rename("b").await.contains("there is a tenant \"b\" already"));
    // One that the filter leaves out has its id too.
    project.migrator().archive_tenant(&id("b")).await.unwrap();
    assert!(rename("b").await.contains("there is a tenant \"b\" already"));
    project.sql("CREATE SCHEMA tenant_c").await;
    assert!(rename("c").await.contains("would be called \"tenant_c\", and there is one"));
    let error = project.migrator().rename_tenant(&id("a"), &id(&"x".repeat(57))).await.unwrap_err();
    assert!(error.to_string().contains("64 bytes"), "{error}");
    let error = project.migrator().rename_tenant(&id("nobody"), &id("d")).await.unwrap_err();
    assert!(matches!(error, Error::UnknownTenants(_)), "{error}");
    assert_eq!(standing(&project, "a", "tenant_a").await, WHOLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_that_would_not_follow_are_named() {
    let project = shop(&["a"]).await;
    project
        .sql(
            "CREATE TABLE bills (tenant text CONSTRAINT bill_of REFERENCES tenants ON DELETE CASCADE); \
             CREATE TABLE follows (tenant text REFERENCES tenants ON UPDATE CASCADE); INSERT INTO follows VALUES ('a')",
        )
        .await;
    let said = refusal(project.migrator().rename_tenant(&id("a"), &id("b")).await);
    assert!(said.contains("\"bill_of\" of public.bills") && !said.contains("follows,"), "{said}");
    project.sql("DROP TABLE bills").await;
    project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap();
    assert_eq!(project.one("SELECT tenant FROM follows").await, "b");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_column_for_the_schema_only_the_id_changes() {
    let mut project = Project::new()
        .await
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY, schema text);")
        .tenant("1_users", "CREATE TABLE users (id int);");
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("schema"), filter: None };
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "c"] {
        project.migrator().create_tenant(multitenant_runtime::NewTenant::new(id).unwrap()).await.unwrap();
    }
    let renamed = project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap();
    assert_eq!(renamed.to.schema().as_str(), "tenant_a");
    assert_eq!(standing(&project, "b", "tenant_a").await, "1 1 1 0");
    // Where the row names none, the schema follows from the id.
    project.sql("UPDATE tenants SET schema = NULL WHERE id = 'c'").await;
    let renamed = project.migrator().rename_tenant(&id("c"), &id("d")).await.unwrap();
    assert_eq!(renamed.to.schema().as_str(), "tenant_d");
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_the_schema_in_its_text_is_told() {
    let project = shop(&["a", "ab"]).await;
    project
        .sql(
            "CREATE FUNCTION named() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tenant_a.users'; \
             CREATE FUNCTION other() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tenant_ab.users'; \
             CREATE VIEW tenant_a.by_number AS SELECT id FROM tenant_a.users; \
             CREATE VIEW tenant_a.by_text AS SELECT to_regclass('tenant_a.users') AS c",
        )
        .await;
    let renamed = project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap();
    assert_eq!(renamed.mentions, ["function named()", "view tenant_b.by_text"]);
    assert_eq!(project.one("SELECT count(*)::text FROM tenant_b.by_number").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_without_rows_cannot_be_changed() {
    let mut project = shop(&["a"]).await;
    for registry in [RegistryText::Query { sql: "SELECT id FROM tenants" }, RegistryText::List { ids: &["a"] }] {
        project.settings.archived_column = "";
        project.settings.registry = registry;
        let error = project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap_err();
        assert!(matches!(error, Error::Registry(RegistryError::NotChangeable { .. })), "{error}");
    }
    // Where the schemas are the registry, there is nothing else to change.
    project.settings.registry = RegistryText::Schemas;
    project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap();
    assert_eq!(
        project.one("SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'").await,
        "tenant_b"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_change_keeps_everything_as_it_was() {
    let project = shop(&["a"]).await;
    project
        .sql(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER keep BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION keep()",
        )
        .await;
    let error = project.migrator().rename_tenant(&id("a"), &id("b")).await.unwrap_err();
    assert!(error.to_string().contains("trigger"), "{error}");
    let error = project.migrator().archive_tenant(&id("a")).await.unwrap_err();
    assert!(error.to_string().contains("trigger"), "{error}");
    assert_eq!(standing(&project, "a", "tenant_a").await, WHOLE);
}
