//! One worker: a connection, and one target after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::ExponentialBackoff;

use crate::connection::{ConnectErrorKind, Session};
use crate::inventory::{Subject, observe_one};
use crate::migration::{Migration, MigrationSet, Version};
use crate::plan::{State, TargetPlan, decide};
use crate::sqlstate::FailureClass;
use crate::state::digest;

use super::Failure;
use super::context::Context;
use super::event::Event;
use super::frame::{Frame, Standing};
use super::outside;
use super::preparation::Preparation;
use super::report::{Outcome, TargetReport};
use super::retry;
use super::step::{Again, StepError, send};
use super::transaction::Transaction;

/// A target that is to be migrated, and how far it is.
pub(crate) struct Job {
    /// Its place in the report.
    pub(crate) place: usize,
    pub(crate) plan: TargetPlan,
    pub(crate) applied: Vec<Version>,
    /// When work on it began.
    pub(crate) started: Option<Instant>,
    /// How long it has been waited for, once it was found to be held by another run.
    pub(crate) waited: Option<Duration>,
    pub(crate) polls: ExponentialBackoff,
}

impl Job {
    pub(crate) fn new(place: usize, plan: TargetPlan) -> Self {
        Self { place, plan, applied: Vec::new(), started: None, waited: None, polls: retry::polls() }
    }

    pub(crate) fn report(self, outcome: Outcome, failure: Option<Failure>) -> TargetReport {
        TargetReport {
            outcome,
            failure,
            applied: self.applied,
            duration: self.started.map(|started| started.elapsed()).unwrap_or_default(),
            unknown: self.plan.unknown,
            target: self.plan.target,
        }
    }
}

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
}

impl Worker {
    pub(crate) fn new(context: Arc<Context>, prepared: Arc<Preparation>) -> Self {
        Self { context, prepared, session: None }
    }

