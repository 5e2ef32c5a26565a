//! One visit to each target, for work that has no history and no plan: K visitors on K connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::ExponentialBackoff;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::connection::Session;
use crate::ident::TenantId;
use crate::migration::Version;
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::context::Context;
use super::event::Event;
use super::frame::Frame;
use super::known::Known;
use super::preparation::Preparation;
use super::queue::{Next, Queue};
use super::report::{Outcome, TargetReport};
use super::seats::{Seat, Seats};
use super::step::{Again, StepError, open};
use super::transaction::{Access, Transaction};
use super::{Failure, retry};

/// What is done at each target.
pub(crate) trait Errand: Send + Sync + 'static {
    /// What a visit keeps over its tries.
    type State: Default + Send + Sync;

    /// How a target comes out where it is done.
    const DONE: Outcome;

    /// How many things are done at a target.
    fn steps(&self, target: &Target) -> usize;

    /// Does it, in one transaction; what it did it notes in the call. It is called again where it fails in a way that
    /// may pass.
    fn visit(
        &self,
        visitor: &mut Visitor,
        call: &mut Call<Self::State>,
    ) -> impl Future<Output = Result<Outcome, StepError>> + Send;
}

/// One target that is visited.
pub(crate) struct Call<S> {
    /// Its place among the targets.
    pub(crate) place: usize,
    pub(crate) target: Target,
    pub(crate) state: S,
    /// The transaction that is about to be committed: asked for, where its answer is lost.
    pub(crate) known: Option<Known>,
    /// Whether a second try would show something twice.
    pub(crate) is_final: bool,
    /// What is done once that is committed, and what was found edited.
    pub(crate) done: Vec<Version>,
    pub(crate) edited: Vec<Version>,
    started: Option<Instant>,
    waited: Option<Duration>,
    polls: ExponentialBackoff,
}

/// Who visits: a connection, and one target after the other.
pub(crate) struct Visitor {
    pub(crate) context: Arc<Context>,
    session: Option<Session>,
    seat: Seat,
}

enum Verdict {
    Done(Outcome, Option<Failure>),
    Held,
}

/// Visits each target once, and reports on each of them, in their order.
pub(crate) async fn visit<E: Errand>(
    context: &Arc<Context>,
    targets: Vec<Target>,
    errand: &Arc<E>,
) -> Vec<TargetReport> {
    let calls: Vec<Call<E::State>> = targets.iter().cloned().enumerate().map(|(i, t)| Call::new(i, t)).collect();
    let visitors = context.settings.jobs.min(calls.len());
    let (queue, seats) = (Arc::new(Queue::new(calls)), Arc::new(Seats::default()));
    let reports = Reports::default();
    let mut running = JoinSet::new();
    for _ in 0..visitors {
        let visitor = Visitor { context: Arc::clone(context), session: None, seat: Seat::new(&seats) };
        running.spawn(work(visitor, Arc::clone(&queue), Arc::clone(errand), reports.clone()));
    }
    // One that panicked takes nothing but its current target with it.
    while running.join_next().await.is_some() {}
    context.witness.close().await;
    for call in queue.drain() {
        reports.file(context, call, Outcome::NotTried, None);
    }
    let mut reports = reports.take();
    let report = |(i, target)| reports.remove(&i).unwrap_or_else(|| lost(target));
    targets.into_iter().enumerate().map(report).collect()
}

impl<S: Default> Call<S> {
    fn new(place: usize, target: Target) -> Self {
        Self {
            place,
            target,
            state: S::default(),
            known: None,
            is_final: false,
            done: Vec::new(),
            edited: Vec::new(),
            started: None,
            waited: None,
            polls: retry::polls(),
        }
    }
}

#[derive(Default, Clone)]
struct Reports(Arc<Mutex<HashMap<usize, TargetReport>>>);

