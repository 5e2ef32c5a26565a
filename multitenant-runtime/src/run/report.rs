//! What a run did, target by target.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use crate::migration::Version;
use crate::plan::Step;
use crate::registry::UnusableTenant;
use crate::target::Target;

use super::Failure;

/// How a target came out of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// Everything that was pending is applied.
    Applied,
    /// Everything that was to be reverted is.
    Reverted,
    /// Its history was changed, and nothing else.
    Recorded,
    /// Nothing was to be done.
    UpToDate,
    /// It has answered: all statements for the fleet are done.
    Answered,
    /// A migration failed; those before it are applied.
    Failed,
    /// Left alone on purpose: held by another run, edited, or missing; the failure says why.
    Skipped,
    /// The run ended before its turn.
    NotTried,
}

impl Outcome {
    /// Whether the target is as the run was to leave it.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Applied | Self::Reverted | Self::Recorded | Self::UpToDate | Self::Answered)
    }

    /// What these steps amount to, when there is nothing left to do.
    pub(crate) fn of(done: &[Step]) -> Self {
        let any = |wanted: fn(&Step) -> bool| done.iter().any(wanted);
        if any(|step| matches!(step, Step::Apply(_))) {
            Self::Applied
        } else if any(|step| matches!(step, Step::Revert(_))) {
            Self::Reverted
        } else if done.is_empty() {
            Self::UpToDate
        } else {
            Self::Recorded
        }
    }
}

/// What a run did to one target.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TargetReport {
    /// The target.
    pub target: Target,
    /// How it came out.
    pub outcome: Outcome,
    /// What this run applied, in order, even where a later migration failed.
    pub applied: Vec<Version>,
    /// What this run reverted, in order, even where it failed later.
    pub reverted: Vec<Version>,
    /// What this run changed in the history alone.
    pub recorded: Vec<Step>,
    /// How long the target took, waiting for locks included.
    pub duration: Duration,
    /// Why it failed or was skipped.
    pub failure: Option<Failure>,
    /// Versions in the history that this binary does not know.
    pub unknown: Vec<Version>,
    /// The seeds that a tenant was created with, in order.
    pub seeded: Vec<Version>,
    /// Seeds that were done here before with another text than they have now; they are not done again.
    pub edited: Vec<Version>,
}

/// Why a run stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stop {
    /// A canary is not as it should be.
    Canary {
        /// How many of them.
        failed: usize,
    },
    /// As many tenants failed as were too many.
    TooManyFailures {
        /// How many, those among them that had begun before.
        failed: usize,
    },
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary { failed } => write!(f, "{failed} of the canaries failed"),
            Self::TooManyFailures { failed } => write!(f, "{failed} failed, and that is the limit"),
        }
    }
}

/// What a run did: every target, and every tenant that is none, is in it once, whatever happened.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// The shared schema first where it belonged to the run, then the tenants in the registry's order.
    pub targets: Vec<TargetReport>,
    /// What the registry has and no run can work on: each of them is a failure.
    pub unusable: Vec<UnusableTenant>,
    /// How long the run took.
    pub duration: Duration,
    /// Why the run stopped before its end, where it did.
    pub stopped: Option<Stop>,
    /// Whether the run was cancelled.
    pub cancelled: bool,
}

/// How many targets came out in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Targets where something was applied, and nothing failed.
    pub applied: usize,
    /// Targets where something was reverted, and nothing failed.
    pub reverted: usize,
    /// Targets whose history alone was changed.
    pub recorded: usize,
    /// Targets with nothing to do.
    pub up_to_date: usize,
    /// Targets that have answered.
    pub answered: usize,
    /// Targets that failed, and tenants that no run can work on.
    pub failed: usize,
    /// Targets left alone on purpose.
    pub skipped: usize,
    /// Targets that the run did not come to.
    pub not_tried: usize,
}

impl TargetReport {
    /// The report of a target that is as it should be.
    pub(crate) fn up_to_date(target: Target) -> Self {
        Self::new(target, Outcome::UpToDate, None)
    }

    /// The report of a target to which nothing was done.
    pub(crate) fn new(target: Target, outcome: Outcome, failure: Option<Failure>) -> Self {
        Self {
            target,
            outcome,
            failure,
            applied: Vec::new(),
            reverted: Vec::new(),
            recorded: Vec::new(),
            duration: Duration::ZERO,
            unknown: Vec::new(),
            seeded: Vec::new(),
            edited: Vec::new(),
        }
    }
}

impl Report {
    /// The same report, with what another one says of some of its targets.
    pub(crate) fn with(mut self, other: Self) -> Self {
        let mut others: HashMap<Target, TargetReport> =
            other.targets.into_iter().map(|report| (report.target.clone(), report)).collect();
        for report in &mut self.targets {
            if let Some(other) = others.remove(&report.target) {
                *report = other;
            }
        }
        self.unusable.extend(other.unusable);
        Self { duration: self.duration + other.duration, cancelled: other.cancelled, stopped: other.stopped, ..self }
    }

    /// Counts the outcomes.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { failed: self.unusable.len(), ..Summary::default() };
        for target in &self.targets {
            *match target.outcome {
                Outcome::Applied => &mut summary.applied,
                Outcome::Reverted => &mut summary.reverted,
                Outcome::Recorded => &mut summary.recorded,
                Outcome::UpToDate => &mut summary.up_to_date,
                Outcome::Answered => &mut summary.answered,
                Outcome::Failed => &mut summary.failed,
                Outcome::Skipped => &mut summary.skipped,
                Outcome::NotTried => &mut summary.not_tried,
            } += 1;
        }
        summary
    }

    /// Whether every target is as the binary wants it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.cancelled && self.unusable.is_empty() && self.targets.iter().all(|target| target.outcome.is_good())
    }

    /// The targets that are not as the binary wants them. [`unusable`](Self::unusable) tenants are no targets.
    pub fn incomplete(&self) -> impl Iterator<Item = &TargetReport> {
        self.targets.iter().filter(|target| !target.outcome.is_good())
    }
}
