//! `--dry-run --sql`: the script that psql runs does what a run does, and only once.

use std::process::{Command, Stdio};

use crate::project::{Answer, Project, answer};

/// Text that psql would understand in its own way, if it could.
const TRICKY: &str = r#"
CREATE TABLE tricky (tags text[] DEFAULT '{a,b,c}', n int DEFAULT 2, note text DEFAULT E'it''s \' ; :n', other text DEFAULT 'c:\n');
CREATE VIEW firsts AS SELECT tags[1:n] AS some, tags[:2] AS two, tags[n::int:n] AS one, n::text AS t FROM tricky;
CREATE FUNCTION double(x int) RETURNS int LANGUAGE plpgsql AS $body$
DECLARE y int := 2; -- :n; \q

BEGIN
  RETURN x * y; /* ; */
END
$body$;
INSERT INTO tricky DEFAULT VALUES;
DO $$ BEGIN PERFORM double(x := 2); END $$;
COMMENT ON TABLE tricky IS 'there may be ; and \ and :n';
SELECT set_config('search_path', '', false) -- the last one has no semicolon
"#;

const TENANTS: [&str; 3] = ["a", "b'c :n \\", "d"];

/// Semicolons that end nothing: from PostgreSQL 14 on.
const ATOMIC: &str = "
CREATE FUNCTION added(a int, b int) RETURNS int BEGIN ATOMIC
    SELECT CASE WHEN a > 0 THEN a + b END;
    SELECT cardinality((ARRAY[1, 2, 3])[a:b]);
END;
";

async fn shop() -> Project {
    let outside = "run_in_transaction = false\n";
    let project = Project::with_tenants(&TENANTS).await;
    let is_modern = project.count("select current_setting('server_version_num')::int8").await >= 140_000;
    let tricky = if is_modern { format!("{ATOMIC}{TRICKY}") } else { TRICKY.to_owned() };
    project
        .migration("shared/1_plans", "create table plans (id int primary key);\ninsert into plans values (1);")
        .migration("tenant/1_users", "create table users (id int primary key, plan int references plans, name text);")
        .down("tenant/1_users", "drop table users;")
        .migration("tenant/2_tricky", &tricky)
        .migration(
            "tenant/3_index",
            "insert into users values (1, 1, 'x');\ncreate index concurrently users_name on users (name);\nvacuum users;",
        )
        .file("migrations/tenant/3_index/metadata.toml", outside)
        .down("tenant/3_index", "drop index concurrently users_name;\ndelete from users;")
        .migration("tenant/4_more", "create table more (id serial, u int references users); alter table users add x int;")
        .down("tenant/4_more", "drop table more; alter table users drop x;")
}

/// What is in the database, but for object identifiers and times.
async fn catalogue(project: &Project) -> Vec<String> {
    let ours = "not in ('pg_catalog', 'information_schema', 'pg_toast')";
    let mut all = Vec::new();
    for sql in [
        format!(
            "select concat_ws(' ', table_schema, table_name, ordinal_position, column_name, data_type, column_default, \
             is_nullable) from information_schema.columns where table_schema {ours} order by 1"
        ),
        format!("select schemaname || ' ' || indexdef from pg_indexes where schemaname {ours} order by 1"),
        format!("select schemaname || ' ' || viewname || definition from pg_views where schemaname {ours} order by 1"),
        format!(
            "select n.nspname || ' ' || pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n \
             on n.oid = pronamespace where nspname {ours} order by 1"
        ),
        format!(
            "select concat_ws(' ', n.nspname, conrelid::regclass, conname, pg_get_constraintdef(c.oid)) \
             from pg_constraint c join pg_namespace n on n.oid = connamespace where nspname {ours} order by 1"
        ),
        "select objoid::regclass || ' ' || description from pg_description where classoid = 'pg_class'::regclass \
         and objoid >= 16384 order by 1"
            .to_owned(),
        "select concat_ws(' ', schema_name, tenant, digest, head, format, failed_at) from multitenant.targets order by 1"
            .to_owned(),
    ] {
        all.extend(project.texts(&sql).await);
    }
    for schema in project.texts("select quote_ident(nspname) from pg_namespace where nspname like 'tenant%'").await {
        let rows = format!(
            "select concat_ws(' ', '{}', version, multitenant_checksum, multitenant_format) \
             from {schema}.__diesel_schema_migrations order by 1",
            schema.replace('\'', "''")
        );
        all.extend(project.texts(&rows).await);
    }
    all
}

/// Runs a script by psql, with variables that it must not see; `None` where there is no psql.
#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
fn psql(project: &Project, script: &str) -> Option<Answer> {
    let there = Command::new("psql").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_err() {
        eprintln!("skipped: there is no psql on the PATH");
        return None;
    }
    let mut command = Command::new("psql");
    command.args(["-X", "-v", "ON_ERROR_STOP=1", "-v", "n=7", "-v", "AUTOCOMMIT=off", "-f"]);
    command.arg(project.path(script)).arg(project.url()).env("PGCLIENTENCODING", "LATIN1").stdin(Stdio::null());
    Some(answer(command))
}

