//! How a run is carried out: the flags that all commands have in common that change schemas.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use multitenant_runtime::{MigratorBuilder, Version, parse_duration};

/// How a run is carried out that waits for other runs.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// How long to wait for a target that another run holds, as in 30s [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
}

/// How work on many targets is carried out.
#[derive(Debug, Args)]
pub(super) struct WorkArgs {
    /// How many tenants at once, each on a connection of its own, within database.max_connections
    /// [default: migrations.jobs]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,
    /// How long one statement may wait for a table's lock [default: migrations.lock_timeout]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    lock_timeout: Option<Duration>,
    /// How long one statement may run, 0 without limit [default: migrations.statement_timeout]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    statement_timeout: Option<Duration>,
}

impl RunArgs {
    /// The builder with what these say; of the workers says [`Project::jobs`](crate::context::Project::jobs).
    pub(super) fn apply(&self, builder: MigratorBuilder) -> MigratorBuilder {
        let builder = self.work.apply(builder);
        match self.wait {
            Some(wait) => builder.wait(wait),
            None => builder,
        }
    }
}

impl WorkArgs {
    /// As [`RunArgs::apply`].
    pub(super) fn apply(&self, mut builder: MigratorBuilder) -> MigratorBuilder {
        if let Some(timeout) = self.lock_timeout {
            builder = builder.lock_timeout(timeout);
        }
        if let Some(timeout) = self.statement_timeout {
            builder = builder.statement_timeout(Some(timeout).filter(|timeout| !timeout.is_zero()));
        }
        builder
    }
}

/// A version as people write it: `20261102101500`, `2026-11-02-101500`, or a folder's name.
pub(super) fn version(text: &str) -> Result<Version, String> {
    Version::of_folder(text).ok_or_else(|| "a version has 1 to 50 characters, as in 20261102101500".to_owned())
}
