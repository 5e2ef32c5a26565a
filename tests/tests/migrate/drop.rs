//! Dropping tenants: all or nothing, and nothing that is not theirs.

use multitenant_runtime::{
    DroppedTenant, Error, NewTenant, OldTenant, OnDelete, RegistryError, RegistryText, Scope, TenantId,
};

use super::project::Project;

async fn shop() -> Project {
    let mut project = Project::new()
        .await
        .tenants_in_table()
        .shared(
            "1_tenants",
            "CREATE TABLE tenants (id text PRIMARY KEY, archived bool NOT NULL DEFAULT false);
             CREATE TABLE plans (id int PRIMARY KEY); INSERT INTO plans VALUES (1);",
        )
        .tenant(
            "1_users",
            "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE users (id serial PRIMARY KEY, plan int REFERENCES plans, mood mood);
             CREATE VIEW names AS SELECT id FROM users; CREATE FUNCTION f() RETURNS mood LANGUAGE sql AS 'SELECT NULL::mood';",
        );
    project.settings.role_per_tenant = true;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b"] {
        project.migrator().create_tenant(NewTenant::new(id).unwrap()).await.unwrap();
    }
    project
}

async fn drop(project: &Project, id: &str) -> Result<DroppedTenant, Error> {
    project.migrator().drop_tenant(&TenantId::new(id).unwrap()).await
}

/// What is there of a tenant: schema, row, state, role, and rights.
async fn left(project: &Project, id: &str) -> String {
    let sql = format!(
        "SELECT concat_ws(' ', (SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_{id}'), \
         (SELECT count(*) FROM tenants WHERE id = '{id}'), \
         (SELECT count(*) FROM multitenant.targets WHERE tenant = '{id}'), \
         (SELECT count(*) FROM pg_roles WHERE rolname = current_database() || '_tenant_{id}'))"
    );
    project.one(&sql).await
}

const WHOLE: &str = "1 1 1 1";
const NOTHING: &str = "0 0 0 0";

