//! The wall: a tenant's migration that would change the shared schema is rolled back.

use std::time::Duration;

use multitenant_runtime::{Error, FailureClass, NewTenant, Scope};

use super::project::{Project, outcomes};

const SHARED: &str = "
    CREATE TABLE plans (id int PRIMARY KEY, name text);
    CREATE TABLE users (id int PRIMARY KEY, email text CHECK (email <> ''), plan int REFERENCES plans (id));
    CREATE INDEX users_email ON users (email);
    CREATE VIEW names AS SELECT email FROM users;
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM users;
    CREATE SEQUENCE numbers;
    CREATE TABLE parts (id int) PARTITION BY LIST (id);
    CREATE TABLE base (id int, note text DEFAULT 'x');
    CREATE TABLE ids (id int);
    CREATE TYPE mood AS ENUM ('ok');
    CREATE TYPE pair AS (a int, b int);
    CREATE DOMAIN address AS text CONSTRAINT filled CHECK (VALUE <> '');
    CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = 0);
    CREATE TRIGGER noted AFTER INSERT ON users EXECUTE FUNCTION noop();
    CREATE RULE silent AS ON DELETE TO users DO INSTEAD NOTHING;
    CREATE POLICY mine ON users USING (true);
    CREATE STATISTICS both_of (dependencies) ON id, plan FROM users;
    CREATE EXTENSION citext;";

const TENANT: &str = "
    CREATE TABLE orders (id int PRIMARY KEY, plan int REFERENCES plans (id), mood mood);
    CREATE TABLE t_part (id int);";

