//! What a run is to bring about, and by which steps.

use std::num::NonZeroUsize;

use crate::migration::Version;

use super::{Step, TargetPlan};

/// What a run is to bring about, at each of its targets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Goal {
    /// Everything pending is applied.
    Migrate {
        /// Up to and including this version, where there is one.
        to: Option<Version>,
    },
    /// Everything pending is recorded as applied, without being run: the baseline of schemas that a loop made.
    MarkApplied {
        /// Up to and including this version, where there is one.
        to: Option<Version>,
    },
    /// The newest migrations are reverted by their `down.sql`, newest first.
    Rollback(Extent),
    /// The newest migrations are reverted, and applied again.
    Redo(Extent),
    /// The history is made to agree with the binary's migrations, without running any.
    Repair(Repair),
}

impl Default for Goal {
    fn default() -> Self {
        Self::Migrate { to: None }
    }
}

/// How far back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// So many migrations of each target.
    Steps(NonZeroUsize),
    /// Until this version is the newest: it stays applied.
    To(Version),
}

impl Default for Extent {
    fn default() -> Self {
        Self::Steps(NonZeroUsize::MIN)
    }
}

/// Which disagreements between a history and the binary's migrations are mended, and how. The default is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repair {
    /// Versions that are missing from a history that holds newer ones are recorded as applied.
    pub mark_missing: bool,
    /// Records of versions that the binary does not know are removed.
    pub forget_unknown: bool,
    /// Edited migrations are taken for what was applied.
    pub accept_edited: bool,
}

impl Goal {
    /// The steps that bring it about, on a target that stands like this.
    pub(super) fn steps(&self, plan: &TargetPlan) -> Vec<Step> {
        match self {
            Self::Migrate { to } => up_to(&plan.pending, to.as_ref()).map(Step::Apply).collect(),
            Self::MarkApplied { to } => up_to(&plan.pending, to.as_ref()).map(Step::Mark).collect(),
            Self::Rollback(extent) => extent.of(&plan.applied).map(Step::Revert).collect(),
            Self::Redo(extent) => {
                let back: Vec<Version> = extent.of(&plan.applied).collect();
                let again: Vec<Step> = back.iter().rev().cloned().map(Step::Apply).collect();
                back.into_iter().map(Step::Revert).chain(again).collect()
            }
            Self::Repair(repair) => {
                let some = |wanted: bool, versions: &[Version]| if wanted { versions.to_vec() } else { Vec::new() };
                let forgotten = some(repair.forget_unknown, &plan.unknown).into_iter().map(Step::Forget);
                let accepted = some(repair.accept_edited, &plan.edited).into_iter().map(Step::Accept);
                let marked = some(repair.mark_missing, &plan.out_of_order).into_iter().map(Step::Mark);
                forgotten.chain(accepted).chain(marked).collect()
            }
        }
    }

    /// Whether the steps are settled when the run begins: a history that changes meanwhile makes none new.
    ///
    /// "One step back" said again would be another step, and what is mended was agreed to as it was.
    pub(crate) fn is_settled_at_the_beginning(&self) -> bool {
        !self.is_forward()
    }

    /// The version that it is about, where a person named one.
    pub(crate) fn version(&self) -> Option<&Version> {
        match self {
            Self::Migrate { to } | Self::MarkApplied { to } => to.as_ref(),
            Self::Rollback(Extent::To(version)) | Self::Redo(Extent::To(version)) => Some(version),
            _ => None,
        }
    }

    /// Whether it brings a target forward, so that schemas may have to be made for it.
    pub(crate) fn is_forward(&self) -> bool {
        matches!(self, Self::Migrate { .. } | Self::MarkApplied { .. })
    }
}

fn up_to<'a>(pending: &'a [Version], to: Option<&'a Version>) -> impl Iterator<Item = Version> + use<'a> {
    pending.iter().filter(move |version| to.is_none_or(|to| *version <= to)).cloned()
}

impl Extent {
    /// The versions that are to go, newest first.
    fn of<'a>(&'a self, applied: &'a [Version]) -> Box<dyn Iterator<Item = Version> + 'a> {
        let newest_first = applied.iter().rev().cloned();
        match self {
            Self::Steps(steps) => Box::new(newest_first.take(steps.get())),
            Self::To(version) => Box::new(newest_first.take_while(move |applied| applied > version)),
        }
    }
}
