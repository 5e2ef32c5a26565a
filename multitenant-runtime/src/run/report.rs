//! What a run did, target by target.

use std::collections::HashMap;
use std::time::Duration;

use crate::migration::Version;
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
    /// Nothing was pending.
    UpToDate,
    /// A migration failed; those before it are applied.
    Failed,
    /// Left alone on purpose: held by another run, edited, or missing; the failure says why.
    Skipped,
    /// The run ended before its turn.
    NotTried,
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
    /// How long the target took, waiting for locks included.
    pub duration: Duration,
    /// Why it failed or was skipped.
    pub failure: Option<Failure>,
    /// Versions in the history that this binary does not know.
    pub unknown: Vec<Version>,
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
    /// Whether the run was cancelled.
    pub cancelled: bool,
}

/// How many targets came out in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Targets where something was applied, and nothing failed.
    pub applied: usize,
    /// Targets with nothing to do.
    pub up_to_date: usize,
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
        Self {
            target,
            outcome: Outcome::UpToDate,
            applied: Vec::new(),
            duration: Duration::ZERO,
            failure: None,
            unknown: Vec::new(),
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
        Self { duration: self.duration + other.duration, cancelled: other.cancelled, ..self }
    }

    /// Counts the outcomes.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { failed: self.unusable.len(), ..Summary::default() };
        for target in &self.targets {
            *match target.outcome {
                Outcome::Applied => &mut summary.applied,
                Outcome::UpToDate => &mut summary.up_to_date,
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
        !self.cancelled
            && self.unusable.is_empty()
            && self.targets.iter().all(|t| matches!(t.outcome, Outcome::Applied | Outcome::UpToDate))
    }

    /// The targets that are not as the binary wants them. [`unusable`](Self::unusable) tenants are no targets.
    pub fn incomplete(&self) -> impl Iterator<Item = &TargetReport> {
        self.targets.iter().filter(|t| !matches!(t.outcome, Outcome::Applied | Outcome::UpToDate))
    }
}