/// Statements that change the shared schema, and the object that is told.
const REFUSED: &[(&str, &str)] = &[
    ("ALTER TABLE users ADD COLUMN note text", "users"),
    ("ALTER TABLE users DROP COLUMN email CASCADE", "users"),
    ("ALTER TABLE users RENAME TO people", "users"),
    ("ALTER TABLE users RENAME COLUMN email TO mail", "users"),
    ("ALTER TABLE users ALTER COLUMN email SET DEFAULT ''", "users"),
    ("ALTER TABLE base ALTER COLUMN note SET DEFAULT 'y'", "base"),
    ("ALTER TABLE base ALTER COLUMN note DROP DEFAULT", "base"),
    ("ALTER TABLE users ALTER COLUMN email SET NOT NULL", "users"),
    ("ALTER TABLE users ALTER COLUMN email SET STATISTICS 7", "users"),
    ("ALTER TABLE users ALTER COLUMN email SET STORAGE EXTERNAL", "users"),
    ("ALTER TABLE users ALTER COLUMN email SET (n_distinct = 5)", "users"),
    ("ALTER TABLE users SET (autovacuum_enabled = false)", "users"),
    ("ALTER TABLE users OWNER TO pg_database_owner", "users"),
    ("ALTER TABLE users SET SCHEMA tenant_a", "users"),
    ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", "users"),
    ("ALTER TABLE users REPLICA IDENTITY FULL", "users"),
    ("ALTER TABLE users DISABLE TRIGGER ALL", "users"),
    ("ALTER TABLE users DISABLE TRIGGER noted", "users"),
    ("ALTER TABLE plans DISABLE TRIGGER ALL", "plans"),
    ("ALTER TABLE users CLUSTER ON users_pkey", "users"),
    ("ALTER TABLE users INHERIT ids", "users"),
    ("ALTER TABLE users ADD CONSTRAINT self FOREIGN KEY (id) REFERENCES users (id)", "users"),
    ("ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0) NOT VALID", "users"),
    ("ALTER TABLE users ADD UNIQUE (email)", "users"),
    ("ALTER TABLE users DROP CONSTRAINT users_plan_fkey", "users_plan_fkey"),
    ("ALTER TABLE users DROP CONSTRAINT users_email_check", "users_email_check"),
    ("ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE", "users"),
    ("ALTER TABLE users RENAME CONSTRAINT users_plan_fkey TO plan_fkey", "users"),
    ("ALTER TABLE users ALTER CONSTRAINT users_plan_fkey DEFERRABLE", "users"),
    ("ALTER TABLE parts ATTACH PARTITION t_part FOR VALUES IN (7)", "parts"),
    ("CREATE TABLE part PARTITION OF parts FOR VALUES IN (7)", "parts"),
    ("DROP TABLE IF EXISTS users CASCADE", "users"),
    ("DROP TABLE base", "base"),
    ("TRUNCATE users CASCADE", "users"),
    ("TRUNCATE base", "base"),
    ("CREATE INDEX ON users (id, email)", "users"),
    ("DROP INDEX users_email", "users_email"),
    ("ALTER INDEX users_email RENAME TO stolen", "users_email"),
    ("ALTER INDEX users_email SET (fillfactor = 50)", "users_email"),
    ("REINDEX TABLE users", "users"),
    ("DROP VIEW names", "names"),
    ("ALTER VIEW names RENAME TO others", "names"),
    ("CREATE OR REPLACE VIEW public.names AS SELECT email, 1 AS one FROM users", "names"),
    ("DROP MATERIALIZED VIEW counted", "counted"),
    ("CREATE STATISTICS more (dependencies) ON id, email FROM users", "users"),
    ("DROP STATISTICS both_of", "both_of"),
    ("CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION noop()", "users"),
    ("ALTER TRIGGER noted ON users RENAME TO said", "users"),
    ("DROP TRIGGER noted ON users", "trigger noted of users"),
    ("CREATE RULE r AS ON UPDATE TO users DO INSTEAD NOTHING", "users"),
    ("DROP RULE silent ON users", "rule silent of users"),
    ("CREATE POLICY p ON users USING (true)", "users"),
    ("ALTER POLICY mine ON users USING (false)", "users"),
    ("DROP POLICY mine ON users", "policy mine of users"),
    ("ALTER SEQUENCE numbers RESTART WITH 1000 INCREMENT BY 7", "numbers"),
    ("ALTER SEQUENCE numbers RENAME TO digits", "numbers"),
    ("DROP SEQUENCE numbers", "numbers"),
    ("ALTER TYPE mood ADD VALUE 'sad'", "type mood"),
    ("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'", "type mood"),
    ("ALTER TYPE mood RENAME TO humour", "type mood"),
    ("ALTER TYPE mood SET SCHEMA tenant_a", "type mood"),
    ("DROP TYPE mood CASCADE", "type mood"),
    ("ALTER TYPE pair ADD ATTRIBUTE c int", "pair"),
    ("ALTER TYPE pair RENAME ATTRIBUTE a TO x", "pair"),
    ("DROP TYPE pair", "type pair"),
    ("ALTER DOMAIN address ADD CHECK (VALUE <> 'x')", "type address"),
    ("ALTER DOMAIN address DROP CONSTRAINT filled", "constraint filled of type address"),
    ("ALTER DOMAIN address SET NOT NULL", "type address"),
    ("ALTER DOMAIN address SET DEFAULT 'x'", "type address"),
    ("ALTER DOMAIN address RENAME TO place", "type address"),
    ("DROP DOMAIN address", "type address"),
    ("DROP FUNCTION one()", "function one"),
    ("ALTER FUNCTION one() RENAME TO two", "function one"),
    ("ALTER FUNCTION one() SET SCHEMA tenant_a", "function one"),
    ("ALTER FUNCTION one() OWNER TO pg_database_owner", "function one"),
    ("DROP FUNCTION noop() CASCADE", "trigger noted of users"),
    ("DROP AGGREGATE total (int)", "function total"),
    ("DROP EXTENSION citext", "extension citext"),
    ("ALTER SCHEMA public RENAME TO private; ALTER SCHEMA private RENAME TO nobodys", "schema public"),
    ("DROP SCHEMA public CASCADE", "schema public"),
    // In the middle of what is allowed.
    ("ALTER TABLE orders ADD COLUMN x int; ALTER TABLE users ALTER COLUMN email SET DEFAULT 1", "users"),
    ("CREATE TABLE more (base int REFERENCES plans (id)); DROP TABLE more; TRUNCATE plans CASCADE", "plans"),
    ("GRANT SELECT (email) ON users TO PUBLIC; ALTER TABLE users RENAME COLUMN email TO mail", "users"),
    // With an operator of somebody's in front of PostgreSQL's own.
    (
        "CREATE FUNCTION never(text, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT false';
         CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = never);
         SELECT set_config('search_path', current_schema() || ', public, pg_catalog', true);
         ALTER TABLE users ADD COLUMN note text",
        "users",
    ),
];

/// Statements that a subtransaction would hide, if it could.
const IN_A_BLOCK: &[(&str, &str)] = &[
    ("ALTER TABLE users ADD CONSTRAINT self FOREIGN KEY (id) REFERENCES users (id);", "users"),
    ("CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION noop();", "users"),
    ("ALTER TABLE users ADD COLUMN note text;", "users"),
    ("ALTER TYPE mood RENAME VALUE ''ok'' TO ''fine'';", "type mood"),
    ("ALTER SEQUENCE numbers RESTART;", "numbers"),
    ("ALTER DOMAIN address SET NOT NULL;", "type address"),
    ("DROP FUNCTION one();", "function one"),
    ("PERFORM 1; BEGIN CREATE INDEX ON users (id, email); EXCEPTION WHEN others THEN END;", "users"),
];

