//! `cargo multitenant rollback` and `cargo multitenant redo`

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use multitenant_runtime::{Extent, Operation, Version};

use crate::context::Context;
use crate::error::CliError;
use crate::report::Kind;

use super::options::{RunArgs, version};
use super::rollout::RolloutArgs;
use super::run::{DryRunArgs, Run};
use super::scope::{Targets, TenantArgs};

/// Revert the newest migrations by their down.sql, newest first
///
/// Without a target these are the tenants' migrations: the shared schema holds the list of tenants, and is reverted
/// only where `shared` or `all` says so, after the tenants and only if all of them succeeded. Asks before it does
/// anything. Where a down.sql is missing or empty, nothing is done at all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant rollback --dry-run                what one step back would revert, in every tenant
  cargo multitenant rollback --tenant acme --steps 2  two migrations of one tenant
  cargo multitenant rollback --to 2026-11-02-101500   until this version is every tenant's newest
  cargo multitenant rollback shared --yes             one shared migration, without a question")]
pub(crate) struct Rollback {
    /// The shared schema, the tenants, or both [default: tenants]
    #[arg(value_enum)]
    targets: Option<Targets>,
    #[command(flatten)]
    reverting: Reverting,
}

/// Revert the newest migrations and apply them again: to try a down.sql, or an up.sql that was edited
///
/// In one tier at a time; without a target in the tenants. Asks before it does anything. An up.sql that was edited
/// since it was applied is refused: put it back, or take it as it is with `repair --accept-edited` first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant redo --tenant acme            the newest migration of one tenant, down and up again
  cargo multitenant redo shared --steps 2 --yes   two shared migrations, without a question")]
pub(crate) struct Redo {
    /// The shared schema, or the tenants [default: tenants]
    #[arg(value_enum)]
    tier: Option<OneTier>,
    #[command(flatten)]
    reverting: Reverting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OneTier {
    /// The shared schema
    Shared,
    /// The tenants
    Tenants,
}

/// What is reverted, and how.
#[derive(Debug, Args)]
struct Reverting {
    /// So many migrations of each schema [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "to")]
    steps: Option<NonZeroUsize>,
    /// Until this version, given as such or as a folder's name, is the newest: it stays applied
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
    #[command(flatten)]
    tenants: TenantArgs,
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    rollout: RolloutArgs,
}

impl Rollback {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        self.reverting.run(context, self.targets, Kind::Rollback)
    }
}

impl Redo {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let targets = self.tier.map(|tier| match tier {
            OneTier::Shared => Targets::Shared,
            OneTier::Tenants => Targets::Tenants,
        });
        self.reverting.run(context, targets, Kind::Redo)
    }
}

impl Reverting {
    fn run(self, context: &Context, targets: Option<Targets>, kind: Kind) -> Result<u8, CliError> {
        let scope = self.tenants.scope(targets, Targets::Tenants)?;
        let rollout = self.rollout.rollout()?;
        let extent = match (self.to, self.steps) {
            (Some(version), _) => Extent::To(version),
            (None, steps) => Extent::Steps(steps.unwrap_or(NonZeroUsize::MIN)),
        };
        let operation = match kind {
            Kind::Redo => Operation::redo(scope, extent),
            _ => Operation::rollback(scope, extent),
        };
        let project = context.project()?;
        let run = Run {
            context,
            project: &project,
            kind,
            operation: operation.rollout(rollout),
            args: &self.run,
            create_schemas: false,
        };
        if self.dry_run.is_wanted() { run.foretell(&self.dry_run) } else { run.ask(self.yes) }
    }
}
