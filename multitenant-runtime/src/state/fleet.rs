//! How the schemas of a fleet stand.

use crate::plan::{Plan, State, TargetPlan};
use crate::run::{Outcome, Report};
use crate::sqlstate::FailureClass;

/// How many tenants stand in which way, of all that the registry has.
///
/// Serialised, the fields have these names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct FleetStatus {
    /// All of them.
    pub tenants: usize,
    /// Those that hold what this binary embeds.
    pub up_to_date: usize,
    /// Those that a newer release has migrated.
    pub ahead: usize,
    /// Those that do not hold what this binary embeds.
    pub behind: usize,
    /// Those where the last run failed.
    pub failed: usize,
    /// Those without a schema, or with an id that can have none.
    pub missing: usize,
    /// Those of which the state table says nothing.
    pub unknown: usize,
}

impl FleetStatus {
    /// By what a look at all histories has found.
    pub(crate) fn of_plan(plan: &Plan) -> Self {
        let mut fleet = Self::default();
        for tenant in &plan.tenants {
            fleet.add(Standing::of(tenant), 1);
        }
        fleet.add(Standing::Missing, plan.unusable.len());
        fleet
    }

    /// By what a run over all has left.
    pub(crate) fn of_report(report: &Report) -> Self {
        let mut fleet = Self::default();
        for tenant in report.targets.iter().filter(|report| report.target.tenant().is_some()) {
            let standing = match tenant.outcome {
                Outcome::Failed => Standing::Failed,
                outcome if outcome.is_good() => Standing::UpToDate,
                _ if tenant.failure.as_ref().is_some_and(|failure| failure.class == FailureClass::MissingSchema) => {
                    Standing::Missing
                }
                _ => Standing::Behind,
            };
            fleet.add(standing, 1);
        }
        fleet.add(Standing::Missing, report.unusable.len());
        fleet
    }

    /// Counts so many more.
    pub(crate) fn add(&mut self, standing: Standing, count: usize) {
        self.tenants += count;
        *match standing {
            Standing::UpToDate => &mut self.up_to_date,
            Standing::Ahead => &mut self.ahead,
            Standing::Behind => &mut self.behind,
            Standing::Failed => &mut self.failed,
            Standing::Missing => &mut self.missing,
            Standing::Unknown => &mut self.unknown,
        } += count;
    }
}

/// How one schema stands against what the binary embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Standing {
    /// It holds what the binary embeds.
    UpToDate,
    /// A newer release has migrated it.
    Ahead,
    /// It does not hold what the binary embeds.
    Behind,
    /// The last run failed there.
    Failed,
    /// The schema does not exist.
    Missing,
    /// The state table does not say.
    Unknown,
}

impl Standing {
    /// By what a look at the history has found.
    fn of(plan: &TargetPlan) -> Self {
        match plan.state {
            State::Missing => Self::Missing,
            State::Unreadable => Self::Unknown,
            _ if plan.last_failure.is_some() => Self::Failed,
            State::UpToDate | State::Unknown => Self::UpToDate,
            State::Ahead => Self::Ahead,
            State::Behind | State::Edited => Self::Behind,
        }
    }

    /// As the server says it.
    #[cfg(feature = "pool")]
    pub(super) fn parse(text: &str) -> Self {
        match text {
            "up-to-date" => Self::UpToDate,
            "ahead" => Self::Ahead,
            "behind" => Self::Behind,
            "failed" => Self::Failed,
            "missing" => Self::Missing,
            _ => Self::Unknown,
        }
    }
}