impl Reports {
    fn file<S>(&self, context: &Context, call: Call<S>, outcome: Outcome, failure: Option<Failure>) {
        match &failure {
            Some(failure) => tracing::warn!(schema = %call.target, ?outcome, %failure, "a target is not done"),
            None => tracing::debug!(schema = %call.target, ?outcome, "a target is done"),
        }
        let is_good = outcome.is_good();
        let report = TargetReport {
            duration: call.started.map(|started| started.elapsed()).unwrap_or_default(),
            applied: if is_good { call.done } else { Vec::new() },
            edited: if is_good { call.edited } else { Vec::new() },
            ..TargetReport::new(call.target.clone(), outcome, failure.clone())
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call.place, report);
        // Last: an observer may panic.
        context.emit(&Event::TargetFinished { target: call.target, outcome, failure: failure.map(Box::new) });
    }

    fn take(&self) -> HashMap<usize, TargetReport> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The report of a target whose visitor panicked.
fn lost(target: Target) -> TargetReport {
    let failure = Failure::new(FailureClass::Permanent, "the worker panicked; what it did here is not known");
    tracing::error!(schema = %target, "a worker panicked");
    TargetReport::new(target, Outcome::Failed, Some(failure))
}

async fn work<E: Errand>(mut visitor: Visitor, queue: Arc<Queue<Call<E::State>>>, errand: Arc<E>, reports: Reports) {
    let context = Arc::clone(&visitor.context);
    // A server has only so many connections. Who gets none, where others have one, is not needed.
    if visitor.session().await.is_err() && visitor.seat.leaves_it_to_others() {
        return;
    }
    while !context.cancellation.is_cancelled() {
        let mut call = match queue.next() {
            Next::Job(call) => call,
            Next::Later(delay) => {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = context.cancellation.cancelled() => {}
                }
                continue;
            }
            Next::Empty => break,
        };
        visitor.seat.begin();
        let span =
            tracing::info_span!("visit", schema = %call.target, tenant = call.target.tenant().map(TenantId::as_str));
        match Box::pin(visitor.tries(&*errand, &mut call).instrument(span)).await {
            Verdict::Done(outcome, failure) => reports.file(&context, *call, outcome, failure),
            Verdict::Held => held(&context, &queue, &reports, *call),
        }
    }
    if let Some(session) = visitor.session {
        session.close().await;
    }
}

impl Visitor {
    /// The connection; a new one where the last one is lost.
    pub(crate) async fn session(&mut self) -> Result<&Session, StepError> {
        match self.session.take() {
            Some(session) if !session.is_closed() => Ok(self.session.insert(session)),
            _ => Ok(self.session.insert(self.seat.note(self.context.connect().await)?)),
        }
    }

    /// Opens a transaction at the target, and gives its number where it may write.
    pub(crate) async fn enter(
        &mut self,
        frame: Frame<'_>,
        access: Access,
        prepared: &Preparation,
    ) -> Result<Option<Known>, StepError> {
        let cancellation = self.context.cancellation.clone();
        let session = self.session().await?;
        let opened = open(session, &Transaction::enter(frame, access), prepared, &cancellation).await;
        let rows = opened.map_err(|error| if matches!(error, StepError::Stale) { missing(frame) } else { error })?;
        let number = rows.first().and_then(|row| row.get(0)).filter(|_| access != Access::Read);
        Ok(number.map(|number| Known::new(number.to_owned(), session.backend().cloned())))
    }

    /// Ends what is open on the connection, where there is one.
    pub(crate) async fn roll_back(&self) {
        if let Some(session) = self.session.as_ref().filter(|session| !session.is_closed()) {
            let _ = session.rows("ROLLBACK").await;
        }
    }

    /// Gives the connection up, and what runs on it.
    pub(crate) fn leave(&mut self) {
        self.session = None;
    }

