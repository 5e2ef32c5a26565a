//! One step of a target, as the transactions that it is.

use std::sync::Arc;
use std::time::Instant;

use tracing::Instrument as _;

use crate::connection::Session;
use crate::migration::{Migration, MigrationSet, Version};
use crate::plan::{Step, TargetPlan};
use crate::run::Failure;
use crate::run::context::Context;
use crate::run::event::Event;
use crate::run::frame::{Frame, Standing};
#[cfg(feature = "functions")]
use crate::run::function::{Inside, Run};
use crate::run::job::{InDoubt, Job};
use crate::run::outside;
use crate::run::preparation::Preparation;
use crate::run::step::{StepError, send, send_known};
use crate::run::transaction::Transaction;
use crate::sqlstate::FailureClass;
use crate::state::digest;

use super::{Verdict, Worker, interrupted};

impl Worker {
    /// The next step of a job: `None` when there is more to do.
    pub(super) async fn step(&mut self, job: &mut Job) -> Result<Option<Verdict>, StepError> {
        if job.in_doubt.is_some() {
            self.learn(job).await?;
        }
        if let Some((outcome, failure)) = job.settled() {
            return Ok(Some(Verdict::Done(outcome, failure)));
        }
        let context = Arc::clone(&self.context);
        let prepared = Arc::clone(&self.prepared);
        let target = job.plan.target.clone();
        let frame = Frame::new(&context.settings, &target);
        if job.plan.create_schema {
            let session = self.session().await?;
            send(session, &Transaction::create_schema(frame), &[], &prepared, &context.cancellation).await?;
            self.look_again(job).await?;
            return Ok(None);
        }
        let set = context.set(&target);
        self.before_migrations(job).await?;
        if context.cancellation.is_cancelled() {
            return Ok(Some(interrupted(job)));
        }
        match job.plan.next_step().cloned() {
            Some(Step::Apply(version)) => {
                let Some(migration) = set.get(&version) else { return Err(unknown(&version)) };
                context.emit(&Event::MigrationStarted { target: target.clone(), version: version.clone() });
                let started = Instant::now();
                let standing = standing(&job.plan, set, &version);
                let span = tracing::info_span!("migration", version = version.as_str(), direction = "up");
                self.run(frame, migration, &job.plan, &mut job.in_doubt, &standing).instrument(span).await?;
                let duration = started.elapsed();
                context.emit(&Event::MigrationApplied { target, version: version.clone(), duration });
                job.note_done(&[Step::Apply(version)], set);
            }
            Some(Step::Revert(version)) => {
                let reversal = set.get(&version).ok_or_else(|| unknown(&version))?.reversal();
                let reversal =
                    reversal.map_err(|reason| StepError::failed(Failure::new(FailureClass::Refused, reason)))?;
                context.emit(&Event::RevertStarted { target: target.clone(), version: version.clone() });
                let started = Instant::now();
                let step = Step::Revert(version.clone());
                let after = job.plan.after(std::slice::from_ref(&step), set);
                let standing =
                    Standing { digest: digest(set, &after.applied, &after.edited), head: after.applied.last() };
                let span = tracing::info_span!("migration", version = version.as_str(), direction = "down");
                self.run(frame, &reversal, &job.plan, &mut job.in_doubt, &standing).instrument(span).await?;
                context.emit(&Event::MigrationReverted { target, version, duration: started.elapsed() });
                job.note_done(&[step], set);
            }
            Some(_) => self.change_history(frame, job, set).await?,
            None => {}
        }
        Ok(None)
    }

