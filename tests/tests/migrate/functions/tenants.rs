//! Tenants with a table `a`, and functions for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::{
    Error, Failure, FunctionResult, MigrationFunction, MigratorBuilder, Outcome, Report, RustMigration, Scope,
    async_trait,
};

use crate::project::Project;

pub(super) const NAME: &str = "2_fill";

pub(super) async fn sql(conn: &mut AsyncPgConnection, text: &str) -> diesel::QueryResult<usize> {
    diesel_async::RunQueryDsl::execute(diesel::sql_query(text), conn).await
}

pub(super) async fn fill(conn: &mut AsyncPgConnection) -> FunctionResult {
    sql(conn, "INSERT INTO a VALUES (1)").await?;
    Ok(())
}

pub(super) async fn empty(conn: &mut AsyncPgConnection) -> FunctionResult {
    sql(conn, "DELETE FROM a").await?;
    Ok(())
}

/// Counts its calls, and sends each statement.
pub(super) struct Script {
    pub(super) calls: Arc<AtomicUsize>,
    pub(super) statements: &'static [&'static str],
}

#[async_trait]
impl MigrationFunction for Script {
    async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
        self.calls.fetch_add(1, Ordering::SeqCst);
        for statement in self.statements {
            conn.batch_execute(statement).await?;
        }
        Ok(())
    }
}

pub(super) fn count(calls: &AtomicUsize) -> usize {
    AtomicUsize::load(calls, Ordering::SeqCst)
}

/// Tenants with a table `a`, before and after which the function has its turn.
pub(super) async fn tenants(n: usize) -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a (n int)");
    let project = project.tenant("3_b", "ALTER TABLE a ADD done bool DEFAULT true");
    project.schemas(n).await;
    project
}

pub(super) fn with(project: &Project, function: impl MigrationFunction + 'static) -> MigratorBuilder {
    project.builder().tenant_migration(RustMigration::new(NAME, function))
}

/// What a function that sends these leaves behind, how often it was called, and how its one tenant failed.
pub(super) async fn failing(statements: &'static [&'static str]) -> (Project, usize, Failure) {
    let project = tenants(1).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let migrator = with(&project, Script { calls: calls.clone(), statements }).build().unwrap();
    let failure = failed(migrator.migrate(Scope::all()).await);
    (project, count(&calls), failure)
}

pub(super) fn incomplete(result: Result<Report, Error>) -> Report {
    let error = result.unwrap_err();
    let Error::Incomplete(report) = error else { unreachable!("{error:?}") };
    *report
}

/// How the first tenant failed, with the function not recorded.
pub(super) fn failed(result: Result<Report, Error>) -> Failure {
    let report = incomplete(result);
    let target = &report.targets[0];
    assert_eq!(target.outcome, Outcome::Failed);
    assert!(target.applied.iter().all(|version| version.as_str() == "1"), "{target:?}");
    target.failure.clone().unwrap()
}

pub(super) async fn rows(project: &Project, schema: &str) -> String {
    project.one(&format!("SELECT count(*)::text FROM {schema}.a")).await
}

pub(super) async fn history(project: &Project, schema: &str) -> String {
    let sql = "SELECT coalesce(string_agg(version || coalesce(':' || left(multitenant_checksum, 6), ''), ' ' \
               ORDER BY version), '') FROM";
    project.one(&format!("{sql} {schema}.__diesel_schema_migrations")).await
}
