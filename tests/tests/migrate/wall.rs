//! The wall: a tenant's migration that would change the shared schema is rolled back.

use multitenant_runtime::{Error, FailureClass, NewTenant, Scope};

use super::project::{Project, outcomes};

async fn project() -> Project {
    Project::new()
        .await
        .tenants_in_table()
        .shared(
            "1_users",
            "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('a');
             CREATE TABLE users (id int PRIMARY KEY, email text); CREATE INDEX users_email ON users (email);
             CREATE VIEW names AS SELECT email FROM users;",
        )
        .tenant("1_ok", "CREATE TABLE orders (id int, who int REFERENCES users (id)); INSERT INTO users VALUES (1) ON CONFLICT DO NOTHING;")
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_the_shared_schema_is_rolled_back() {
    for sql in [
        "ALTER TABLE users ADD COLUMN note text;",
        "ALTER TABLE users RENAME TO people;",
        "DROP TABLE IF EXISTS users CASCADE;",
        "DROP INDEX users_email;",
        "DROP VIEW names;",
        "TRUNCATE users CASCADE;",
        "CREATE INDEX ON users (id, email);",
        "ALTER TABLE users ADD CONSTRAINT self FOREIGN KEY (id) REFERENCES users (id);",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION f();",
        "ALTER TABLE orders ADD COLUMN x int; ALTER TABLE users ALTER COLUMN email SET DEFAULT 1;",
    ] {
        let project = project().await.tenant("2_bad", sql);
        project.sql("CREATE SCHEMA tenant_a").await;
        let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("{sql}") };
        assert_eq!(outcomes(&report), ["public:applied 1", "tenant_a:failed after 1"], "{sql}");
        let failure = report.targets[1].failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::SharedSchemaTouched, "{sql}: {failure}");
        assert!(failure.message.contains("users") || failure.message.contains("names"), "{failure}");
        assert!(failure.file.as_ref().unwrap().ends_with("2_bad/up.sql"));
        let columns = "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attnum > 0";
        assert_eq!(project.one(columns).await, "id email", "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_opens_it_and_new_tenants_have_it_too() {
    let allowed = project()
        .await
        .tenant("2_meant", "CREATE INDEX IF NOT EXISTS users_id_email ON users (id, email);")
        .metadata("2_meant", "run_in_transaction = true\n[multitenant]\nallow_shared_locks = true");
    allowed.sql("CREATE SCHEMA tenant_a").await;
    allowed.migrator().migrate(Scope::all()).await.unwrap();

    let refused = project().await.tenant("2_bad", "ALTER TABLE users ADD COLUMN note text;");
    let migrator = refused.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    let Err(Error::Incomplete(report)) = migrator.create_tenant(NewTenant::new("b").unwrap()).await else {
        panic!("wall")
    };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::SharedSchemaTouched);
}