/// Statements that leave the shared schema alone, whatever they lock there.
const ALLOWED: &[&str] = &[
    "DROP TABLE orders",
    "ALTER TABLE orders DROP CONSTRAINT orders_plan_fkey",
    "ALTER TABLE orders DROP COLUMN plan",
    "ALTER TABLE orders ALTER COLUMN plan TYPE bigint",
    "ALTER TABLE orders RENAME COLUMN plan TO p",
    "ALTER TABLE orders ALTER CONSTRAINT orders_plan_fkey DEFERRABLE",
    "ALTER TABLE orders DROP COLUMN mood",
    "ALTER TABLE orders DISABLE TRIGGER ALL",
    "TRUNCATE orders",
    // The first foreign key to a table marks it as having triggers.
    "CREATE TABLE who (id int REFERENCES users (id)); DROP TABLE who",
    "CREATE TABLE who (id int REFERENCES users (id) ON DELETE CASCADE); ALTER TABLE who ALTER COLUMN id TYPE bigint",
    "GRANT SELECT ON users TO PUBLIC; CREATE TABLE who (id int REFERENCES users (id)); DROP TABLE who",
    "GRANT SELECT (id), REFERENCES (id) ON users TO PUBLIC; CREATE TABLE who (id int REFERENCES users (id)); DROP TABLE who",
    "DO 'BEGIN ALTER TABLE orders ADD CONSTRAINT again FOREIGN KEY (plan) REFERENCES plans (id);
         EXCEPTION WHEN duplicate_object THEN NULL; END'",
    "DO 'BEGIN ALTER TABLE users ADD COLUMN note text; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END'",
    "INSERT INTO plans VALUES (1); UPDATE plans SET name = 'x'; DELETE FROM plans; SELECT nextval('numbers')",
    "LOCK TABLE plans IN SHARE MODE; CREATE TABLE copied (LIKE plans INCLUDING ALL); INSERT INTO copied SELECT * FROM plans",
    "LOCK TABLE plans IN ACCESS EXCLUSIVE MODE",
    "ANALYZE users",
    "COMMENT ON TABLE users IS 'people'; COMMENT ON TYPE mood IS 'of people'; COMMENT ON FUNCTION one() IS '1'",
    "CREATE TABLE heir () INHERITS (base); DROP TABLE heir",
    "CREATE TABLE heir (a address, m mood, p pair); CREATE VIEW v AS SELECT one(), email FROM users; DROP VIEW v",
    "CREATE TRIGGER t AFTER INSERT ON orders EXECUTE FUNCTION noop(); DROP TRIGGER t ON orders",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS citext",
    "CREATE EXTENSION hstore; DROP EXTENSION hstore",
    "CREATE OR REPLACE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION one() TO PUBLIC",
    "GRANT USAGE ON TYPE mood TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC",
    "CREATE TABLE public.new (id int PRIMARY KEY); ALTER TABLE public.new ADD COLUMN x int; CREATE INDEX ON public.new (x)",
    "CREATE TYPE public.level AS ENUM ('low'); ALTER TYPE public.level RENAME VALUE 'low' TO 'lower'; DROP TYPE public.level",
    "CREATE FUNCTION public.two() RETURNS int LANGUAGE sql AS 'SELECT 2'; ALTER FUNCTION public.two() RENAME TO three",
    "CREATE SEQUENCE public.more; ALTER SEQUENCE public.more RESTART; DROP SEQUENCE public.more",
];

async fn project() -> Project {
    Project::new().await.shared("1_shared", SHARED).tenant("1_ok", TENANT)
}

