//! The whole comparison: which targets can be compared, with what, and what comes of it.

use std::time::Instant;

use crate::connection::Session;
use crate::error::Error;
use crate::migration::Version;
use crate::plan::{Plan, State, TargetPlan};
use crate::run::{Context, Failure};
use crate::sqlstate::FailureClass;
use crate::target::{Target, Tier};

use super::compare::{Reference, compare};
use super::elsewhere;
use super::fleet::{describe, groups};
use super::options::{DriftOptions, DriftReference, Scratch};
use super::portrait::held;
use super::replay::{Shared, Views, replay};
use super::report::{DriftOutcome, DriftReport, TargetDrift};

/// The last way that is left, for people.
const LOCKED: &str = "the migrations, replayed in a transaction that was rolled back, and that held its locks on the shared \
                      tables meanwhile";

/// What targets are compared with, or why there is nothing.
#[derive(Default)]
struct References {
    shared: Option<Result<Reference, Failure>>,
    tenant: Option<Result<Reference, Failure>>,
    /// What it is, for people.
    named: String,
}

/// Compares what the plan has found with the reference; `example` is the tenant that is one, where one is.
pub(crate) async fn judge(
    context: &Context,
    options: &DriftOptions,
    plan: Plan,
    example: Option<&TargetPlan>,
    sessions: [&Session; 2],
    started: Instant,
) -> Result<DriftReport, Error> {
    let mut statements = 0;
    let plans: Vec<&TargetPlan> = plan.targets().collect();
    let mut targets: Vec<TargetDrift> = plans.iter().map(|plan| standing(plan, example)).collect();
    let comparable: Vec<usize> = (0..targets.len()).filter(|&at| targets[at].outcome == DriftOutcome::Equal).collect();
    let chosen: Vec<&Target> = comparable.iter().map(|&at| &plans[at].target).collect();
    let has = |tier: Tier| chosen.iter().any(|target| target.tier() == tier);
    let (references, grouped) = tokio::join!(
        Box::pin(references(context, options, example, has(Tier::Shared), has(Tier::Tenant))),
        groups(sessions, &context.settings, &chosen, &mut statements)
    );
    let references = references?;
    let (groups, major) = grouped.map_err(|error| Error::from(&error.error))?;
    let heads: Vec<&Target> = groups.iter().filter_map(|group| chosen.get(*group.first()?).copied()).collect();
    let of_tier = |tier| match tier {
        Tier::Shared => references.shared.as_ref(),
        Tier::Tenant => references.tenant.as_ref(),
    };
    describe(sessions[0], &context.settings, &heads, major, &mut statements, |group, schema, objects| {
        for &member in groups.get(group).into_iter().flatten() {
            let Some(drift) = comparable.get(member).and_then(|&at| targets.get_mut(at)) else { continue };
            match (of_tier(drift.target.tier()), objects) {
                (_, Err(failure)) => drift.outcome = cannot(failure.clone()),
                (Some(Ok(reference)), Ok(objects)) => {
                    let found = (schema, objects);
                    let (differences, ignored) = compare(reference, drift.target.schema(), found, &options.ignore);
                    if !differences.is_empty() {
                        drift.outcome = DriftOutcome::Different;
                    }
                    (drift.differences, drift.ignored) = (differences, ignored);
                }
                (Some(Err(failure)), Ok(_)) => drift.outcome = cannot(failure.clone()),
                (None, Ok(_)) => {}
            }
        }
    })
    .await
    .map_err(|error| Error::from(&error.error))?;
    let reference = references.named;
    Ok(DriftReport { targets, unusable: plan.unusable, reference, statements, duration: started.elapsed() })
}

/// How a target stands before it is compared: equal, where it can be.
fn standing(plan: &TargetPlan, example: Option<&TargetPlan>) -> TargetDrift {
    let outcome = match plan.state {
        State::Missing => cannot(Failure::new(FailureClass::MissingSchema, "the schema does not exist")),
        State::Unreadable => cannot(
            plan.last_failure
                .clone()
                .unwrap_or_else(|| Failure::new(FailureClass::Permanent, "the history cannot be read")),
        ),
        _ if example.is_some_and(|example| example.applied == plan.applied) => DriftOutcome::Equal,
        _ if !plan.pending.is_empty() => DriftOutcome::Behind(plan.pending.len()),
        _ if !plan.unknown.is_empty() => {
            let versions: Vec<&str> = plan.unknown.iter().map(Version::as_str).collect();
            let message = format!("it has migrations that this project does not have: {}", versions.join(", "));
            cannot(
                Failure::new(FailureClass::Permanent, message)
                    .with_hint("compare by the release that made it, or with another tenant that has them too"),
            )
        }
        _ => DriftOutcome::Equal,
    };
    TargetDrift { target: plan.target.clone(), outcome, differences: Vec::new(), ignored: 0 }
}

