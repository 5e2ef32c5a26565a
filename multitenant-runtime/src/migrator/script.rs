//! An operation as a script for psql, for whoever lets nobody else change the database.

use std::fmt;

use crate::error::Error;
use crate::inventory::Reading;
use crate::migration::MigrationSet;
use crate::plan::{Goal, Plan, TargetPlan};
use crate::run::{Preparation, ScriptText, write_target};
use crate::state::StateTable;

use super::{Migrator, Operation};

/// An operation as a script for psql, and the plan that it carries out.
#[derive(Debug, Clone)]
#[must_use]
pub struct Script {
    plan: Plan,
    sql: String,
}

impl Script {
    /// What it does. Targets that the plan refuses are named in the script's header, and otherwise left out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The text, for `psql -X -v ON_ERROR_STOP=1 -f`.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)
    }
}

impl Migrator {
    /// The complete script of an operation, for psql: the same statements that a run would send, under the same lock
    /// and guards. Writes nothing.
    ///
    /// It fits the database as it is now; where a history has changed by the time it runs, it stops there.
    ///
    /// ```no_run
    /// # async fn write(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::{Operation, Scope};
    ///
    /// let script = migrator.script(&Operation::migrate(Scope::all())).await?;
    /// std::fs::write("deploy.sql", script.sql())?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`plan_operation`](Self::plan_operation).
    pub async fn script(&self, operation: &Operation) -> Result<Script, Error> {
        self.is_possible(operation)?;
        let session = self.connect().await?;
        let view = self.look(&session, operation, Reading::Everything).await?;
        let has_state = view.has_state;
        let plan = self.plan_of(view, operation)?;
        let settings = &self.context.settings;
        let state = settings.state_schema.as_ref().map(StateTable::in_schema);
        let prepared = Preparation::of(&operation.goal, state);
        if plan.tenants.iter().any(TargetPlan::has_work) {
            prepared.read_wall(&session, settings).await.map_err(|error| Error::from(&error))?;
        }
        let now = session.rows("SELECT pg_catalog.now()").await.map_err(|error| Error::from(&error))?;
        session.close().await;
        // A quick look that is not sure would stop the script.
        for migration in self.sets().flat_map(MigrationSet::migrations) {
            prepared.be_careful([migration]);
            prepared.be_careful(migration.reversal().as_ref());
        }
        let at = now.first().and_then(|row| row.get(0)).unwrap_or_default();
        let sql = self.write(operation, &plan, &prepared, has_state, at);
        Ok(Script { plan, sql })
    }

    fn write(&self, operation: &Operation, plan: &Plan, prepared: &Preparation, has_state: bool, at: &str) -> String {
        let (order, left_out) = self.in_order(operation, plan);
        let mut text = ScriptText::default();
        self.header(&mut text, operation, &order, at);
        if !left_out.is_empty() {
            text.comment("\nLeft out:");
            left_out.iter().for_each(|line| text.comment(&format!("  {}", line.replace('\n', " "))));
        }
        text.blank();
        text.begin(prepared.wall());
        if let Some(state) = prepared.state.as_ref().filter(|_| !has_state && !order.is_empty()) {
            text.blank();
            text.comment("The state table, which spares later starts a look at every history.");
            text.clean_session();
            state.create().iter().for_each(|sql| text.statement(sql));
        }
        let total: usize = order.iter().map(|plan| plan.steps.len()).sum();
        let mut done = 0;
        let mut last_wave = None;
        for target in &order {
            let wave = target.target.tenant().map(|_| target.wave);
            if wave == Some(2) && last_wave == Some(1) && !operation.rollout.pause.is_zero() {
                let pause = operation.rollout.pause.as_secs_f64();
                text.blank();
                text.announce(&format!("the canaries are done: waiting {pause} s before the others"));
                text.statement(&format!("SELECT pg_catalog.pg_sleep({pause})"));
            }
            last_wave = wave.or(last_wave);
            let set = self.context.set(&target.target);
            write_target(&mut text, &self.context.settings, set, target, prepared, |steps| {
                done += steps;
                format!("[{done}/{total}]")
            });
        }
        text.blank();
        text.clean_session();
        text.announce(&format!("done: {total} steps"));
        text.into_text()
    }