/// What is wrong about how the wall takes it; nothing, if it is refused for the right reason.
async fn refusal(sql: &str, told: &str) -> Option<String> {
    let project = project().await.tenant("2_bad", sql);
    project.sql("CREATE SCHEMA tenant_a").await;
    let report = match project.migrator().migrate(Scope::all()).await {
        Ok(_) => return Some(format!("passed: {sql}")),
        Err(Error::Incomplete(report)) => report,
        Err(error) => return Some(format!("{error}: {sql}")),
    };
    assert_eq!(outcomes(&report), ["public:applied 1", "tenant_a:failed after 1"], "{sql}");
    let failure = report.targets[1].failure.as_ref().unwrap();
    let right = failure.class == FailureClass::SharedSchemaTouched
        && failure.message.contains(told)
        && failure.file.as_ref().is_some_and(|file| file.ends_with("2_bad/up.sql"));
    (!right).then(|| format!("{failure}: {sql}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_changes_the_shared_schema_is_rolled_back() {
    let mut wrong = Vec::new();
    for (sql, told) in REFUSED {
        wrong.extend(refusal(&format!("{sql};"), told).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subtransaction_hides_nothing() {
    let mut wrong = Vec::new();
    for (sql, told) in IN_A_BLOCK {
        let sql = format!("DO 'BEGIN {sql} EXCEPTION WHEN duplicate_object THEN NULL; END';");
        wrong.extend(refusal(&sql, told).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_the_shared_schema_alone_passes() {
    let mut wrong = Vec::new();
    for sql in ALLOWED {
        let project = project().await.tenant("2_good", &format!("{sql};"));
        project.sql("CREATE SCHEMA tenant_a").await;
        if let Err(error) = project.migrator().migrate(Scope::all()).await {
            wrong.push(format!("{error:?}: {sql}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_schemas_of_the_path_are_behind_it_too() {
    let mut project = Project::new().await.tenant("1_bad", "ALTER TABLE helper ADD COLUMN note text;");
    project.settings.search_path = &["{tenant}", "{shared}", "ext"];
    project.sql("CREATE SCHEMA tenant_a; CREATE SCHEMA ext; CREATE TABLE ext.helper (id int)").await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("wall") };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::SharedSchemaTouched);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_change_meanwhile_is_not_blamed_on_a_tenant() {
    // Both before the transaction's own number is given and after, in a transaction of their own and in a
    // subtransaction, and while the tenant writes and locks what they changed.
    const OTHERS: &str = "
        ALTER TYPE mood ADD VALUE 'sad'; ALTER TYPE mood RENAME TO humour; ALTER TYPE humour RENAME TO mood;
        ALTER DOMAIN address SET NOT NULL; ALTER FUNCTION one() RENAME TO two; ALTER SEQUENCE numbers RESTART;
        ALTER TABLE plans RENAME COLUMN name TO label; ALTER TABLE plans ADD CHECK (id > 0);
        CREATE TRIGGER t AFTER INSERT ON plans EXECUTE FUNCTION noop(); CREATE INDEX ON plans (label);
        DROP TABLE users CASCADE; DROP TABLE base; DROP DOMAIN address; DROP EXTENSION citext;";
    let project = project().await.tenant(
        "2_good",
        "INSERT INTO orders VALUES (1); SELECT pg_sleep(1);
         CREATE TABLE lines (plan int REFERENCES plans (id)); DROP TABLE lines;
         ALTER TABLE orders DROP CONSTRAINT orders_plan_fkey; GRANT SELECT ON numbers TO PUBLIC;",
    );
    project.sql("CREATE SCHEMA tenant_a").await;
    let migrator = project.migrator();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    let sleeping = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()";
    while project.one(sleeping).await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // One transaction for each statement, all of them newer than the tenant's.
    let other = project.client().await;
    for sql in OTHERS.split(';') {
        other.batch_execute(sql).await.unwrap();
    }
    assert_ne!(project.one(sleeping).await, "0", "too slow");
    let report = run.await.unwrap().unwrap();
    assert_eq!(outcomes(&report), ["public:applied 1", "tenant_a:applied 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_opens_it_for_that_migration_only() {
    const OPEN: &str = "run_in_transaction = true\n[multitenant]\nallow_shared_locks = true";
    let project = || async {
        project()
            .await
            .tenants_in_table()
            .shared("2_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
            .tenant("2_meant", "CREATE INDEX IF NOT EXISTS users_id_email ON users (id, email);")
            .metadata("2_meant", OPEN)
    };
    let allowed = project().await.tenant("3_more", "DROP TABLE orders;");
    let migrator = allowed.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    allowed.sql("CREATE SCHEMA tenant_a; INSERT INTO tenants VALUES ('a')").await;
    migrator.migrate(Scope::all()).await.unwrap();
    allowed.sql("DROP INDEX users_id_email").await;
    migrator.create_tenant(NewTenant::new("b").unwrap()).await.unwrap();

    for sql in ["ALTER TABLE plans ADD COLUMN note text;", "ALTER TYPE mood ADD VALUE 'sad';"] {
        let refused = project().await.tenant("3_bad", sql).tenant("4_later", "CREATE TABLE later (id int);");
        let migrator = refused.migrator();
        migrator.migrate(Scope::shared()).await.unwrap();
        let Err(Error::Incomplete(report)) = migrator.create_tenant(NewTenant::new("b").unwrap()).await else {
            panic!("passed: {sql}")
        };
        let failure = report.targets[0].failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::SharedSchemaTouched);
        assert_eq!(failure.migration.as_deref(), Some("3"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deferred_triggers_find_the_tenants_tables() {
    let project = Project::new().await.shared("1_shared", "CREATE TABLE plans (id int);").tenant(
        "1_deferred",
        "CREATE TABLE audit (id int); CREATE TABLE orders (id int);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit VALUES (1); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER t AFTER INSERT ON orders INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
         INSERT INTO orders VALUES (1);",
    );
    project.sql("CREATE SCHEMA tenant_a").await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(project.one("SELECT count(*)::text FROM tenant_a.audit").await, "1");
}