fn cannot(failure: Failure) -> DriftOutcome {
    DriftOutcome::NotComparable(Box::new(failure))
}

/// What there is to compare with, for the tiers that are asked for.
async fn references(
    context: &Context,
    options: &DriftOptions,
    example: Option<&TargetPlan>,
    shared: bool,
    tenant: bool,
) -> Result<References, Error> {
    if let (DriftReference::Tenant(id), Some(example)) = (&options.reference, example) {
        let reference = example_of(context, &example.target).await?;
        return Ok(References { shared: None, tenant: Some(Ok(reference)), named: format!("the tenant {id}") });
    }
    let wanted = [(Tier::Shared, shared), (Tier::Tenant, tenant)];
    let wanted: Vec<Tier> = wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(tier, _)| tier).collect();
    let mut references = References::default();
    let in_a_transaction = matches!(options.scratch, Scratch::Auto | Scratch::Transaction);
    if in_a_transaction {
        references.named = "the migrations, replayed in a transaction that was rolled back".to_owned();
        let shared = if options.scratch == Scratch::Auto { Shared::Spared } else { Shared::Real };
        for &tier in &wanted {
            *references.of(tier) = Some(replay(context, tier, shared).await);
        }
    }
    let failed: Vec<Tier> = wanted.into_iter().filter(|&tier| !matches!(references.of(tier), Some(Ok(_)))).collect();
    if failed.is_empty() {
        return Ok(references);
    }
    if options.scratch == Scratch::Transaction {
        for tier in failed {
            if let Some(Err(failure)) = references.of(tier) {
                let hint = "replay the migrations in a database of its own (Scratch::Database, --scratch database), or \
                            compare with a tenant";
                failure.hint.get_or_insert_with(|| hint.to_owned());
                failure.message.insert_str(0, "the migrations cannot be replayed in a transaction: ");
            }
        }
        return Ok(references);
    }
    let server = match &options.scratch {
        Scratch::Server(url) => Some(url.as_str()),
        _ => None,
    };
    let made = Box::pin(elsewhere::make(context, server)).await;
    references.named = match server {
        Some(_) => "the migrations, replayed in a database on another server".to_owned(),
        None => "the migrations, replayed in a database of its own".to_owned(),
    };
    for tier in failed {
        let before = references.of(tier).take().and_then(Result::err);
        let reference = match &made {
            Ok(made) => made.of(tier).cloned().map(Ok),
            Err(failure) if options.scratch == Scratch::Auto && tier == Tier::Tenant => {
                let last = replay(context, tier, Shared::Real).await;
                if last.is_ok() {
                    let before = before.as_ref().map(ToString::to_string);
                    tracing::warn!(%failure, ?before, "the migrations were replayed on the real shared schema");
                    LOCKED.clone_into(&mut references.named);
                }
                Some(last.map_err(|last| both(before.or(Some(last)), failure.clone())))
            }
            Err(failure) => Some(Err(both(before, failure.clone()))),
        };
        *references.of(tier) = reference;
    }
    Ok(references)
}

/// Why neither way has led anywhere.
fn both(transaction: Option<Failure>, mut database: Failure) -> Failure {
    if let Some(transaction) = transaction {
        database.message = format!(
            "the migrations cannot be replayed in a transaction ({transaction}), nor in a database of its own: {}",
            database.message
        );
    }
    database
}

/// A tenant as an example.
async fn example_of(context: &Context, target: &Target) -> Result<Reference, Error> {
    let session = context.connect().await?;
    let held = held(context, &session, target, Views::Both).await;
    session.close().await;
    held
}

impl References {
    fn of(&mut self, tier: Tier) -> &mut Option<Result<Reference, Failure>> {
        match tier {
            Tier::Shared => &mut self.shared,
            Tier::Tenant => &mut self.tenant,
        }
    }
}
