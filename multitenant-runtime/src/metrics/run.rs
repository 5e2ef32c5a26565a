use std::fmt;

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::run::{Event, Observer, Outcome};
use crate::state::FleetStatus;
use crate::target::Tier;

use super::table::{APPLIED, FAILED, FLEET, MIGRATION_DURATION, RETRIES, REVERTED, RUN_DURATION};

/// Counts what happens in runs: an observer.
///
/// ```
/// use multitenant_runtime::metrics::{self, RunMetrics};
/// use multitenant_runtime::{Event, MigratorBuilder, Observer};
///
/// fn counted(migrator: MigratorBuilder) -> MigratorBuilder {
///     // After the exporter's recorder is installed.
///     metrics::describe();
///     migrator.observer(RunMetrics::new())
/// }
///
/// // Beside an observer of one's own.
/// fn also(migrator: MigratorBuilder, mine: impl Observer + 'static) -> MigratorBuilder {
///     let counted = RunMetrics::new();
///     migrator.observer(move |event: &Event| {
///         counted.event(event);
///         mine.event(event);
///     })
/// }
/// ```
#[derive(Clone)]
pub struct RunMetrics {
    shared: OfTier,
    tenant: OfTier,
    complete: Histogram,
    incomplete: Histogram,
    up_to_date: Gauge,
    ahead: Gauge,
    behind: Gauge,
    failed: Gauge,
    missing: Gauge,
    unknown: Gauge,
}

#[derive(Clone)]
struct OfTier {
    applied: Counter,
    reverted: Counter,
    failed: Counter,
    retries: Counter,
    duration: Histogram,
}

impl RunMetrics {
    /// Makes its handles, of the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        let fleet = |standing: &'static str| gauge!(FLEET, "standing" => standing);
        Self {
            shared: OfTier::new("shared"),
            tenant: OfTier::new("tenant"),
            complete: histogram!(RUN_DURATION, "outcome" => "complete"),
            incomplete: histogram!(RUN_DURATION, "outcome" => "incomplete"),
            up_to_date: fleet("up-to-date"),
            ahead: fleet("ahead"),
            behind: fleet("behind"),
            failed: fleet("failed"),
            missing: fleet("missing"),
            unknown: fleet("unknown"),
        }
    }

    fn of(&self, tier: Tier) -> &OfTier {
        match tier {
            Tier::Shared => &self.shared,
            Tier::Tenant => &self.tenant,
        }
    }

    fn stands(&self, fleet: &FleetStatus) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and no fleet is that large")]
        let set = |gauge: &Gauge, count: usize| gauge.set(count as f64);
        set(&self.up_to_date, fleet.up_to_date);
        set(&self.ahead, fleet.ahead);
        set(&self.behind, fleet.behind);
        set(&self.failed, fleet.failed);
        set(&self.missing, fleet.missing);
        set(&self.unknown, fleet.unknown);
    }
}

impl OfTier {
    fn new(tier: &'static str) -> Self {
        Self {
            applied: counter!(APPLIED, "tier" => tier),
            reverted: counter!(REVERTED, "tier" => tier),
            failed: counter!(FAILED, "tier" => tier),
            retries: counter!(RETRIES, "tier" => tier),
            duration: histogram!(MIGRATION_DURATION, "tier" => tier),
        }
    }
}

impl Observer for RunMetrics {
    fn event(&self, event: &Event) {
        match event {
            Event::MigrationApplied { target, duration, .. } => {
                let tier = self.of(target.tier());
                tier.applied.increment(1);
                tier.duration.record(duration.as_secs_f64());
            }
            Event::MigrationReverted { target, .. } => self.of(target.tier()).reverted.increment(1),
            Event::Retrying { target, .. } => self.of(target.tier()).retries.increment(1),
            Event::TargetFinished { target, outcome: Outcome::Failed, .. } => {
                self.of(target.tier()).failed.increment(1);
            }
            Event::RunFinished { is_complete, duration, .. } => {
                let outcome = if *is_complete { &self.complete } else { &self.incomplete };
                outcome.record(duration.as_secs_f64());
            }
            Event::FleetSeen { status } => self.stands(status),
            _ => {}
        }
    }
}

impl Default for RunMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RunMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunMetrics").finish_non_exhaustive()
    }
}
