//! From a run's events to what the board is told.

use multitenant_runtime::{Event, Report, Step, Target, TargetReport, TenantId};

use crate::report::{Names, line};
use crate::tui::message::Happening;
use crate::tui::state::{Line, Tone};

use super::failure;

/// What the board is told of an event; nothing of those that say nothing about a run.
pub(crate) fn happening(event: &Event, names: &Names) -> Option<Happening> {
    let schema = |target: &Target| target.schema().as_str().to_owned();
    let tenant = |target: &Target| target.tenant().map(|id: &TenantId| id.as_str().to_owned());
    let named =
        |target: &Target, version: &multitenant_runtime::Version| harmless(names.get(target.tier(), version.as_str()));
    Some(match event {
        Event::TargetStarted { target, pending } => {
            Happening::Began { schema: schema(target), tenant: tenant(target), steps: *pending }
        }
        Event::MigrationStarted { target, version } => {
            Happening::Step { schema: schema(target), what: named(target, version) }
        }
        Event::RevertStarted { target, version } => {
            Happening::Step { schema: schema(target), what: format!("reverting {}", named(target, version)) }
        }
        Event::MigrationApplied { target, .. } | Event::MigrationReverted { target, .. } => {
            Happening::StepDone { schema: schema(target) }
        }
        Event::HistoryChanged { target, steps } => {
            let versions = steps.iter().map(Step::version).map(|version| named(target, version));
            let versions = versions.collect::<Vec<_>>().join(", ");
            Happening::Step { schema: schema(target), what: format!("recorded {versions}") }
        }
        Event::Held { target } => Happening::Held { schema: schema(target) },
        Event::Retrying { target, attempt, delay, failure } => Happening::Retrying {
            schema: schema(target),
            attempt: *attempt,
            delay: *delay,
            failure: failure::text(failure, target.tier(), names),
        },
        Event::TargetFinished { target, outcome, failure } => Happening::Finished {
            schema: schema(target),
            tenant: tenant(target),
            outcome: *outcome,
            failure: failure.as_ref().map(|failure| failure::text(failure, target.tier(), names)),
        },
        Event::TenantUnusable { tenant } => Happening::Finished {
            schema: tenant.schema.clone().unwrap_or_else(|| tenant.tenant.clone()),
            tenant: Some(tenant.tenant.clone()),
            outcome: multitenant_runtime::Outcome::Failed,
            failure: Some(failure::text(&tenant.failure, multitenant_runtime::Tier::Tenant, names)),
        },
        Event::WaveFinished { .. } | Event::Paused { .. } | Event::Stopped { .. } => {
            Happening::Said(line(event).unwrap_or_default())
        }
        _ => return None,
    })
}

/// What a report says of its targets: of those too of which no event has told.
pub(crate) fn reported_targets(report: &Report, names: &Names) -> Vec<Happening> {
    let finished = |target: &TargetReport| Happening::Finished {
        schema: target.target.schema().as_str().to_owned(),
        tenant: target.target.tenant().map(|id| id.as_str().to_owned()),
        outcome: target.outcome,
        failure: target.failure.as_ref().map(|failure| failure::text(failure, target.target.tier(), names)),
    };
    report.targets.iter().map(finished).collect()
}

fn harmless(text: &str) -> String {
    Line::one(Tone::Plain, text).text().to_owned()
}
