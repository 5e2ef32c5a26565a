//! One worker: a connection, and one target after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::connection::{ConnectErrorKind, Session};
use crate::inventory::{Subject, observe_one};
use crate::migration::{Migration, MigrationSet, Version};
use crate::plan::{Step, TargetPlan, Wanted, decide};
use crate::sqlstate::FailureClass;
use crate::state::digest;
use crate::target::Target;

use super::Failure;
use super::context::Context;
use super::event::Event;
use super::frame::{Frame, Standing};
#[cfg(feature = "functions")]
use super::function::Run;
use super::hooks::also;
use super::job::{InDoubt, Job};
use super::outside;
use super::preparation::Preparation;
use super::report::Outcome;
use super::retry;
use super::seats::Seat;
use super::step::{Again, StepError, send, send_known};
use super::transaction::Transaction;

/// How a worker leaves a job.
pub(crate) enum Verdict {
    Done(Outcome, Option<Failure>),
    /// Another run holds it; to be tried again later.
    Held,
}

/// One worker.
pub(crate) struct Worker {
    context: Arc<Context>,
    prepared: Arc<Preparation>,
    session: Option<Session>,
    seat: Seat,
}

impl Worker {
    pub(crate) fn new(context: Arc<Context>, prepared: Arc<Preparation>) -> Self {
        let seat = Seat::new(&prepared.seats);
        Self { context, prepared, session: None, seat }
    }

    /// Works on a job until it is done, or held by another run.
    pub(crate) async fn work(&mut self, job: &mut Job) -> Verdict {
        self.seat.begin();
        if job.started.is_none() {
            job.started = Some(Instant::now());
            let target = job.plan.target.clone();
            self.context.emit(&Event::TargetStarted { target, pending: job.plan.steps.len() });
            if let Err(failure) = self.context.hooks.before_target(&job.plan).await {
                return Verdict::Done(Outcome::Failed, Some(failure));
            }
            job.begun = true;
        }
        let verdict = self.steps(job).await;
        // What was learnt last to be done has its hook too.
        match (self.after_migrations(job).await, verdict) {
            (Ok(()), verdict) => verdict,
            (Err(second), Verdict::Done(Outcome::Failed, Some(mut first))) => {
                also(&mut first, &second);
                Verdict::Done(Outcome::Failed, Some(first))
            }
            (Err(failure), _) => Verdict::Done(Outcome::Failed, Some(failure)),
        }
    }

    /// Step after step, and the tries of each.
    async fn steps(&mut self, job: &mut Job) -> Verdict {
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

    /// Whether a target failed only because this worker has no connection, and others have one.
    pub(crate) fn leaves_it_to_others(&self) -> bool {
        self.seat.leaves_it_to_others()
    }

    /// The next step of a job: `None` when there is more to do.
    async fn step(&mut self, job: &mut Job) -> Result<Option<Verdict>, StepError> {
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
                self.run(frame, migration, &job.plan, &mut job.in_doubt, &standing).await?;
                let duration = started.elapsed();
                context.emit(&Event::MigrationApplied { target, version: version.clone(), duration });
                done(job, &[Step::Apply(version)], set);
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
                self.run(frame, &reversal, &job.plan, &mut job.in_doubt, &standing).await?;
                context.emit(&Event::MigrationReverted { target, version, duration: started.elapsed() });
                done(job, &[step], set);
            }
            Some(_) => self.change_history(frame, job, set).await?,
            None => {}
        }
        Ok(None)
    }

    /// Calls the hook before the steps of the next transaction, once for each.
    async fn before_migrations(&self, job: &mut Job) -> Result<(), StepError> {
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
    async fn after_migrations(&self, job: &mut Job) -> Result<(), Failure> {
        while let Some(step) = job.done.get(job.told) {
            job.told += 1;
            job.approved.retain(|approved| approved != step);
            self.context.hooks.after_migration(&job.plan.target, step).await?;
        }
        Ok(())
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
            return Run { frame, migration, function, plan, standing, prepared, context }.apply(doubt).await;
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
        done(job, &steps, set);
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

    /// The connection is lost, and the run is cancelled: there is no time to wait for the server to notice.
    async fn interrupted_in_doubt(&mut self, job: &mut Job) -> Verdict {
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
    async fn learn(&mut self, job: &mut Job) -> Result<(), StepError> {
        let context = Arc::clone(&self.context);
        if let Some((known, steps)) = job.in_doubt.clone() {
            let committed = known.has_committed(self.session().await?, &context.cancellation).await?;
            job.in_doubt = None;
            if committed {
                done(job, &steps, context.set(&job.plan.target));
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
    async fn look_again(&mut self, job: &mut Job) -> Result<(), StepError> {
        let context = Arc::clone(&self.context);
        let session = self.session().await?;
        let target = job.plan.target.clone();
        let set = context.set(&target);
        let table = Frame::new(&context.settings, &target).table;
        let observed = observe_one(session, Subject { target: &target, table, set }).await?;
        let goal = &self.prepared.goal;
        let rest = goal.is_settled_at_the_beginning().then_some(job.plan.steps.as_slice());
        let wave = job.plan.wave;
        job.plan = decide(target.clone(), set, &observed, Wanted { goal, rest, policy: context.policy });
        job.plan.wave = wave;
        Ok(())
    }

    async fn session(&mut self) -> Result<&Session, StepError> {
        match self.session.take() {
            Some(session) if !session.is_closed() => Ok(self.session.insert(session)),
            _ => Ok(self.session.insert(self.seat.note(self.context.connect().await)?)),
        }
    }

    /// Notes in the state table how a target failed. Its report says so anyway, so that a failure to note it is
    /// only logged.
    pub(crate) async fn note_failure(&mut self, target: &Target, failure: &Failure) {
        let prepared = Arc::clone(&self.prepared);
        let Some(state) = &prepared.state else { return };
        // Whoever is waiting for the end does not wait for a connection.
        if self.context.cancellation.is_cancelled() && self.session.is_none() {
            return;
        }
        let Ok(session) = self.session().await else { return };
        if let Err(error) = session.pipeline(&state.note_failure(target, failure)).await {
            tracing::warn!(error = %Failure::from_postgres(&error.error), "the failure is not in the state table");
        }
    }

    /// Says goodbye to the server.
    pub(crate) async fn finish(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }
}

fn interrupted(job: &mut Job) -> Verdict {
    let (outcome, failure) = job.interrupted();
    Verdict::Done(outcome, failure)
}

/// Notes what is done.
fn done(job: &mut Job, steps: &[Step], set: &MigrationSet) {
    for step in steps {
        job.plan.advance(step, set);
        job.done.push(step.clone());
    }
    job.in_doubt = None;
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

/// How the target will stand when this migration is applied too.
fn standing<'a>(plan: &'a TargetPlan, set: &MigrationSet, next: &'a Version) -> Standing<'a> {
    let applied = || plan.applied.iter().chain([next]);
    Standing { digest: digest(set, applied(), &plan.edited), head: applied().max() }
}

impl Failure {
    pub(crate) fn from_connect(error: &crate::connection::ConnectError) -> Self {
        let class = match error.kind() {
            ConnectErrorKind::Unreachable | ConnectErrorKind::NotAccepting => FailureClass::ConnectionLost,
            ConnectErrorKind::TooManyConnections => FailureClass::Retryable,
            _ => FailureClass::Permanent,
        };
        Self::new(class, error.to_string())
    }
}
