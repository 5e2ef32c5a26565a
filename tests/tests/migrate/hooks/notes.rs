//! Hooks that note each call, and two tenants for them.

use std::sync::{Arc, Mutex};

use multitenant_runtime::{
    CancellationToken, Error, HookResult, Hooks, Operation, Plan, Report, Step, Target, TargetPlan, TargetReport,
    async_trait,
};

use crate::project::Project;

/// Notes each call, and fails, panics, or does something else at those that begin with a text.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub(super) calls: Arc<Mutex<Vec<String>>>,
    pub(super) fails: &'static str,
    pub(super) panics: &'static str,
    pub(super) cancels: Option<(&'static str, CancellationToken)>,
}

impl Notes {
    pub(super) fn failing(at: &'static str) -> Self {
        Self { fails: at, ..Self::default() }
    }

    pub(super) fn note(&self, call: impl Into<String>) -> HookResult {
        let call = call.into();
        self.calls.lock().unwrap().push(call.clone());
        let is = |at: &str| !at.is_empty() && call.starts_with(at);
        if let Some((at, token)) = &self.cancels
            && is(at)
        {
            token.cancel();
        }
        assert!(!is(self.panics), "boom at {call}");
        if is(self.fails) { Err(format!("no {call}").into()) } else { Ok(()) }
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// Those of one schema, without its name.
    pub(super) fn of(&self, schema: &str) -> Vec<String> {
        self.calls().iter().filter_map(|call| call.strip_suffix(&format!(" @{schema}"))).map(str::to_owned).collect()
    }
}

pub(super) fn named(step: &Step) -> String {
    let what = match step {
        Step::Apply(_) => "apply",
        Step::Revert(_) => "revert",
        Step::Mark(_) => "mark",
        Step::Forget(_) => "forget",
        _ => "accept",
    };
    format!("{what} {}", step.version())
}

#[async_trait]
impl Hooks for Notes {
    async fn before_run(&self, plan: &Plan) -> HookResult {
        let steps: usize = plan.targets().map(|plan| plan.steps.len()).sum();
        self.note(format!("before_run {} targets, {steps} steps", plan.targets().count()))
    }

    async fn after_run(&self, report: &Report) -> HookResult {
        self.note(format!("after_run {} targets, {} failed", report.targets.len(), report.summary().failed))
    }

    async fn before_target(&self, plan: &TargetPlan) -> HookResult {
        self.note(format!("before_target {} @{}", plan.steps.len(), plan.target))
    }

    async fn after_target(&self, report: &TargetReport) -> HookResult {
        let done = report.applied.len() + report.reverted.len() + report.recorded.len();
        self.note(format!("after_target {:?} {done} @{}", report.outcome, report.target))
    }

    async fn before_migration(&self, target: &Target, step: &Step) -> HookResult {
        self.note(format!("before_migration {} @{target}", named(step)))
    }

    async fn after_migration(&self, target: &Target, step: &Step) -> HookResult {
        self.note(format!("after_migration {} @{target}", named(step)))
    }
}

/// Two tenants, and two migrations that can be reverted.
pub(super) async fn two_tenants() -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a (n int)").tenant("2_b", "CREATE TABLE b (n int)");
    for (name, down) in [("1_a", "DROP TABLE a"), ("2_b", "DROP TABLE b")] {
        std::fs::write(project.path("tenant").join(name).join("down.sql"), down).unwrap();
    }
    project.schemas(2).await;
    project
}

/// The tables of a tenant, and the versions in its history.
pub(super) async fn holds(project: &Project, schema: &str) -> String {
    let exists = format!("SELECT coalesce(to_regclass('{schema}.__diesel_schema_migrations')::text, '')");
    let history = if project.one(&exists).await.is_empty() {
        String::new()
    } else {
        let sql = "SELECT coalesce(string_agg(version, ',' ORDER BY version), '') FROM";
        project.one(&format!("{sql} {schema}.__diesel_schema_migrations")).await
    };
    let tables = format!(
        "SELECT coalesce(string_agg(tablename, ',' ORDER BY tablename), '') FROM pg_tables \
         WHERE schemaname = '{schema}' AND tablename !~ '^__'"
    );
    format!("{}/{history}", project.one(&tables).await)
}

pub(super) async fn run(project: &Project, notes: &Notes, operation: Operation) -> Result<Report, Error> {
    project.builder().hooks(notes.clone()).build().unwrap().run(operation).await
}

/// The report of a run that is not complete.
pub(super) fn incomplete(result: Result<Report, Error>) -> Report {
    let error = result.unwrap_err();
    let Error::Incomplete(report) = error else { unreachable!("{error:?}") };
    *report
}
