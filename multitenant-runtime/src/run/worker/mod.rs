//! One worker: a connection, and one target after the other.

mod calls;
mod doubt;
mod steps;
mod tries;

use std::sync::Arc;
use std::time::Instant;

use crate::connection::Session;
use crate::target::Target;

use super::Failure;
use super::context::Context;
use super::event::Event;
use super::hooks::also;
use super::job::Job;
use super::preparation::Preparation;
use super::report::Outcome;
use super::seats::Seat;
use super::step::StepError;

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
        let verdict = self.all_steps(job).await;
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

    /// Whether a target failed only because this worker has no connection, and others have one.
    pub(crate) fn leaves_it_to_others(&self) -> bool {
        self.seat.leaves_it_to_others()
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
