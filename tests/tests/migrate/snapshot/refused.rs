//! Where a copy would not be what the migrations make, there is none, and the reason is told.

use multitenant_runtime::{Scope, SnapshotOutcome, Snapshots};

use super::compared::{assert_same, create};
use crate::project::Project;

const SHARED: &str = "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE quota (tenant text, n int DEFAULT 1);
    CREATE SEQUENCE numbers; CREATE TABLE defaults (name text); INSERT INTO defaults VALUES ('one');";

async fn project(migrations: &[&str]) -> Project {
    let mut project = Project::new().await.tenants_in_table().shared("1_shared", SHARED);
    for (i, up) in migrations.iter().enumerate() {
        project = project.tenant(&format!("{i}_m"), up);
    }
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
}

/// There is no snapshot, for this reason; nothing is left of trying, and tenants are made all the same.
async fn refused(migrations: &[&str], reason: &str) -> Project {
    let project = project(migrations).await;
    let shared = "SELECT (SELECT count(*) FROM quota) || ' ' || (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)";
    let before = project.one(shared).await;
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!(report.outcome, SnapshotOutcome::Impossible, "{migrations:?}: {report:?}");
    assert!(report.reason.as_ref().unwrap().contains(reason), "{migrations:?}: {report:?}");
    assert_eq!(project.one(shared).await, before, "{migrations:?}");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'Snapshot%'").await, "0");
    // It is remembered.
    let known = project.migrator().snapshot().await.unwrap();
    assert_eq!((known.outcome, known.reason), (SnapshotOutcome::Impossible, report.reason));
    assert!(!Box::pin(create(&project, "acme", Snapshots::Use)).await, "{migrations:?}");
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_outside_of_the_schema() {
    let outside = "read or write outside of the tenant's schema: ";
    for (up, what) in [
        ("INSERT INTO quota VALUES (current_schema())", "table public.quota"),
        ("CREATE TABLE t AS SELECT * FROM defaults", "table public.defaults"),
        ("CREATE TABLE t (id int); INSERT INTO t VALUES (nextval('numbers'))", "sequence public.numbers"),
        ("CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'select 1'", "function"),
        ("CREATE SCHEMA IF NOT EXISTS audit", "schema audit"),
        ("GRANT SELECT ON defaults TO PUBLIC", "table public.defaults"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privileges"),
        (
            "DO $$ BEGIN EXECUTE format('ALTER ROLE %I SET work_mem = ''5MB''', current_user); END $$",
            "settings of roles",
        ),
        (
            "DO $$ BEGIN EXECUTE format('COMMENT ON SCHEMA %I IS ''mine''', current_schema()); END $$",
            "the comment of the schema itself",
        ),
        ("SELECT lo_create(0)", "large object"),
        ("CREATE TABLE t (id int); CREATE CAST (text AS t) WITH INOUT", "cast"),
    ] {
        refused(&[up], &format!("{outside}{what}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_thing_each_time() {
    let other = "something else each time";
    for (up, reason) in [
        ("CREATE TABLE t AS SELECT gen_random_uuid() AS secret", other),
        ("CREATE TABLE t AS SELECT clock_timestamp() AS at", other),
        ("CREATE TABLE t AS SELECT now() + interval '1 day' AS at", other),
        ("CREATE TABLE t AS SELECT md5(current_schema()) AS name", other),
        ("CREATE TABLE t (on_day date DEFAULT current_date); INSERT INTO t DEFAULT VALUES", "the date of the day"),
        (
            "CREATE TABLE t (at date) PARTITION BY RANGE (at); DO $$ BEGIN EXECUTE format('CREATE TABLE %I PARTITION OF t \
             FOR VALUES FROM (%L) TO (%L)', 't_' || to_char(now(), 'YYYY_MM'), now()::date, now()::date + 30); END $$",
            "the date of the day",
        ),
    ] {
        refused(&[up], reason).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_s_own_name() {
    let name = "the schema's own name";
    for up in [
        "CREATE TABLE t AS SELECT current_schema() || '.t' AS name",
        "CREATE TABLE t (id int); DO $$ BEGIN EXECUTE format('CREATE INDEX %I ON t (id)', current_schema() || '_i'); END $$",
        "CREATE TABLE t (id int); DO $$ BEGIN EXECUTE format('ALTER TABLE t ADD COLUMN name text DEFAULT %L', current_schema()); END $$",
        "DO $$ BEGIN EXECUTE format('CREATE FUNCTION f() RETURNS text LANGUAGE sql AS %L', format('select %L', current_schema())); END $$",
    ] {
        refused(&[up], name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_does_not_know_and_what_says_so_itself() {
    refused(&["CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)"], "operator").await;
    refused(&["CREATE COLLATION c FROM \"C\""], "collation").await;
    refused(&["NOTIFY somebody"], "0_m/up.sql notifies").await;
    let project = project(&["CREATE TABLE t (id int)"])
        .await
        .metadata("0_m", "run_in_transaction = true\n[multitenant]\nallow_shared_locks = true");
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!(report.outcome, SnapshotOutcome::Impossible);
    assert!(report.reason.unwrap().contains("0_m/up.sql may change the shared schema"));
    let empty = Project::new().await.migrator().make_snapshot().await.unwrap();
    assert_eq!(empty.outcome, SnapshotOutcome::Impossible);
}

/// A name that the tenant's objects share with PostgreSQL's, or with the shared schema's, is another one without its
/// schema.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_mean_something_else_without_their_schema() {
    let up = "CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'select $1';
        DO $$ BEGIN EXECUTE format('CREATE TABLE t (a text, b text DEFAULT %I.lower(''X''))', current_schema()); END $$;";
    refused(&[up], "it is not what the migrations make").await;
    // One that shadows a shared table is its own.
    let project = project(&["CREATE TABLE defaults (id int PRIMARY KEY); CREATE TABLE t (d int REFERENCES defaults);
        CREATE VIEW v AS SELECT count(*) FROM defaults;"])
    .await;
    assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
    assert!(create(&project, "copied", Snapshots::Use).await);
    assert!(!create(&project, "replayed", Snapshots::Never).await);
    assert_same(&project, "replayed", "copied").await;
}

/// Once a tenant has made it, it is there, and nothing is done outside of the next one's schema.
#[tokio::test(flavor = "multi_thread")]
async fn an_extension_that_is_there_already() {
    let project = refused(
        &["CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE TABLE t (n text);
        CREATE INDEX t_n ON t USING gin (n gin_trgm_ops);"],
        "extension pg_trgm",
    )
    .await;
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!(report.outcome, SnapshotOutcome::Made, "{report:?}");
    assert!(create(&project, "copied", Snapshots::Use).await);
    assert_same(&project, "acme", "copied").await;
}
