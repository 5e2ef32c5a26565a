//! Histories that cannot be read, or had better not be: their tenants fail, and no other does.

use multitenant_runtime::{Error, FailureClass, OnFailedTenants, Scope, StartUp, StartupMode, State};

use super::project::{Project, outcomes};

const TABLE: &str = "tenant_1.__diesel_schema_migrations";

async fn fleet() -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a (id int);");
    project.schemas(3).await;
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_history_fails_its_tenant_alone() {
    let layout = "does not have the columns";
    for (sql, says) in [
        ("CREATE TABLE {} (id int)", layout),
        ("CREATE TABLE {} (version int)", layout),
        ("CREATE TABLE {} (version text, multitenant_checksum text, multitenant_format text)", layout),
        ("CREATE TABLE {} (version text, multitenant_checksum int)", layout),
        ("CREATE VIEW {} AS SELECT '1'::text AS version", "is not a table"),
        ("CREATE SEQUENCE {}", "is not a table"),
        ("CREATE TABLE {} (version text); ALTER TABLE {} ENABLE ROW LEVEL SECURITY", "row security"),
    ] {
        let project = fleet().await;
        project.sql(&sql.replace("{}", TABLE)).await;
        let migrator = project.migrator();
        let plan = migrator.plan(Scope::all()).await.unwrap();
        let states: Vec<_> = plan.tenants.iter().map(|tenant| tenant.state).collect();
        assert_eq!(states, [State::Behind, State::Unreadable, State::Behind], "{sql}");
        assert_eq!(plan.summary().failed, 1);
        let failure = plan.tenants[1].last_failure.as_ref().unwrap();
        assert!(failure.message.contains(says), "{failure}");

        let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("{sql}") };
        assert_eq!(outcomes(&report), ["tenant_0:applied 1", "tenant_1:failed after 0", "tenant_2:applied 1"]);
        let failure = report.targets[1].failure.as_ref().unwrap();
        assert!(failure.class == FailureClass::Permanent && failure.message.contains(says), "{failure}");
        for mode in [StartupMode::Migrate, StartupMode::Check] {
            let how = StartUp::new(mode).on_failed_tenants(OnFailedTenants::Fence);
            let started = migrator.start(how).await.unwrap();
            assert_eq!(started.fenced.len(), 1, "{sql}");
            assert_eq!(started.fenced[0].failure.as_ref(), Some(failure), "{sql}");
        }
    }
}

/// Nothing in the catalogue tells: the one statement that reads them all fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_is_narrowed_down_to_its_table() {
    let project = fleet().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
        .sql(&format!(
            "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
             CREATE FOREIGN TABLE child () INHERITS ({TABLE}) SERVER files OPTIONS (filename '/no/such/file')"
        ))
        .await;
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    let states: Vec<_> = plan.tenants.iter().map(|tenant| tenant.state).collect();
    assert_eq!(states, [State::UpToDate, State::Unreadable, State::UpToDate]);
    let failure = plan.tenants[1].last_failure.as_ref().unwrap();
    assert!(failure.sqlstate.is_some() && failure.message.contains("cannot be read: "), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_the_role_may_not_read_fails_alone() {
    for (sql, says) in [
        ("REVOKE ALL ON SCHEMA tenant_1 FROM {}", "may not look into the schema \"tenant_1\""),
        ("REVOKE ALL ON tenant_1.__diesel_schema_migrations FROM {}", "may not read the history table"),
    ] {
        let project = fleet().await;
        project.migrator().migrate(Scope::all()).await.unwrap();
        let role = format!("reader_{}", project.database.name());
        let grants: String = (0..3)
            .map(|i| {
                format!(
                    "GRANT USAGE ON SCHEMA tenant_{i} TO {role};
                     GRANT SELECT (version, multitenant_checksum, multitenant_format)
                     ON tenant_{i}.__diesel_schema_migrations TO {role};"
                )
            })
            .collect();
        project.sql(&format!("CREATE ROLE {role}; {grants} {}", sql.replace("{}", &role))).await;
        let url = project.database.url().to_owned();
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options=-crole%3D{role}");
        let plan = project.builder().database_url(url).build().unwrap().plan(Scope::all()).await;
        project.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
        let plan = plan.unwrap();
        let states: Vec<_> = plan.tenants.iter().map(|tenant| tenant.state).collect();
        assert_eq!(states, [State::UpToDate, State::Unreadable, State::UpToDate], "{sql}");
        let failure = plan.tenants[1].last_failure.as_ref().unwrap();
        assert!(failure.message.contains(says) && failure.hint.as_deref().unwrap().starts_with("grant"), "{failure:?}");
    }
}

/// A tenant that owns its schema may make a type whose cast to text runs as whoever reads the history.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_runs_nobody_s_code() {
    let project = fleet().await;
    project
        .sql(&format!(
            "CREATE TYPE tenant_1.v AS (t text); CREATE TABLE tenant_1.seen (who text);
             CREATE FUNCTION tenant_1.cast_v(tenant_1.v) RETURNS text LANGUAGE plpgsql
             AS 'BEGIN RAISE EXCEPTION ''runs as %'', current_user; END';
             CREATE CAST (tenant_1.v AS text) WITH FUNCTION tenant_1.cast_v(tenant_1.v);
             CREATE TABLE {TABLE} (version tenant_1.v, run_on timestamp); INSERT INTO {TABLE} VALUES (ROW('1'))"
        ))
        .await;
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    let failure = plan.tenants[1].last_failure.as_ref().unwrap();
    assert!(!failure.message.contains("runs as") && failure.message.contains("columns"), "{failure}");
    assert_eq!(plan.tenants[0].state, State::Behind);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_with_one_of_our_columns_is_extended() {
    let project = fleet().await;
    project
        .sql(&format!("CREATE TABLE {TABLE} (version varchar(50), run_on timestamp, multitenant_checksum text)"))
        .await;
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 3);
    assert_eq!(project.one(&format!("SELECT multitenant_format::text FROM {TABLE}")).await, "1");
}