fn failure(result: Result<DroppedTenant, Error>) -> String {
    match result {
        Err(Error::Database(failure)) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_and_a_second_time_there_is_nobody() {
    let project = shop().await;
    let role = format!("{}_tenant_a", project.database.name());
    // What somebody has granted by hand goes too.
    project.sql(&format!("GRANT SELECT ON plans TO \"{role}\"")).await;
    let dropped = drop(&project, "a").await.unwrap();
    assert_eq!(dropped.target.schema().as_str(), "tenant_a");
    assert_eq!((dropped.role.map(|role| role.to_string()), dropped.role_left), (Some(role), None));
    assert_eq!((left(&project, "a").await.as_str(), left(&project, "b").await.as_str()), (NOTHING, WHOLE));
    for id in ["a", "nobody"] {
        let Err(Error::UnknownTenants(ids)) = drop(&project, id).await else { panic!("{id}") };
        assert_eq!(ids[0].as_str(), id);
    }
    project.migrator().create_tenant(NewTenant::new("a").unwrap()).await.unwrap();
    assert_eq!(left(&project, "a").await, WHOLE);
    // Synchronously too, and without its schema.
    project.sql("DROP SCHEMA tenant_a CASCADE").await;
    project.migrator().blocking().drop_tenant(TenantId::new("a").unwrap()).unwrap();
    assert_eq!(left(&project, "a").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_made_of_it_is_not_dropped_with_it() {
    let project = shop().await;
    for (make, what, remove) in [
        ("CREATE TABLE notes (user_id int REFERENCES tenant_a.users)", "constraint", "DROP TABLE notes"),
        ("CREATE VIEW seen AS SELECT id FROM tenant_a.users", "view public.seen", "DROP VIEW seen"),
        ("CREATE TABLE moods (mood tenant_a.mood)", "mood", "DROP TABLE moods"),
        ("CREATE TABLE rows_of (u tenant_a.users)", "table public.rows_of", "DROP TABLE rows_of"),
        ("CREATE TABLE heirs () INHERITS (tenant_a.users)", "heirs", "DROP TABLE heirs"),
        (
            "CREATE FUNCTION g(tenant_a.users) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function public.g",
            "DROP FUNCTION g",
        ),
        (
            "ALTER TABLE plans ADD COLUMN n int DEFAULT nextval('tenant_a.users_id_seq')",
            "plans",
            "ALTER TABLE plans DROP COLUMN n",
        ),
        ("CREATE EXTENSION pg_trgm SCHEMA tenant_a", "extension pg_trgm", "DROP EXTENSION pg_trgm"),
    ] {
        project.sql(make).await;
        let said = failure(drop(&project, "a").await);
        assert!(said.contains(what), "{make}: {said}");
        assert_eq!(left(&project, "a").await, WHOLE, "{make}");
        project.sql(remove).await;
    }
    // So is a row that others refer to.
    project.sql("CREATE TABLE bills (tenant text REFERENCES tenants); INSERT INTO bills VALUES ('a')").await;
    assert!(failure(drop(&project, "a").await).starts_with("23503"));
    assert_eq!(left(&project, "a").await, WHOLE);
    project.sql("DROP TABLE bills").await;
    drop(&project, "a").await.unwrap();
    assert_eq!(project.one("SELECT count(*)::text FROM plans").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_has_something_elsewhere_is_left_and_said() {
    let (project, other) = (shop().await, shop().await);
    let role = format!("{}_tenant_a", project.database.name());
    other.sql(&format!("GRANT SELECT ON plans TO \"{role}\"")).await;
    let dropped = drop(&project, "a").await.unwrap();
    assert_eq!(dropped.role, None);
    assert!(dropped.role_left.unwrap().message.contains("another database"));
    assert_eq!(left(&project, "a").await, "0 0 0 1");
    other.sql(&format!("DROP OWNED BY \"{role}\"")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_tenant_is_waited_for() {
    let project = shop().await;
    // A migration that goes on for a while.
    let slow = project.tenant("2_slow", "SELECT pg_sleep(1); CREATE TABLE more (id int);");
    let migrator = slow.migrator();
    let run = tokio::spawn(async move { migrator.migrate(Scope::tenant(TenantId::new("a").unwrap())).await });
    let at_work = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(1)%' AND state = 'active' \
                   AND datname = current_database()";
    while slow.one(at_work).await != "1" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    drop(&slow, "a").await.unwrap();
    assert_eq!(run.await.unwrap().unwrap().summary().applied, 1, "it came to its end");
    assert_eq!(left(&slow, "a").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_decides_how() {
    let mut project = shop().await;
    project.sql("UPDATE tenants SET archived = true WHERE id = 'a'").await;
    // A query's rows cannot be deleted by themselves.
    project.settings.registry = RegistryText::Query { sql: "SELECT id FROM tenants" };
    let error = drop(&project, "a").await.unwrap_err();
    assert!(matches!(error, Error::Registry(RegistryError::NotDeletable { source: "a query" })), "{error}");
    let b = OldTenant::new(&TenantId::new("b").unwrap());
    let tenant = b.clone().unregistered_by("DELETE FROM tenants WHERE id = 'b'; ");
    project.migrator().drop_tenant(tenant).await.unwrap();
    assert_eq!(left(&project, "b").await, NOTHING);
    // One that the filter leaves out is there all the same.
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: None, filter: Some("NOT archived") };
    let a = OldTenant::new(&TenantId::new("a").unwrap()).left_registered();
    project.migrator().drop_tenant(a).await.unwrap();
    assert_eq!(left(&project, "a").await, "0 1 0 0");
    project.settings.registry = RegistryText::Schemas;
    project.migrator().create_tenant(NewTenant::new("c").unwrap()).await.unwrap();
    drop(&project, "c").await.unwrap();
    assert_eq!(left(&project, "c").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_goes_to_another_tenant_meanwhile_is_not_dropped() {
    let mut project = Project::new()
        .await
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY, schema text);")
        .tenant("1_users", "CREATE TABLE users (id int);");
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("schema"), filter: None };
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b"] {
        project.migrator().create_tenant(NewTenant::new(id).unwrap()).await.unwrap();
    }
    // The drop has read the registry, and waits.
    let client = project.client().await;
    client.batch_execute("BEGIN; LOCK TABLE tenant_a.users IN ACCESS SHARE MODE").await.unwrap();
    let migrator = project.migrator();
    let run = tokio::spawn(async move { migrator.drop_tenant(&TenantId::new("a").unwrap()).await });
    let waits = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'DROP SCHEMA%' AND wait_event_type = 'Lock' \
                 AND datname = current_database()";
    while project.one(waits).await != "1" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let swap = "UPDATE tenants SET schema = CASE id WHEN 'a' THEN 'tenant_b' ELSE 'tenant_a' END; COMMIT";
    client.batch_execute(swap).await.unwrap();
    let dropped = run.await.unwrap().unwrap();
    assert_eq!(dropped.target.schema().as_str(), "tenant_b", "where it is by now");
    assert_eq!(project.one("SELECT string_agg(id || schema, ' ') FROM tenants").await, "btenant_a");
    assert_eq!(project.one("SELECT count(*)::text FROM tenant_a.users").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_go_keeps_the_tenant_whole() {
    let project = shop().await;
    for (make, remove) in [
        (
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER keep BEFORE DELETE ON tenants FOR EACH ROW EXECUTE FUNCTION keep()",
            "DROP TRIGGER keep ON tenants",
        ),
        ("CREATE RULE keep AS ON DELETE TO tenants DO INSTEAD NOTHING", "DROP RULE keep ON tenants"),
    ] {
        project.sql(make).await;
        let said = failure(drop(&project, "a").await);
        assert!(said.contains("still has the tenant"), "{make}: {said}");
        let nothing =
            OldTenant::new(&TenantId::new("a").unwrap()).unregistered_by("DELETE FROM tenants WHERE id = 'a'");
        let said = failure(project.migrator().drop_tenant(nothing).await);
        assert!(said.contains("still has the tenant"), "{make}: {said}");
        assert_eq!(left(&project, "a").await, WHOLE, "{make}");
        project.sql(remove).await;
    }
    drop(&project, "a").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_owns_a_function_of_everybodys_is_left() {
    let project = shop().await;
    let role = format!("{}_tenant_a", project.database.name());
    project
        .sql(&format!(
            "CREATE FUNCTION price() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION price() OWNER TO \"{role}\""
        ))
        .await;
    let dropped = drop(&project, "a").await.unwrap();
    assert!(dropped.role_left.unwrap().message.contains("owns something"));
    assert_eq!(left(&project, "a").await, "0 0 0 1");
    assert_eq!(project.one("SELECT price()::text").await, "1");
    project.sql("ALTER FUNCTION price() OWNER TO CURRENT_USER").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_rows_that_refer_to_it_are_counted() {
    let project = shop().await;
    project
        .sql(
            "ALTER TABLE tenants ADD COLUMN n int, ADD UNIQUE (id, n); UPDATE tenants SET n = 7;
             CREATE TABLE invoices (id serial, tenant text REFERENCES tenants ON DELETE CASCADE);
             INSERT INTO invoices (tenant) VALUES ('a'), ('a'), ('a'), ('b'), (NULL);
             CREATE TABLE \"Notes\" (t text, n int, FOREIGN KEY (t, n) REFERENCES tenants (id, n) ON DELETE SET NULL);
             INSERT INTO \"Notes\" VALUES ('a', 7), ('b', 7), ('a', NULL);
             CREATE TABLE parts (tenant text DEFAULT 'b' REFERENCES tenants ON DELETE SET DEFAULT) PARTITION BY LIST (tenant);
             CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
             CREATE TABLE parts_b PARTITION OF parts DEFAULT;
             INSERT INTO parts VALUES ('a'), ('a'), ('b');
             CREATE TABLE bills (tenant text REFERENCES tenants); INSERT INTO bills VALUES ('b');
             CREATE TABLE none (tenant text REFERENCES tenants ON DELETE CASCADE);
             ALTER TABLE tenant_b.users ADD COLUMN t text DEFAULT 'a' REFERENCES tenants ON DELETE CASCADE;",
        )
        .await;
    let overview = project.migrator().tenant_overview(&TenantId::new("a").unwrap()).await.unwrap();
    let found: Vec<_> = overview.referring.iter().map(|r| (r.table.as_str(), r.rows, r.on_delete)).collect();
    let wanted = [
        ("Notes", Some(1), OnDelete::SetNull),
        ("invoices", Some(3), OnDelete::Cascade),
        ("parts", Some(2), OnDelete::SetDefault),
    ];
    assert_eq!(found, wanted);
    drop(&project, "a").await.unwrap();
    let left = "SELECT concat_ws(' ', (SELECT count(*) FROM invoices), (SELECT count(t) FROM \"Notes\"), \
                (SELECT count(*) FROM parts WHERE tenant = 'b'))";
    assert_eq!(project.one(left).await, "2 2 3", "and so many there were");
}
