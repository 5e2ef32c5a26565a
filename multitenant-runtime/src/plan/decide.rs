//! One target's plan from what is known, what is applied, and what the policy allows.

use std::collections::BTreeMap;

use crate::inventory::{Applied, Observed};
use crate::migration::{MigrationSet, Version};
use crate::run::Failure;
use crate::target::Target;

use super::{Goal, State, Step, TargetPlan};

/// What to do with a schema that a newer release has migrated already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnAhead {
    /// Start, and say so: the usual state of the old replicas during a deploy.
    #[default]
    Accept,
    /// Refuse that target.
    Refuse,
}

/// What to do with a schema where an applied migration differs from the binary's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnEdited {
    /// Refuse that target: nobody knows what it really holds.
    #[default]
    Refuse,
    /// Say so and go on.
    Accept,
}

/// What to do with pending migrations that sort before one that is applied already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnOutOfOrder {
    /// Apply them, as Diesel does, and say so: two branches were merged.
    #[default]
    Apply,
    /// Refuse that target.
    Refuse,
}

/// What a run does about targets that are not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Policy {
    pub(crate) on_ahead: OnAhead,
    pub(crate) on_edited: OnEdited,
    pub(crate) on_out_of_order: OnOutOfOrder,
    pub(crate) create_missing: bool,
    /// This run is the creation of the tenant, whose schema is marked as unfinished until its end.
    pub(crate) creating: bool,
}

/// What is wanted of one target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) goal: &'a Goal,
    /// What is left of steps that were settled when the run began; `None` where they follow from how it stands.
    pub(crate) rest: Option<&'a [Step]>,
    pub(crate) policy: Policy,
}

/// Decides what is to be done with one target.
pub(crate) fn decide(target: Target, set: &MigrationSet, observed: &Observed, wanted: Wanted<'_>) -> TargetPlan {
    let Wanted { goal, rest, policy } = wanted;
    let applied: BTreeMap<&Version, &Applied> = observed.applied.iter().map(|row| (&row.version, row)).collect();
    let newest = applied.keys().next_back().copied();
    let pending: Vec<Version> = set
        .migrations()
        .iter()
        .map(|migration| migration.version().clone())
        .filter(|version| !applied.contains_key(version))
        .collect();
    let unknown: Vec<Version> =
        applied.keys().filter(|version| set.get(version).is_none()).map(|&version| version.clone()).collect();
    let edited: Vec<Version> = applied.values().filter(|row| row.edited).map(|row| row.version.clone()).collect();
    let out_of_order = pending.iter().filter(|version| newest.is_some_and(|newest| *version < newest)).cloned();
    let mut plan = TargetPlan {
        state: if is_missing(observed, policy) {
            State::Missing
        } else {
            state(set.head(), &pending, &unknown, &edited)
        },
        out_of_order: out_of_order.collect(),
        applied: applied.keys().map(|&version| version.clone()).collect(),
        steps: Vec::new(),
        wave: 1,
        refused: None,
        create_schema: false,
        last_failure: None,
        recorded: false,
        has_state_row: observed.has_state_row,
        by_state: observed.by_state.clone(),
        history: observed.history,
        target,
        pending,
        unknown,
        edited,
    };
    if let (Some(failure), true) = (&observed.unreadable, plan.state != State::Missing) {
        return unreadable(plan, failure.clone());
    }
    plan.steps = rest.map_or_else(|| goal.steps(&plan), <[Step]>::to_vec);
    plan.refused = refusal(&plan, set, observed, goal, policy);
    plan.create_schema = plan.state == State::Missing && plan.refused.is_none();
    plan
}

/// What is left of a creation that was interrupted is not there: it is never served, and the next creation of
/// the tenant removes it.
fn is_missing(observed: &Observed, policy: Policy) -> bool {
    !observed.schema_exists || (observed.unfinished && !policy.creating)
}

/// Without a history nothing is known to be applied, and so nothing to be pending either.
fn unreadable(plan: TargetPlan, failure: Failure) -> TargetPlan {
    TargetPlan {
        state: State::Unreadable,
        refused: Some(match &failure.hint {
            Some(hint) => format!("{}: {hint}", failure.message),
            None => failure.message.clone(),
        }),
        last_failure: Some(failure),
        applied: Vec::new(),
        pending: Vec::new(),
        unknown: Vec::new(),
        edited: Vec::new(),
        out_of_order: Vec::new(),
        steps: Vec::new(),
        ..plan
    }
}