    /// One migration, or its reversal.
    async fn run(
        &mut self,
        frame: Frame<'_>,
        migration: &Migration,
        plan: &TargetPlan,
        doubt: &mut Option<InDoubt>,
        standing: &Standing<'_>,
    ) -> Result<(), StepError> {
        let (context, prepared) = (Arc::clone(&self.context), Arc::clone(&self.prepared));
        prepared.ready_for(self.session().await?, frame, migration).await?;
        if !migration.run_in_transaction() {
            return self.outside_transaction(frame, migration, plan, standing).await;
        }
        #[cfg(feature = "functions")]
        if let Some(function) = migration.function() {
            // Its connection takes the place of this one.
            self.session = None;
            let (prepared, context) = (&*prepared, &*context);
            let inside = Inside { frame, migration, prepared, context };
            return Run { inside, function, plan, standing }.apply(doubt).await;
        }
        let transaction = Transaction::migrate(frame, migration, plan, standing, &prepared);
        let session = self.session().await?;
        let migrations = std::slice::from_ref(migration);
        if migration.is_reversal() {
            // What is gone from the history does not say who removed it.
            let steps = vec![Step::Revert(migration.version().clone())];
            let sent = in_doubt(session, &transaction, migrations, &prepared, &context, doubt, steps);
            prepared.waits.attend(&context, session, frame.target, sent).await?;
        } else {
            let sent = send(session, &transaction, migrations, &prepared, &context.cancellation);
            prepared.waits.attend(&context, session, frame.target, sent).await?;
        }
        for notice in session.take_notices() {
            context.emit(&Event::Notice { target: frame.target.clone(), notice });
        }
        Ok(())
    }

    /// All steps up to the next migration that change nothing but the history, in one transaction.
    async fn change_history(&mut self, frame: Frame<'_>, job: &mut Job, set: &MigrationSet) -> Result<(), StepError> {
        let (context, prepared) = (Arc::clone(&self.context), Arc::clone(&self.prepared));
        let steps = job.plan.next_transaction().to_vec();
        let after = job.plan.after(&steps, set);
        let standing = Standing { digest: digest(set, &after.applied, &after.edited), head: after.applied.last() };
        let transaction = Transaction::change_history(frame, &steps, set, &job.plan, &standing, &prepared);
        let session = self.session().await?;
        in_doubt(session, &transaction, &[], &prepared, &context, &mut job.in_doubt, steps.clone()).await?;
        context.emit(&Event::HistoryChanged { target: frame.target.clone(), steps: steps.clone() });
        job.note_done(&steps, set);
        Ok(())
    }

    /// A migration that must not run in a transaction, on a connection of its own that is closed afterwards.
    async fn outside_transaction(
        &mut self,
        frame: Frame<'_>,
        migration: &Migration,
        plan: &TargetPlan,
        standing: &Standing<'_>,
    ) -> Result<(), StepError> {
        // It keeps session settings and a session lock: nobody uses it after this migration.
        self.session = None;
        let session = self.seat.note(self.context.connect_to_stay().await)?;
        let work = outside::apply(&session, frame, migration, plan, standing, &self.prepared, &self.context);
        let result = work.await;
        // The server ends a session some time after its goodbye, and the next step wants the lock at once.
        let _ = session.rows("SELECT pg_catalog.pg_advisory_unlock_all()").await;
        session.close().await;
        result
    }
}

/// Sends a transaction whose end is looked for if its answer is lost, since nothing in the history would tell.
async fn in_doubt(
    session: &Session,
    transaction: &Transaction,
    migrations: &[Migration],
    prepared: &Preparation,
    context: &Context,
    doubt: &mut Option<InDoubt>,
    steps: Vec<Step>,
) -> Result<(), StepError> {
    let mut known = None;
    let result = send_known(session, transaction, migrations, prepared, &context.cancellation, &mut known).await;
    if matches!(&result, Err(StepError::Failed { failure, .. }) if failure.class == FailureClass::ConnectionLost) {
        *doubt = known.map(|known| (known, steps));
    }
    result
}

/// A plan names only what its set has.
fn unknown(version: &Version) -> StepError {
    StepError::failed(Failure::new(FailureClass::Refused, format!("the migration {version} is not known")))
}

/// How the target will stand when this migration is applied too.
fn standing<'a>(plan: &'a TargetPlan, set: &MigrationSet, next: &'a Version) -> Standing<'a> {
    let applied = || plan.applied.iter().chain([next]);
    Standing { digest: digest(set, applied(), &plan.edited), head: applied().max() }
}
