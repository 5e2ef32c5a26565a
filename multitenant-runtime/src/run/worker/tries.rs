//! How often a step is tried, and when a target is given up.

use crate::run::Failure;
use crate::run::event::Event;
use crate::run::job::Job;
use crate::run::report::Outcome;
use crate::run::retry;
use crate::run::step::{Again, StepError};
use crate::sqlstate::FailureClass;

use super::{Verdict, Worker, interrupted};

impl Worker {
    /// Step after step, and the tries of each.
    pub(super) async fn all_steps(&mut self, job: &mut Job) -> Verdict {
        let mut delays = self.seat.delays();
        let mut attempt = 0;
        let mut failed_once = false;
        loop {
            if let Err(failure) = self.after_migrations(job).await {
                return Verdict::Done(Outcome::Failed, Some(failure));
            }
            if self.context.cancellation.is_cancelled() {
                return interrupted(job);
            }
            let before = job.done.len();
            let (failure, again) = match self.step(job).await {
                Ok(Some(verdict)) => return verdict,
                Ok(None) => {
                    if job.done.len() > before {
                        (delays, attempt, failed_once) = (retry::delays(), 0, false);
                    }
                    continue;
                }
                Err(StepError::Suspicious) => {
                    let set = self.context.set(&job.plan.target);
                    let next = job.plan.steps.first().and_then(|step| set.script_of(step));
                    self.prepared.be_careful(next.as_deref());
                    continue;
                }
                Err(StepError::Held) => return Verdict::Held,
                Err(StepError::Stale) => {
                    let before = job.plan.clone();
                    match self.look_again(job).await {
                        Ok(()) if job.plan == before => (Box::new(guarded(job)), Again::Once),
                        Ok(()) => continue,
                        Err(StepError::Failed { failure, again }) => (failure, again),
                        Err(StepError::Stale | StepError::Suspicious) => (Box::new(guarded(job)), Again::Once),
                        Err(StepError::Held) => return Verdict::Held,
                    }
                }
                Err(StepError::Failed { failure, again }) => (failure, again),
            };
            if again == Again::Never {
                return Verdict::Done(Outcome::Failed, Some(*failure));
            }
            // The connection may have an unknown state, and a late cancel request may be on its way.
            if failure.class == FailureClass::ConnectionLost || self.context.cancellation.is_cancelled() {
                self.session = None;
            }
            if self.context.cancellation.is_cancelled() {
                let lost = failure.class == FailureClass::ConnectionLost;
                return if lost { self.interrupted_in_doubt(job).await } else { interrupted(job) };
            }
            let once = again == Again::Once;
            let delay = if failure.class.is_retryable() && !(once && failed_once) { delays.next() } else { None };
            let Some(delay) = delay else { return Verdict::Done(Outcome::Failed, Some(failure.in_doubt())) };
            attempt += 1;
            failed_once |= once;
            let target = job.plan.target.clone();
            self.context.emit(&Event::Retrying { target, attempt, delay, failure });
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.context.cancellation.cancelled() => return interrupted(job),
            }
            // Whatever failed may have happened all the same: a lost connection does not tell.
            if let Err(StepError::Failed { failure, .. }) = self.learn(job).await
                && !failure.class.is_retryable()
            {
                return Verdict::Done(Outcome::Failed, Some(*failure));
            }
        }
    }
}

/// The guard fails, though a second look found everything as it was. That the role may use the schema is known by
/// then: what is left is rare, and may pass.
fn guarded(job: &Job) -> Failure {
    let schema = job.plan.target.schema();
    Failure::new(
        FailureClass::Retryable,
        format!("the schema {schema} does not become the current schema, or its history changes under our hands"),
    )
    .with_hint(
        "look for a version that the history table has twice, and for another tool that migrates this schema just now",
    )
}
