//! Whose a copy is: the source's role has nothing of it.

use multitenant_runtime::{CloneOptions, TenantDump};

use super::{NOTHING, Project, WHOLE, id, new, refusal, small, standing};

/// What in a schema names this role, or may be reached by it.
async fn named(project: &Project, schema: &str, role: &str) -> Vec<String> {
    let sql = "WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1), r AS (SELECT oid FROM pg_roles WHERE rolname = $2) \
        SELECT 'relation ' || relname FROM pg_class c, s, r WHERE relnamespace = s.oid AND (relowner = r.oid OR \
        EXISTS (SELECT FROM aclexplode(relacl) x WHERE x.grantee = r.oid)) \
        UNION ALL SELECT 'function ' || proname FROM pg_proc, s, r WHERE pronamespace = s.oid AND proowner = r.oid \
        UNION ALL SELECT 'type ' || typname FROM pg_type, s, r WHERE typnamespace = s.oid AND typtype = 'e' AND typowner = r.oid \
        UNION ALL SELECT 'policy ' || polname FROM pg_policy p, pg_class c, s, r WHERE c.oid = polrelid AND relnamespace = s.oid \
        AND r.oid = ANY (polroles) UNION ALL SELECT 'schema' FROM pg_namespace n, s, r WHERE n.oid = s.oid AND \
        EXISTS (SELECT FROM aclexplode(nspacl) x WHERE x.grantee = r.oid) \
        UNION ALL SELECT 'default' FROM pg_default_acl d, s, r WHERE defaclnamespace = s.oid AND (defaclrole = r.oid OR \
        EXISTS (SELECT FROM aclexplode(defaclacl) x WHERE x.grantee = r.oid))";
    let rows = project.client().await.query(sql, &[&schema, &role]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn role(project: &Project, id: &str) -> String {
    format!("{}_tenant_{id}", project.database.name())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_s_role_has_nothing_of_the_copy_whatever_it_is() {
    for (sql, undo) in [
        ("GRANT CONNECT ON DATABASE {database} TO {role}", "REVOKE ALL ON DATABASE {database} FROM {role}"),
        ("ALTER ROLE {role} LOGIN", "ALTER ROLE {role} NOLOGIN"),
        ("GRANT pg_monitor TO {role}", "REVOKE pg_monitor FROM {role}"),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT SELECT ON TABLES TO PUBLIC", "SELECT 1"),
    ] {
        let project = small(&["a"]).await;
        let (of_a, of_b) = (role(&project, "a"), role(&project, "b"));
        let filled = |sql: &str| sql.replace("{database}", project.database.name()).replace("{role}", &of_a);
        project.sql(&filled(sql)).await;
        project.migrator().clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
        assert_eq!(named(&project, "tenant_b", &of_a).await, [""; 0], "{sql}");
        assert!(named(&project, "tenant_b", &of_b).await.contains(&"relation users".to_owned()), "{sql}");
        project.sql(&filled(undo)).await;
    }
    // And where new tenants get none any more.
    let mut project = small(&["a"]).await;
    project.settings.role_per_tenant = false;
    project.migrator().clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
    assert_eq!(named(&project, "tenant_b", &role(&project, "a")).await, [""; 0]);
}

const OWNED: &str = "SET search_path = tenant_a, public;
    CREATE TABLE own (id int, note text); CREATE TYPE mood AS ENUM ('a');
    CREATE FUNCTION sd() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
    CREATE POLICY p ON users TO {role}; CREATE POLICY q ON users TO pg_monitor, {role};
    ALTER TABLE own OWNER TO {role}; ALTER TYPE mood OWNER TO {role}; ALTER FUNCTION sd() OWNER TO {role};
    GRANT SELECT ON own TO pg_monitor;
    ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA tenant_a GRANT SELECT ON TABLES TO pg_monitor;";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_source_s_role_owns_is_the_new_role_s_in_the_copy() {
    let mut project = small(&["a"]).await;
    let of_a = role(&project, "a");
    project.sql(&OWNED.replace("{role}", &of_a)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    assert!(!std::fs::read_to_string(&file).unwrap().contains(&of_a));
    let dump = TenantDump::open(&file).unwrap();
    project.migrator().clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
    project.migrator().load_tenant(&dump, new("c")).await.unwrap();
    for copy in ["b", "c"] {
        let schema = format!("tenant_{copy}");
        assert_eq!(standing(&project, copy, &schema).await, WHOLE);
        assert_eq!(named(&project, &schema, &of_a).await, [""; 0]);
        let found = named(&project, &schema, &role(&project, copy)).await;
        for expected in ["relation own", "function sd", "type mood", "policy p", "policy q", "schema", "default"] {
            assert!(found.contains(&expected.to_owned()), "{expected} of {copy}: {found:?}");
        }
    }
    // Where the copy gets no role, there is nobody to have it.
    project.settings.role_per_tenant = false;
    let said = refusal(project.migrator().clone_tenant(&id("a"), new("d"), CloneOptions::data()).await);
    assert!(said.contains("new tenants have none"), "{said}");
    let said = refusal(project.migrator().load_tenant(&dump, new("d")).await);
    assert!(said.contains("new tenants have none"), "{said}");
    assert_eq!(standing(&project, "d", "tenant_d").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_tenant_s_is_not_copied() {
    for sql in [
        "GRANT SELECT ON tenant_a.users TO {role}",
        "CREATE POLICY p ON tenant_a.users TO {role}",
        "ALTER TABLE tenant_a.users OWNER TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA tenant_a GRANT SELECT ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {role} IN SCHEMA tenant_a GRANT SELECT ON TABLES TO pg_monitor",
    ] {
        let project = small(&["a", "other"]).await;
        let of_other = role(&project, "other");
        project.sql(&sql.replace("{role}", &of_other)).await;
        let said = refusal(project.migrator().clone_tenant(&id("a"), new("b"), CloneOptions::data()).await);
        assert!(said.contains("another tenant") && said.contains(&of_other), "{sql}: {said}");
        assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    }
}
