//! A target that is worked on: what is to be done there, what is done, and how it comes out.

use std::time::{Duration, Instant};

use backon::ExponentialBackoff;

use crate::migration::MigrationSet;
use crate::plan::{State, Step, TargetPlan};
use crate::sqlstate::FailureClass;

use super::Failure;
use super::known::Known;
use super::report::{Outcome, TargetReport};
use super::retry;

/// A target that is worked on, and how far it is.
pub(crate) struct Job {
    /// Its place in the report.
    pub(crate) place: usize,
    pub(crate) plan: TargetPlan,
    /// What this run has done there, in order.
    pub(crate) done: Vec<Step>,
    pub(crate) in_doubt: Option<InDoubt>,
    /// Whether `before_target` was called, and did not fail: `after_target` is to follow.
    pub(crate) begun: bool,
    /// The steps that `before_migration` was called for, and that are not done yet.
    pub(crate) approved: Vec<Step>,
    /// For how many of the steps that are done `after_migration` was called.
    pub(crate) told: usize,
    /// When work on it began.
    pub(crate) started: Option<Instant>,
    /// How long it has been waited for, once it was found to be held by another run.
    pub(crate) waited: Option<Duration>,
    pub(crate) polls: ExponentialBackoff,
}

/// A transaction whose end is not known, and the steps that it holds.
pub(crate) type InDoubt = (Known, Vec<Step>);

impl Job {
    pub(crate) fn new(place: usize, plan: TargetPlan) -> Self {
        Self {
            place,
            plan,
            done: Vec::new(),
            in_doubt: None,
            begun: false,
            approved: Vec::new(),
            told: 0,
            started: None,
            waited: None,
            polls: retry::polls(),
        }
    }

    /// Notes what is done.
    pub(super) fn note_done(&mut self, steps: &[Step], set: &MigrationSet) {
        for step in steps {
            self.plan.advance(step, set);
            self.done.push(step.clone());
        }
        self.in_doubt = None;
    }

    pub(crate) fn report(self, outcome: Outcome, failure: Option<Failure>) -> TargetReport {
        let mut report = TargetReport::new(self.plan.target, outcome, failure);
        report.duration = self.started.map(|started| started.elapsed()).unwrap_or_default();
        report.unknown = self.plan.unknown;
        for step in self.done {
            match step {
                Step::Apply(version) => report.applied.push(version),
                Step::Revert(version) => report.reverted.push(version),
                step => report.recorded.push(step),
            }
        }
        report
    }

    /// The outcome of a target with which nothing is to be done, or nothing more.
    pub(crate) fn settled(&mut self) -> Option<(Outcome, Option<Failure>)> {
        if let Some(failure) = refusal(&self.plan) {
            let outcome = match self.plan.state {
                State::Missing | State::Unreadable => Outcome::Failed,
                _ => Outcome::Skipped,
            };
            return Some((outcome, Some(failure)));
        }
        let done = self.plan.next_step().is_none() && !self.plan.create_schema;
        done.then(|| (Outcome::of(&self.done), None))
    }

    /// The outcome of a target that nobody goes on with.
    pub(crate) fn left(&self) -> (Outcome, Option<Failure>) {
        if self.done.is_empty() { (Outcome::NotTried, None) } else { (Outcome::Failed, Some(interruption())) }
    }

    /// The outcome of a target whose run was cancelled.
    pub(crate) fn interrupted(&mut self) -> (Outcome, Option<Failure>) {
        // The last migration was committed before the word came.
        if let Some(settled) = self.settled() {
            return settled;
        }
        (self.left().0, Some(interruption()))
    }
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

fn interruption() -> Failure {
    Failure::new(FailureClass::Cancelled, "the run was interrupted; what had begun here is rolled back")
        .with_hint("run it again: it goes on where this run ended")
}
