//! The plan as a value.

use serde::Serialize;

use crate::migration::{MigrationSet, Version};
use crate::registry::UnusableTenant;
use crate::run::Failure;
use crate::target::Target;

use super::Step;

/// How a target stands against the binary's migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// Everything is applied.
    UpToDate,
    /// Something is pending.
    Behind,
    /// Everything is applied, and versions newer than the binary's too: a newer release was here.
    Ahead,
    /// Everything is applied, and versions that the binary does not know, older than its newest, too.
    Unknown,
    /// An applied migration differs from the binary's.
    Edited,
    /// The schema does not exist.
    Missing,
    /// Its history cannot be read, so that nobody knows what is applied; [`TargetPlan::last_failure`] says why.
    Unreadable,
}

/// What is to be done with one target, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct TargetPlan {
    /// The target.
    #[serde(flatten)]
    pub target: Target,
    /// How it stands.
    pub state: State,
    /// What its history holds, in order.
    pub applied: Vec<Version>,
    /// What is not applied yet, in the order in which it would be.
    pub pending: Vec<Version>,
    /// Versions in the history that the binary does not know.
    pub unknown: Vec<Version>,
    /// Applied migrations whose text differs from the binary's.
    pub edited: Vec<Version>,
    /// Pending versions that sort before one that is applied already.
    pub out_of_order: Vec<Version>,
    /// What will be done, in this order; with [`refused`](Self::refused), what would have been.
    pub steps: Vec<Step>,
    /// In which wave of the run it is, from 1: the canaries first, then all others.
    pub wave: usize,
    /// Why nothing will be done though something is pending or wrong; `None` where the plan goes ahead.
    pub refused: Option<String>,
    /// Whether the schema is to be created first.
    pub create_schema: bool,
    /// How the last run failed here, as the state table has it; of an unreadable history, why it cannot be read.
    pub last_failure: Option<Failure>,
    /// Whether the state table knows how the target stands.
    #[serde(skip)]
    pub(crate) recorded: bool,
    /// Whether the state table has a row for it that could.
    #[serde(skip)]
    pub(crate) has_state_row: bool,
    /// What is applied is known from the state table alone, by this digest of the history.
    #[serde(skip)]
    pub(crate) by_state: Option<String>,
    /// How the history table stands: decides what the first migration's transaction must do to it.
    #[serde(skip)]
    pub(crate) history: crate::inventory::HistoryTable,
}

impl TargetPlan {
    /// A plan that knows nothing but its target.
    pub(crate) fn unseen(target: Target) -> Self {
        Self {
            target,
            state: State::Unknown,
            applied: Vec::new(),
            pending: Vec::new(),
            unknown: Vec::new(),
            edited: Vec::new(),
            out_of_order: Vec::new(),
            steps: Vec::new(),
            wave: 1,
            refused: None,
            create_schema: false,
            last_failure: None,
            recorded: false,
            has_state_row: false,
            by_state: None,
            history: crate::inventory::HistoryTable::Absent,
        }
    }

    /// Whether the schema is there and there is nothing to do: a run leaves it as it is.
    pub(crate) fn is_settled(&self) -> bool {
        self.state != State::Missing && self.refused.is_none() && self.steps.is_empty()
    }

    /// The next step that is still to be done; those before it that somebody else has done meanwhile are dropped.
    pub(crate) fn next_step(&mut self) -> Option<&Step> {
        let done = self.steps.iter().take_while(|step| step.is_done(&self.applied, &self.edited)).count();
        self.steps.drain(..done);
        self.steps.first()
    }

    /// The next steps that are one transaction: a migration, or all that change nothing but the history up to the next
    /// one.
    pub(crate) fn next_transaction(&self) -> &[Step] {
        let records = self.steps.iter().take_while(|step| step.is_record_only()).count();
        &self.steps[..self.steps.len().min(records.max(1))]
    }

