//! What became of a target that is in doubt: its history is read again, and planned again.

use std::sync::Arc;
use std::time::Duration;

use crate::inventory::{Subject, observe_one};
use crate::plan::{Step, Wanted, decide};
use crate::run::Failure;
use crate::run::event::Event;
use crate::run::frame::Frame;
use crate::run::job::Job;
use crate::run::report::Outcome;
use crate::run::step::StepError;
use crate::sqlstate::FailureClass;

use super::{Verdict, Worker, interrupted};

impl Worker {
    /// The connection is lost, and the run is cancelled: there is no time to wait for the server to notice.
    pub(super) async fn interrupted_in_doubt(&mut self, job: &mut Job) -> Verdict {
        const MOMENT: Duration = Duration::from_secs(5);
        let before = job.done.len();
        let learnt = tokio::time::timeout(MOMENT, self.learn(job)).await;
        if matches!(learnt, Ok(Ok(()))) && job.done.len() > before {
            return interrupted(job);
        }
        let failure = Failure::new(FailureClass::Cancelled, "the run was interrupted, and its connection is lost");
        Verdict::Done(Outcome::Failed, Some(failure.in_doubt_of_the_last()))
    }

    /// Reads one target again after a failure, and takes credit for what this run has done without knowing it.
    pub(super) async fn learn(&mut self, job: &mut Job) -> Result<(), StepError> {
        let context = Arc::clone(&self.context);
        if let Some((known, steps)) = job.in_doubt.clone() {
            let committed = known.has_committed(self.session().await?, &context.cancellation).await?;
            job.in_doubt = None;
            if committed {
                job.note_done(&steps, context.set(&job.plan.target));
            }
            return self.look_again(job).await;
        }
        let next = job.plan.steps.first().cloned();
        self.look_again(job).await?;
        let Some(Step::Apply(version)) = next else { return Ok(()) };
        if !job.plan.applied.contains(&version) {
            return Ok(());
        }
        let target = job.plan.target.clone();
        let sql = Frame::new(&context.settings, &target).ledger().applied_by(&version, &self.prepared.run);
        if !self.session().await?.rows(&sql).await?.is_empty() {
            context.emit(&Event::MigrationApplied { target, version: version.clone(), duration: Duration::ZERO });
            job.done.push(Step::Apply(version));
        }
        Ok(())
    }

    /// Reads one target again, and plans it again.
    pub(super) async fn look_again(&mut self, job: &mut Job) -> Result<(), StepError> {
        let context = Arc::clone(&self.context);
        let session = self.session().await?;
        let target = job.plan.target.clone();
        let set = context.set(&target);
        let table = Frame::new(&context.settings, &target).table;
        let observed = observe_one(session, Subject { target: &target, table, set }).await?;
        let goal = &self.prepared.goal;
        let rest = goal.is_settled_at_the_beginning().then_some(job.plan.steps.as_slice());
        let (wave, has_state_row) = (job.plan.wave, job.plan.has_state_row);
        job.plan = decide(target.clone(), set, &observed, Wanted { goal, rest, policy: context.policy });
        (job.plan.wave, job.plan.has_state_row) = (wave, has_state_row);
        Ok(())
    }
}
