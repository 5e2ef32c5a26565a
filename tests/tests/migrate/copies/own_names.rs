//! A copy that names the original's schema in a text would read and write the original.

use multitenant_runtime::{CloneOptions, TenantDump};

use super::{NOTHING, id, new, refusal, small, standing};

/// Each of these reaches the original from a copy, and no catalogue says so.
const REFERENCES: [(&str, &str); 9] = [
    (
        "trg",
        "CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('INSERT INTO %s VALUES (1)', TG_ARGV[0]); RETURN NEW; END $$;
         CREATE TRIGGER odd AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION trg('tenant_a.log')",
    ),
    ("nextval", "CREATE SEQUENCE sq; ALTER TABLE users ADD COLUMN n int DEFAULT nextval('tenant_a.sq'::text::regclass)"),
    ("f()", "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM Tenant_A.users'"),
    (
        "f()",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN SET LOCAL search_path TO tenant_a; DELETE FROM users; END'",
    ),
    ("f()", "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM TENANT_A . users'"),
    ("f()", "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM \"tenant_a\" . users'"),
    ("f()", "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tenant_a/**/.users'"),
    (
        "f()",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'DELETE FROM tenant_a' || '.users'; END $f$",
    ),
    ("v", "CREATE VIEW v AS SELECT query_to_xml('select * from tenant_a.users', true, false, '') AS x"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_names_the_original_in_a_text_is_neither_cloned_nor_loaded_under_another_id() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    let folder = tempfile::tempdir().unwrap();
    for (at, (name, sql)) in REFERENCES.into_iter().enumerate() {
        project.sql(&format!("SET search_path = tenant_a; {sql}")).await;
        let file = folder.path().join(at.to_string());
        migrator.dump_tenant(&id("a"), &file, false).await.unwrap();
        let cloned = refusal(migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await);
        let loaded = refusal(migrator.load_tenant(&TenantDump::open(&file).unwrap(), new("b")).await);
        for said in [cloned, loaded] {
            assert!(said.contains("names the schema \"tenant_a\"") && said.contains(name), "{sql}: {said}");
            assert!(said.contains("leave the name out"), "{said}");
        }
        project
            .sql(
                "SET search_path = tenant_a; DROP FUNCTION IF EXISTS trg() CASCADE; DROP FUNCTION IF EXISTS f();
                 DROP VIEW IF EXISTS v; ALTER TABLE users DROP COLUMN IF EXISTS n; DROP SEQUENCE IF EXISTS sq",
            )
            .await;
    }
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_or_an_alias_that_is_called_as_the_schema_is_no_reference() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    project
        .sql(
            "SET search_path = tenant_a; CREATE TABLE tenant_a (id int, name text);
             CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS 'SELECT tenant_a.name FROM tenant_a';
             CREATE FUNCTION g() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(tenant_a.id) FROM users AS tenant_a); END $$;
             CREATE VIEW v AS SELECT tenant_a.id FROM tenant_a; COMMENT ON VIEW v IS 'of tenant_a'",
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    migrator.dump_tenant(&id("a"), &file, false).await.unwrap();
    migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
    migrator.load_tenant(&TenantDump::open(&file).unwrap(), new("c")).await.unwrap();
    // A column of a table's name leaves it open which of the two is meant.
    project
        .sql(
            "SET search_path = tenant_a; ALTER TABLE users ADD COLUMN users text;
             CREATE FUNCTION h() RETURNS bigint LANGUAGE sql AS 'SELECT count(tenant_a.users) FROM users AS tenant_a'",
        )
        .await;
    let said = refusal(migrator.clone_tenant(&id("a"), new("d"), CloneOptions::data()).await);
    assert!(said.contains("h()") && said.contains("alias"), "{said}");
}