    fn header(&self, text: &mut ScriptText, operation: &Operation, order: &[&TargetPlan], at: &str) {
        let steps: usize = order.iter().map(|plan| plan.steps.len()).sum();
        let newest = self.sets().map(|set| {
            let head = set.head().map_or("none", |version| version.as_str());
            format!("{} {head}", set.tier())
        });
        text.comment(&format!(
            "Made by cargo-multitenant {} at {at}, by the server's clock; making it wrote nothing.\n\n\
             \x20 what        {} (schemas: {}, steps: {steps})\n\
             \x20 from        {}, as it was then\n\
             \x20 migrations  the newest are: {}\n",
            env!("CARGO_PKG_VERSION"),
            intention(operation),
            order.len(),
            self.context.url.host_for_display(),
            newest.collect::<Vec<_>>().join(", "),
        ));
        text.comment(HEADER);
    }

    /// What is done, in this order, and what is not, with the reasons.
    fn in_order<'p>(&self, operation: &Operation, plan: &'p Plan) -> (Vec<&'p TargetPlan>, Vec<String>) {
        let backward = matches!(operation.goal, Goal::Rollback(_) | Goal::Redo(_));
        let refused = |plan: &TargetPlan| plan.refused.is_some() || self.function_in(plan).is_some();
        let mut left_out: Vec<String> = plan
            .targets()
            .filter_map(|plan| {
                Some(format!("{}: {}", plan.target, plan.refused.clone().or_else(|| self.function_in(plan))?))
            })
            .chain(plan.unusable.iter().map(|tenant| tenant.failure.to_string()))
            .collect();
        let mut tenants: Vec<&TargetPlan> = plan.tenants.iter().collect();
        tenants.sort_by_key(|plan| plan.wave);
        let mut order: Vec<&TargetPlan> = Vec::new();
        match &plan.shared {
            Some(shared) if backward => {
                let incomplete = tenants.iter().any(|plan| refused(plan)) || !plan.unusable.is_empty();
                order.extend(tenants);
                if incomplete {
                    left_out.push(format!("{}: not every tenant can be reverted", shared.target));
                } else {
                    order.push(shared);
                }
            }
            Some(shared) if refused(shared) => left_out.push("all tenants: the shared schema comes first".to_owned()),
            shared => order.extend(shared.iter().chain(tenants)),
        }
        order.retain(|plan| !refused(plan) && (plan.create_schema || !plan.steps.is_empty()));
        (order, left_out)
    }

    /// Why a plan cannot be in a script, where one of its migrations is no SQL.
    fn function_in(&self, plan: &TargetPlan) -> Option<String> {
        let set = self.context.set(&plan.target);
        let mut scripts = plan.steps.iter().filter_map(|step| set.script_of(step));
        let function = scripts.find(|migration| migration.is_function())?;
        Some(format!("{} is a Rust function, which only the application can run", function.version()))
    }

    fn sets(&self) -> impl Iterator<Item = &MigrationSet> {
        self.context.shared.iter().chain([&self.context.tenant])
    }
}

const HEADER: &str = "
Run it once, as the role that migrates, with psql 14 or later:

  psql -X -v ON_ERROR_STOP=1 -f THIS_FILE \"$DATABASE_URL\"

With -o /dev/null it shows the steps alone. It stops at the first error with exit code 3: what is committed by
then stays. Make another script for the rest. One transaction around it (-1) is not possible.

Each step takes the lock that cargo-multitenant takes, and then asserts that the schema and its history are what
they were when this was made, by a division that fails. So nothing is done twice, and a second run stops at its first
step and changes nothing. Where a table's lock is not to be had within lock_timeout it stops too: nothing is retried.

The wall around what all tenants share is in it: after a tenant's migration, and before its COMMIT, one query fails
(\"multitenant-wall:CLASS/OID\"; SELECT pg_describe_object(CLASS, OID, 0) names the object) where the transaction has
changed an object that the tenants shared when this was made. Not behind it are objects that came later, those of this
script's own shared migrations among them, and what migrations outside a transaction do.";

fn intention(operation: &Operation) -> String {
    let what = match &operation.goal {
        Goal::Migrate { .. } => "apply what is pending",
        Goal::MarkApplied { .. } => "record what is pending as applied",
        Goal::Rollback(_) => "revert the newest migrations",
        Goal::Redo(_) => "revert the newest migrations and apply them again",
        Goal::Repair(_) => "make histories agree with the migrations",
    };
    match operation.goal.version() {
        Some(version) => format!("{what}, version {version} being the last to stay or to come"),
        None => what.to_owned(),
    }
}