    /// Works on a job until it is done, or held by another run.
    pub(crate) async fn work(&mut self, job: &mut Job) -> Verdict {
        if job.started.is_none() {
            job.started = Some(Instant::now());
            let target = job.plan.target.clone();
            self.context.emit(&Event::TargetStarted { target, pending: job.plan.pending.len() });
        }
        let mut delays = retry::delays();
        let mut attempt = 0;
        let mut failed_once = false;
        loop {
            if self.context.cancellation.is_cancelled() {
                return interrupted(job);
            }
            let before = job.applied.len();
            let (failure, again) = match self.step(job).await {
                Ok(Some(verdict)) => return verdict,
                Ok(None) => {
                    if job.applied.len() > before {
                        (delays, attempt, failed_once) = (retry::delays(), 0, false);
                    }
                    continue;
                }
                Err(StepError::Suspicious) => {
                    let next =
                        job.plan.pending.first().and_then(|version| self.context.set(&job.plan.target).get(version));
                    self.prepared.be_careful(next);
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
                return interrupted(job);
            }
            let once = again == Again::Once;
            let delay = if failure.class.is_retryable() && !(once && failed_once) { delays.next() } else { None };
            let Some(delay) = delay else { return Verdict::Done(Outcome::Failed, Some(*failure)) };
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

    /// The next step of a job: `None` when there is more to do.
    async fn step(&mut self, job: &mut Job) -> Result<Option<Verdict>, StepError> {
        if let Some((outcome, failure)) = settled(&job.plan, &job.applied) {
            return Ok(Some(Verdict::Done(outcome, failure)));
        }
        let context = Arc::clone(&self.context);
        let prepared = Arc::clone(&self.prepared);
        let frame = Frame::new(&context.settings, &job.plan.target);
        if job.plan.create_schema {
            let session = self.session().await?;
            send(session, &Transaction::create_schema(frame), &[], &prepared, &context.cancellation).await?;
            self.look_again(job).await?;
            return Ok(None);
        }
        let set = context.set(&job.plan.target);
        let Some(migration) = job.plan.pending.first().and_then(|version| set.get(version)) else {
            return Ok(Some(Verdict::Done(Outcome::Applied, None)));
        };
        let version = migration.version().clone();
        let target = job.plan.target.clone();
        context.emit(&Event::MigrationStarted { target: target.clone(), version: version.clone() });
        let started = Instant::now();
        prepared.ready_for(self.session().await?, frame, migration).await?;
        if migration.run_in_transaction() {
            let standing = standing(&job.plan, set, &version);
            let transaction = Transaction::migrate(frame, migration, &job.plan, &standing, &prepared);
            let session = self.session().await?;
            send(session, &transaction, std::slice::from_ref(migration), &prepared, &context.cancellation).await?;
            for notice in session.take_notices() {
                context.emit(&Event::Notice { target: target.clone(), notice });
            }
        } else {
            self.outside_transaction(frame, migration, job, set).await?;
        }
        context.emit(&Event::MigrationApplied { target, version: version.clone(), duration: started.elapsed() });
        job.plan.advance(&version, set.head());
        job.applied.push(version);
        Ok(None)
    }

    /// A migration that must not run in a transaction, on a connection of its own that is closed afterwards.
    async fn outside_transaction(
        &mut self,
        frame: Frame<'_>,
        migration: &Migration,
        job: &Job,
        set: &MigrationSet,
    ) -> Result<(), StepError> {
        // It keeps session settings and a session lock: nobody uses it after this migration.
        self.session = None;
        let session = self.context.connect().await?;
        let standing = standing(&job.plan, set, migration.version());
        let work = outside::apply(&session, frame, migration, &job.plan, &standing, &self.prepared, &self.context);
        let result = work.await;
        // The server ends a session some time after its goodbye, and the next step wants the lock at once.
        let _ = session.rows("SELECT pg_catalog.pg_advisory_unlock_all()").await;
        session.close().await;
        result
    }

    /// Reads one target again after a failure, and takes credit for what this run has done without knowing it.
    async fn learn(&mut self, job: &mut Job) -> Result<(), StepError> {
        let next = job.plan.pending.first().cloned();
        self.look_again(job).await?;
        let Some(version) = next.filter(|version| job.plan.applied.contains(version)) else { return Ok(()) };
        let (context, prepared) = (Arc::clone(&self.context), Arc::clone(&self.prepared));
        let target = job.plan.target.clone();
        let sql = Frame::new(&context.settings, &target).ledger().applied_by(&version, &prepared.run);
        if !self.session().await?.rows(&sql).await?.is_empty() {
            context.emit(&Event::MigrationApplied { target, version: version.clone(), duration: Duration::ZERO });
            job.applied.push(version);
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
        job.plan = decide(target.clone(), set, &observed, context.policy);
        Ok(())
    }

    async fn session(&mut self) -> Result<&Session, StepError> {
        match self.session.take() {
            Some(session) if !session.is_closed() => Ok(self.session.insert(session)),
            _ => Ok(self.session.insert(self.context.connect().await?)),
        }
    }

    /// Notes in the state table how a target failed. Its report says so anyway, so that a failure to note it is
    /// only logged.
    pub(crate) async fn note_failure(&mut self, job: &Job, failure: &Failure) {
        let prepared = Arc::clone(&self.prepared);
        let Some(state) = &prepared.state else { return };
        let Ok(session) = self.session().await else { return };
        if let Err(error) = session.pipeline(&state.note_failure(&job.plan.target, failure)).await {
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

/// The outcome of a target with which nothing is to be done, or nothing more.
pub(crate) fn settled(plan: &TargetPlan, applied: &[Version]) -> Option<(Outcome, Option<Failure>)> {
    if let Some(failure) = refusal(plan) {
        let outcome = match plan.state {
            State::Missing | State::Unreadable => Outcome::Failed,
            _ => Outcome::Skipped,
        };
        return Some((outcome, Some(failure)));
    }
    let done = plan.pending.is_empty() && !plan.create_schema;
    done.then_some((if applied.is_empty() { Outcome::UpToDate } else { Outcome::Applied }, None))
}

/// Why nothing will be done to a target, as a failure.
pub(crate) fn refusal(plan: &TargetPlan) -> Option<Failure> {
    let reason = plan.refused.as_ref()?;
    Some(match (plan.state, &plan.last_failure) {
        (State::Unreadable, Some(failure)) => failure.clone(),
        (State::Missing, _) => Failure::new(FailureClass::MissingSchema, reason),
        _ => Failure::new(FailureClass::Refused, reason),
    })
}

fn interrupted(job: &Job) -> Verdict {
    // The last migration was committed before the word came.
    if let Some((outcome, failure)) = settled(&job.plan, &job.applied) {
        return Verdict::Done(outcome, failure);
    }
    let (outcome, _) = left(job);
    Verdict::Done(outcome, Some(interruption()))
}

/// The outcome of a target that nobody goes on with.
pub(crate) fn left(job: &Job) -> (Outcome, Option<Failure>) {
    if job.applied.is_empty() { (Outcome::NotTried, None) } else { (Outcome::Failed, Some(interruption())) }
}

fn interruption() -> Failure {
    Failure::new(FailureClass::Cancelled, "the run was interrupted; what had begun here is rolled back")
        .with_hint("run it again: it goes on where this run ended")
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