    async fn tries<E: Errand>(&mut self, errand: &E, call: &mut Call<E::State>) -> Verdict {
        if call.started.is_none() {
            call.started = Some(Instant::now());
            let pending = errand.steps(&call.target);
            self.context.emit(&Event::TargetStarted { target: call.target.clone(), pending });
        }
        let cancellation = self.context.cancellation.clone();
        let mut delays = self.seat.delays();
        let mut failed_once = false;
        for attempt in 1.. {
            let (mut failure, again) = match self.once(errand, call).await {
                Ok(outcome) => return Verdict::Done(outcome, None),
                Err(StepError::Held) => return Verdict::Held,
                Err(StepError::Stale | StepError::Suspicious) => {
                    (Box::new(Failure::new(FailureClass::Retryable, "the schema was renamed meanwhile")), Again::Once)
                }
                Err(StepError::Failed { failure, again }) => (failure, again),
            };
            if failure.class == FailureClass::ConnectionLost || cancellation.is_cancelled() {
                self.session = None;
            }
            if cancellation.is_cancelled() && call.known.is_none() {
                return Verdict::Done(Outcome::Failed, Some(interruption()));
            }
            let is_final = call.is_final && call.known.is_none();
            let once = again == Again::Once && failed_once;
            let may_pass = failure.class.is_retryable() && again != Again::Never && !is_final && !once;
            let Some(delay) = may_pass.then(|| delays.next()).flatten() else {
                if call.known.is_some() && failure.class == FailureClass::ConnectionLost {
                    failure.hint.get_or_insert_with(|| {
                        "whether it is done is not known: look before it is run again".to_owned()
                    });
                }
                return Verdict::Done(Outcome::Failed, Some(*failure));
            };
            failed_once |= again == Again::Once;
            self.context.emit(&Event::Retrying { target: call.target.clone(), attempt, delay, failure });
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = cancellation.cancelled(), if call.known.is_none() => {
                    return Verdict::Done(Outcome::Failed, Some(interruption()));
                }
            }
        }
        Verdict::Done(Outcome::NotTried, None)
    }

    /// One try; before a second one what became of the first is asked, where its answer was lost.
    async fn once<E: Errand>(&mut self, errand: &E, call: &mut Call<E::State>) -> Result<Outcome, StepError> {
        if let Some(known) = call.known.clone() {
            let cancellation = self.context.cancellation.clone();
            let committed = known.has_committed(self.session().await?, &cancellation).await?;
            if committed {
                return Ok(E::DONE);
            }
            call.known = None;
            if call.is_final || cancellation.is_cancelled() {
                let failure = Failure::new(FailureClass::Permanent, "the connection was lost; nothing was committed");
                return Err(StepError::failed(failure));
            }
        }
        let result = errand.visit(self, call).await;
        let lost =
            matches!(&result, Err(StepError::Failed { failure, .. }) if failure.class == FailureClass::ConnectionLost);
        if !lost {
            call.known = None;
        }
        result
    }
}

fn held<S>(context: &Context, queue: &Queue<Call<S>>, reports: &Reports, mut call: Call<S>) {
    if call.waited.is_none() {
        context.emit(&Event::Held { target: call.target.clone() });
    }
    let waited = call.waited.unwrap_or_default();
    let left = context.wait.saturating_sub(waited);
    if left.is_zero() {
        let message = format!("still held by another run after {} s", context.wait.as_secs_f32());
        let failure =
            Failure::new(FailureClass::Held, message).with_hint("wait for the other run, or wait longer (`--wait`)");
        return reports.file(context, call, Outcome::Skipped, Some(failure));
    }
    let delay = call.polls.next().unwrap_or(Duration::from_secs(1)).min(left);
    call.waited = Some(waited + delay);
    queue.put_back(call, delay);
}

/// There is nothing to work on.
pub(crate) fn missing(frame: Frame<'_>) -> StepError {
    let schema = frame.target.schema();
    let message = format!("the schema {schema} does not exist, is not finished, or may not be used by this role");
    let hint = "`status` tells which: create the tenant, or grant USAGE on its schema";
    StepError::Failed {
        failure: Box::new(Failure::new(FailureClass::MissingSchema, message).with_hint(hint)),
        again: Again::Never,
    }
}

fn interruption() -> Failure {
    Failure::new(FailureClass::Cancelled, "the run was interrupted; what had begun here is rolled back")
        .with_hint("run it again")
}