/// How a target stands against the set with this newest version.
pub(super) fn state(head: Option<&Version>, pending: &[Version], unknown: &[Version], edited: &[Version]) -> State {
    if !edited.is_empty() {
        State::Edited
    } else if !pending.is_empty() {
        State::Behind
    } else if unknown.iter().any(|version| head.is_none_or(|head| version > head)) {
        State::Ahead
    } else if !unknown.is_empty() {
        State::Unknown
    } else {
        State::UpToDate
    }
}

fn refusal(plan: &TargetPlan, set: &MigrationSet, observed: &Observed, goal: &Goal, policy: Policy) -> Option<String> {
    if let Some(format) = observed.newer_format {
        return Some(format!(
            "its history was written in format {format} by a newer release: upgrade this binary to at least that release"
        ));
    }
    let newer = || plan.unknown.iter().any(|version| set.head().is_none_or(|head| version > head));
    match plan.state {
        State::Missing if observed.schema_exists => Some(
            "the tenant is still being created, or its creation was interrupted: create it again (`create_tenant` \
             in the library), which removes what is there and begins anew"
                .to_owned(),
        ),
        // The shared schema is named by the configuration; a tenant's may have been dropped or renamed by mistake.
        State::Missing if !goal.is_forward() || (plan.target.tenant().is_some() && !policy.create_missing) => Some(
            "the schema does not exist: restore it if it should be there, or have it created \
             (`migrate --create-schemas`, or `create_tenant` in the library)"
                .to_owned(),
        ),
        _ => match goal {
            Goal::Repair(_) => None,
            Goal::Rollback(_) | Goal::Redo(_) => not_to_be_reverted(plan, set, policy),
            Goal::Migrate { .. } | Goal::MarkApplied { .. } if plan.state == State::Edited => {
                edited(&plan.edited, policy)
            }
            Goal::Migrate { .. } | Goal::MarkApplied { .. } if policy.on_ahead == OnAhead::Refuse && newer() => {
                Some(format!(
                    "the schema is ahead of this binary, which does not know {}: deploy the newer release",
                    join(&plan.unknown)
                ))
            }
            Goal::Migrate { .. } => out_of_order(plan, policy),
            Goal::MarkApplied { .. } => None,
        },
    }
}

fn edited(versions: &[Version], policy: Policy) -> Option<String> {
    (policy.on_edited == OnEdited::Refuse && !versions.is_empty()).then(|| {
        format!(
            "applied migrations differ from this binary's: {}: put the files back as they were and write a new \
             migration instead, or take them as they are (`repair --accept-edited`)",
            join(versions)
        )
    })
}

fn out_of_order(plan: &TargetPlan, policy: Policy) -> Option<String> {
    let late: Vec<Version> =
        plan.out_of_order.iter().filter(|v| plan.steps.contains(&Step::Apply((*v).clone()))).cloned().collect();
    (policy.on_out_of_order == OnOutOfOrder::Refuse && !late.is_empty()).then(|| {
        format!(
            "{} sort before migrations that are applied already: give them newer versions, record them as applied \
             (`repair --mark-missing`), or allow them (migrations.out_of_order = \"apply\")",
            join(&late)
        )
    })
}

/// What is to be reverted must be known, and be what was applied: another `down.sql` undoes another migration.
fn not_to_be_reverted(plan: &TargetPlan, set: &MigrationSet, policy: Policy) -> Option<String> {
    let reverted = || plan.steps.iter().filter(|step| matches!(step, Step::Revert(_))).map(Step::version);
    let unknown: Vec<Version> = reverted().filter(|version| set.get(version).is_none()).cloned().collect();
    if !unknown.is_empty() {
        return Some(format!(
            "{} would be reverted, and this binary does not know it: roll back with the release that does, or \
             remove the record (`repair --forget-unknown`)",
            join(&unknown)
        ));
    }
    if let Some(reason) = reverted().filter_map(|version| set.get(version)?.reversal().err()).next() {
        return Some(reason.to_owned());
    }
    let next = plan.steps.iter().find(|step| !step.is_done(&plan.applied, &plan.edited));
    if let Some(Step::Revert(version)) = next
        && plan.applied.last() != Some(version)
    {
        return Some(format!(
            "its history has changed since the run began: {version} is not the newest any more; look, and roll back again"
        ));
    }
    let differ: Vec<Version> = reverted().filter(|version| plan.edited.contains(version)).cloned().collect();
    edited(&differ, policy)
}

fn join(versions: &[Version]) -> String {
    versions.iter().map(Version::as_str).collect::<Vec<_>>().join(", ")
}
