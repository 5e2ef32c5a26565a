//! The hooks around a target's migrations, each called once for each step.

use crate::run::Failure;
use crate::run::job::Job;
use crate::run::step::{Again, StepError};

use super::Worker;

impl Worker {
    /// Calls the hook before the steps of the next transaction, once for each.
    pub(super) async fn before_migrations(&self, job: &mut Job) -> Result<(), StepError> {
        for step in job.plan.next_transaction() {
            if job.approved.contains(step) {
                continue;
            }
            let approved = self.context.hooks.before_migration(&job.plan.target, step).await;
            approved.map_err(|failure| StepError::Failed { failure: Box::new(failure), again: Again::Never })?;
            job.approved.push(step.clone());
        }
        Ok(())
    }

    /// Calls the hook after the steps that are done and have not had it.
    pub(super) async fn after_migrations(&self, job: &mut Job) -> Result<(), Failure> {
        while let Some(step) = job.done.get(job.told) {
            job.told += 1;
            job.approved.retain(|approved| approved != step);
            self.context.hooks.after_migration(&job.plan.target, step).await?;
        }
        Ok(())
    }
}