#[tokio::test]
async fn psql_does_what_a_run_does_and_only_once() {
    let project = shop().await;
    project
        .run(&["migrate", "--dry-run", "--sql", "all.sql"])
        .code(0)
        .says(&["nothing was written"])
        .complains(&["psql -X -v ON_ERROR_STOP=1 -f all.sql"]);
    let relations = "select oid::regclass::text from pg_class where relnamespace::regnamespace::text !~ '^(pg_|inf)'";
    assert_eq!(project.texts(relations).await, [] as [String; 0], "making a script writes nothing");
    let Some(done) = psql(&project, "all.sql") else { return };
    let done = done.code(0).says(&["[1/13] public: apply 1_plans\n", "done: 13 steps\n"]);
    assert!(!done.stderr.contains("WARNING"), "{done:?}");
    project.run(&["status", "--check"]).code(0).says(&["3 tenants: 3 up to date"]);
    let by_script = catalogue(&project).await;

    let other = shop().await;
    other.run(&["migrate"]).code(0);
    assert_eq!(by_script, catalogue(&other).await);

    psql(&project, "all.sql").unwrap().code(3).complains(&["division by zero"]);
    assert_eq!(by_script, catalogue(&project).await);
    let held = "select count(*) from pg_locks where locktype = 'advisory' \
        and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(project.count(held).await, 0);
}

#[tokio::test]
async fn the_script_goes_to_stdout_and_the_plan_beside_it() {
    let project = shop().await;
    let answer = project.run(&["migrate", "--dry-run", "--sql", "-", "--tenant", "a"]).code(0);
    assert!(answer.stdout.starts_with("-- Made by cargo-multitenant"), "{answer:?}");
    assert!(!answer.stdout.contains("unknown") && !answer.stdout.contains(project.url()), "{answer:?}");
    assert!(answer.stdout.contains("\\set ON_ERROR_STOP on\n"), "{answer:?}");
    assert!(answer.stderr.contains(" tenant_a  apply 4\n"), "{answer:?}");
    project.run(&["migrate", "--dry-run", "--sql", "-", "--format", "json"]).code(2).complains(&["--sql -"]);
    project.run(&["migrate", "--sql", "x.sql"]).code(2).complains(&["--dry-run"]);
    project.run(&["migrate", "--dry-run", "--sql", "no/such/folder/x.sql"]).code(3).complains(&["x.sql"]);
    let json = ["migrate", "--dry-run", "--sql", "x.sql", "--format", "json"];
    assert_eq!(project.run(&json).code(0).json()["summary"]["targets"], 4);
}

#[tokio::test]
async fn ways_back_baselines_and_repairs_are_scripts_too() {
    let project = shop().await;
    project.run(&["migrate", "--mark-applied", "shared", "--dry-run", "--sql", "mark.sql"]).code(0);
    let Some(done) = psql(&project, "mark.sql") else { return };
    done.code(0).says(&["[1/1] public: record 1_plans"]);
    assert_eq!(project.history("public").await, ["1"]);
    project.sql("create table plans (id int primary key); insert into plans values (1)").await;
    project.run(&["migrate"]).code(0);
    project.run(&["rollback", "--steps", "2", "--dry-run", "--sql", "back.sql"]).code(0);
    psql(&project, "back.sql").unwrap().code(0).says(&["[2/6] tenant_a: revert 3_index"]);
    assert_eq!(project.history("tenant_d").await, ["1", "2"]);
    assert_eq!(project.count("select count(*) from pg_indexes where indexname = 'users_name'").await, 0);
    psql(&project, "back.sql").unwrap().code(3);
    project.sql("delete from tenant_d.__diesel_schema_migrations where version = '1'").await;
    project.run(&["repair", "--mark-missing", "--dry-run", "--sql", "repair.sql"]).code(0);
    psql(&project, "repair.sql").unwrap().code(0).says(&["[1/1] tenant_d: record 1_users"]);
    assert_eq!(project.history("tenant_d").await, ["1", "2"]);
    project.run(&["repair"]).code(0);
    project.run(&["migrate"]).code(0).says(&["4 schemas: 3 migrated, 1 up to date"]);
}

#[tokio::test]
async fn a_script_stops_where_the_fleet_is_not_what_it_was() {
    let project = shop().await;
    project.run(&["migrate", "--dry-run", "--sql", "all.sql"]).code(0);
    project.run(&["migrate", "shared"]).code(0);
    project.run(&["migrate", "tenants", "--dry-run", "--sql", "tenants.sql"]).code(0);
    project.run(&["migrate", "--tenant", "d"]).code(0);
    let Some(stopped) = psql(&project, "all.sql") else { return };
    stopped.code(3).complains(&["division by zero"]);
    assert_eq!(project.count("select count(*) from pg_namespace where nspname = 'multitenant'").await, 1);
    assert_eq!(project.count("select count(*) from pg_tables where schemaname = 'tenant_a'").await, 0);
    psql(&project, "tenants.sql").unwrap().code(3).complains(&["division by zero"]);
    project.run(&["status"]).code(0).says(&["3 tenants: 3 up to date"]);
}

#[tokio::test]
async fn the_wall_stands_in_scripts_too() {
    let project = shop().await;
    project.run(&["migrate"]).code(0);
    let project = project.migration("tenant/5_wrong", "alter table plans add wrong int;");
    project.run(&["migrate", "--dry-run", "--sql", "wrong.sql"]).code(0);
    let Some(stopped) = psql(&project, "wrong.sql") else { return };
    stopped.code(3).complains(&["multitenant-wall:1259/"]);
    assert_eq!(project.count("select count(*) from pg_attribute where attname = 'wrong'").await, 0);
    assert_eq!(project.history("tenant_a").await.len(), 4);
}

#[tokio::test]
async fn what_is_left_out_is_said() {
    let project = shop().await.tenants(&["a", "lost"]);
    project.run(&["migrate", "--dry-run", "--sql", "some.sql"]).code(10).says(&["tenant_lost  refused"]);
    let script = std::fs::read_to_string(project.path("some.sql")).unwrap();
    assert!(script.contains("\n-- Left out:\n--   tenant_lost: the schema does not exist"), "{script}");
    let Some(done) = psql(&project, "some.sql") else { return };
    done.code(0);
    project.run(&["status"]).code(0).says(&["2 tenants: 1 up to date, 1 missing"]);
}