    /// Notes that a step is done, and that the history table has our columns now.
    pub(crate) fn advance(&mut self, step: &Step, set: &MigrationSet) {
        let version = step.version();
        match step {
            Step::Apply(_) | Step::Mark(_) => self.note_applied(version),
            Step::Revert(_) | Step::Forget(_) => self.note_absent(version, set),
            Step::Accept(_) => self.edited.retain(|edited| edited != version),
        }
        if self.steps.first() == Some(step) {
            self.steps.remove(0);
        }
        self.state = super::decide::state(set.head(), &self.pending, &self.unknown, &self.edited);
        self.history = crate::inventory::HistoryTable::Extended;
        // The step's guard has asked the history.
        self.by_state = None;
    }

    /// The same plan when these steps are done too.
    pub(crate) fn after(&self, steps: &[Step], set: &MigrationSet) -> Self {
        let mut after = self.clone();
        steps.iter().for_each(|step| after.advance(step, set));
        after
    }

    fn note_applied(&mut self, version: &Version) {
        self.pending.retain(|pending| pending != version);
        self.out_of_order.retain(|late| late != version);
        if let Err(place) = self.applied.binary_search(version) {
            self.applied.insert(place, version.clone());
        }
    }

    fn note_absent(&mut self, version: &Version, set: &MigrationSet) {
        self.applied.retain(|applied| applied != version);
        self.unknown.retain(|unknown| unknown != version);
        self.edited.retain(|edited| edited != version);
        let Err(place) = self.pending.binary_search(version) else { return };
        if set.get(version).is_some() {
            self.pending.insert(place, version.clone());
        }
    }

    /// Whether the target's row in the state table does not say what its history holds: somebody else has changed the
    /// history, or the schema is another one by now.
    ///
    /// That costs a start a reading of this history, and the next run that leaves nothing to do here mends it. Not told of a
    /// target whose last run failed, nor of versions that are unknown or edited: of these a row of another release may
    /// well say what there is.
    ///
    /// ```no_run
    /// # async fn example(migrator: &multitenant_runtime::Migrator) -> Result<(), multitenant_runtime::Error> {
    /// let plan = migrator.plan(multitenant_runtime::Scope::all()).await?;
    /// let stale = plan.targets().filter(|target| target.state_row_is_stale()).count();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn state_row_is_stale(&self) -> bool {
        let is_readable = !matches!(self.state, State::Missing | State::Unreadable);
        let is_known = self.unknown.is_empty() && self.edited.is_empty() && self.last_failure.is_none();
        self.has_state_row && !self.recorded && is_readable && is_known
    }

    /// Whether a run has anything to do here.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.refused.is_none() && !self.steps.is_empty()
    }
}

/// What a run would do, target by target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct Plan {
    /// The shared schema, where there are shared migrations and the scope holds them.
    pub shared: Option<TargetPlan>,
    /// The tenants, in the registry's order.
    pub tenants: Vec<TargetPlan>,
    /// What the registry has and no run can work on: each of them is a failure of the run.
    pub unusable: Vec<UnusableTenant>,
}

/// How many tenants stand in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanSummary {
    /// How many tenants there are, the unusable ones included.
    pub tenants: usize,
    /// How many are up to date.
    pub up_to_date: usize,
    /// How many have something pending.
    pub behind: usize,
    /// How many have versions that the binary does not know.
    pub ahead: usize,
    /// How many have an applied migration that differs.
    pub edited: usize,
    /// How many have no schema.
    pub missing: usize,
    /// How many have a history that cannot be read, or cannot be used at all.
    pub failed: usize,
}

impl Plan {
    /// The shared schema, if it belongs to the plan, then the tenants.
    pub fn targets(&self) -> impl Iterator<Item = &TargetPlan> {
        self.shared.iter().chain(&self.tenants)
    }

    /// Counts the tenants' states.
    #[must_use]
    pub fn summary(&self) -> PlanSummary {
        let failed = self.unusable.len();
        let mut summary = PlanSummary { tenants: self.tenants.len() + failed, failed, ..PlanSummary::default() };
        for tenant in &self.tenants {
            *match tenant.state {
                State::UpToDate => &mut summary.up_to_date,
                State::Behind => &mut summary.behind,
                State::Ahead | State::Unknown => &mut summary.ahead,
                State::Edited => &mut summary.edited,
                State::Missing => &mut summary.missing,
                State::Unreadable => &mut summary.failed,
            } += 1;
        }
        summary
    }
}
