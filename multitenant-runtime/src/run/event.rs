//! Something happened: what reporters, progress bars and metrics are fed with.

use std::time::Duration;

use crate::connection::Notice;
use crate::migration::Version;
use crate::plan::Step;
use crate::registry::UnusableTenant;
use crate::state::FleetStatus;
use crate::target::Target;

use super::{Failure, Outcome, Stop, Summary};

/// Something happened in a run. Events of one target come in order; those of several interleave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The run knows what is to be done.
    Planned {
        /// How many targets have something pending.
        pending_targets: usize,
        /// How many targets there are.
        targets: usize,
        /// How many steps there are in all.
        migrations: usize,
    },
    /// A worker begins with a target.
    TargetStarted {
        /// The target.
        target: Target,
        /// How many steps are to be done there.
        pending: usize,
    },
    /// A migration begins; once more for each try, where one fails in a way that may pass.
    MigrationStarted {
        /// The target.
        target: Target,
        /// The migration.
        version: Version,
    },
    /// A migration and its history row are committed.
    MigrationApplied {
        /// The target.
        target: Target,
        /// The migration.
        version: Version,
        /// How long it took, with all its tries.
        duration: Duration,
    },
    /// The way back of a migration begins; once more for each try.
    RevertStarted {
        /// The target.
        target: Target,
        /// The migration.
        version: Version,
    },
    /// A migration is reverted, and its history row gone.
    MigrationReverted {
        /// The target.
        target: Target,
        /// The migration.
        version: Version,
        /// How long it took, with all its tries.
        duration: Duration,
    },
    /// The history, and nothing else, was changed.
    HistoryChanged {
        /// The target.
        target: Target,
        /// By these steps.
        steps: Vec<Step>,
    },
    /// Another run holds the target; it will be tried again.
    Held {
        /// The target.
        target: Target,
    },
    /// A try failed in a way that may pass; another follows.
    Retrying {
        /// The target.
        target: Target,
        /// Which try failed, from 1.
        attempt: u32,
        /// How long until the next one.
        delay: Duration,
        /// Why.
        failure: Box<Failure>,
    },
    /// The server said something.
    Notice {
        /// The target.
        target: Target,
        /// What it said.
        notice: Notice,
    },
    /// All targets of a wave are done with.
    WaveFinished {
        /// Which wave, from 1.
        wave: usize,
        /// How many targets it had.
        targets: usize,
        /// How many of them are not as they should be.
        failed: usize,
    },
    /// The run waits before it begins the next wave.
    Paused {
        /// How long.
        pause: Duration,
    },
    /// No further target is begun.
    Stopped {
        /// Why.
        stop: Stop,
    },
    /// The registry has a tenant that no run can work on.
    TenantUnusable {
        /// The tenant, and why.
        tenant: Box<UnusableTenant>,
    },
    /// A new tenant was made from a snapshot, and not by its migrations.
    CreatedFromSnapshot {
        /// The target.
        target: Target,
    },
    /// The rows of one table of a tenant were copied: into another tenant's, into a file, or from one.
    RowsCopied {
        /// The tenant that is made, or dumped.
        target: Target,
        /// The table.
        table: String,
        /// How many rows.
        rows: u64,
        /// How many tables are done with, this one included.
        done: usize,
        /// How many there are; 0 where nobody knows.
        tables: usize,
    },
    /// A target is done with.
    TargetFinished {
        /// The target.
        target: Target,
        /// How it came out.
        outcome: Outcome,
        /// Why, where it failed or was skipped.
        failure: Option<Box<Failure>>,
    },
    /// A run has come to its end, or to the error that ended it.
    RunFinished {
        /// How many targets came out in which way.
        summary: Summary,
        /// Whether every target is as it was to be.
        is_complete: bool,
        /// How long the run took.
        duration: Duration,
    },
    /// Somebody has looked at all tenants, and this is how they stand: a start, a run over all, a plan for all, a look at
    /// the health.
    FleetSeen {
        /// How many tenants stand in which way.
        status: FleetStatus,
    },
}

/// Whoever wants to know what happens in a run.
///
/// It is called from the workers, so it must be quick and must not block.
///
/// ```
/// use multitenant_runtime::{Event, Observer};
///
/// struct Count(std::sync::atomic::AtomicUsize);
///
/// impl Observer for Count {
///     fn event(&self, event: &Event) {
///         if let Event::MigrationApplied { .. } = event {
///             self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// Takes note of an event.
    fn event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn event(&self, event: &Event) {
        self(event);
    }
}
