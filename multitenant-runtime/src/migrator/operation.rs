//! What is to be done, to what, and in which waves.

use std::collections::HashMap;
use std::sync::Arc;

use crate::migration::Version;
use crate::plan::{Extent, Goal, Plan, Repair, Rollout, Step, TargetPlan};
use crate::target::Target;

use super::{Scope, Selection};

/// What is to be done, to what, and in which waves; for [`Migrator::run`](super::Migrator::run).
///
/// ```
/// use multitenant_runtime::{Extent, Operation, Rollout, Scope, Version};
///
/// let to = Version::of_folder("2026-11-02-101500_add_total").unwrap();
/// let careful = Operation::migrate(Scope::all()).to(to).rollout(Rollout::default().stop_on_error());
/// let back = Operation::rollback(Scope::tenants(), Extent::default());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Operation {
    pub(crate) scope: Scope,
    pub(crate) goal: Goal,
    pub(crate) rollout: Rollout,
    pub(crate) failed_only: bool,
    /// What somebody has seen and agreed to, where that is asked for.
    pub(crate) shown: Option<Arc<HashMap<Target, Vec<Step>>>>,
}

impl Operation {
    /// Applies what is pending: the shared schema first, then, if that succeeded, the tenants.
    pub fn migrate(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// Records what is pending as applied, without running any of it: the baseline of schemas that something else
    /// has made, as they are.
    pub fn mark_applied(scope: Scope) -> Self {
        Self { scope, goal: Goal::MarkApplied { to: None }, ..Self::default() }
    }

    /// Reverts the newest migrations by their `down.sql`, newest first: the tenants', then, if that succeeded, the
    /// shared schema's.
    ///
    /// Where one of the migrations has no `down.sql`, nothing is done at all.
    pub fn rollback(scope: Scope, extent: Extent) -> Self {
        Self { scope, goal: Goal::Rollback(extent), ..Self::default() }
    }

    /// Reverts the newest migrations and applies them again, in one tier: the shared schema, or tenants.
    pub fn redo(scope: Scope, extent: Extent) -> Self {
        Self { scope, goal: Goal::Redo(extent), ..Self::default() }
    }

    /// Makes histories agree with this binary's migrations, without running any.
    pub fn repair(scope: Scope, repair: Repair) -> Self {
        Self { scope, goal: Goal::Repair(repair), ..Self::default() }
    }

    /// Up to and including this version; of two tiers, in each up to where it would be. For the operations that apply
    /// or mark; the others have it in their [`Extent`].
    pub fn to(mut self, version: Version) -> Self {
        if let Goal::Migrate { to } | Goal::MarkApplied { to } = &mut self.goal {
            *to = Some(version);
        }
        self
    }

    /// In which waves the tenants are worked through, and when the run stops.
    pub fn rollout(self, rollout: Rollout) -> Self {
        Self { rollout, ..self }
    }

    /// Only tenants of the scope where the last run failed, as the state table has it.
    pub fn failed_only(self) -> Self {
        Self { failed_only: true, ..self }
    }

    /// Only what this plan says: somebody has seen it and agreed. A target of which the same operation would by now
    /// do anything else is left alone.
    pub fn as_shown(self, plan: &Plan) -> Self {
        let steps = plan.targets().map(|plan| (plan.target.clone(), plan.steps.clone())).collect();
        Self { shown: Some(Arc::new(steps)), ..self }
    }

    /// Whether all tenants are in it, and are to be brought to what the binary embeds: then it shows how the fleet stands.
    pub(super) fn is_about_all(&self) -> bool {
        self.scope.tenants == Selection::All && self.goal == (Goal::Migrate { to: None }) && !self.failed_only
    }

    /// Refuses what was not shown, where something was.
    pub(super) fn refuse_unshown(&self, plan: &mut TargetPlan) {
        let Some(shown) = &self.shown else { return };
        let differs = !plan.steps.is_empty() && shown.get(&plan.target) != Some(&plan.steps);
        if differs && plan.refused.is_none() {
            plan.create_schema = false;
            plan.refused = Some("it has changed since the plan was shown: look again".to_owned());
        }
    }
}
