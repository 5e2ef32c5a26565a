//! `cargo multitenant migrate`

use clap::Args;
use multitenant_runtime::{Operation, Version};

use crate::context::Context;
use crate::error::CliError;
#[cfg(feature = "scaffold")]
use crate::exit_code;
use crate::report::Kind;

use super::options::{RunArgs, version};
#[cfg(feature = "scaffold")]
use super::print_schema;
use super::rollout::RolloutArgs;
use super::run::{DryRunArgs, Run};
use super::scope::ScopeArgs;

/// Apply what is pending: the shared schema first, then every tenant
///
/// Each migration and its history row are one transaction, and any number of processes may run at once. A tenant
/// that fails stops that tenant only. Ctrl-C finishes or rolls back what has begun and reports the rest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant migrate --dry-run                     what would be applied
  cargo multitenant migrate --dry-run --sql deploy.sql    the same as a script for a DBA
  cargo multitenant migrate shared                        the shared schema alone
  cargo multitenant migrate --to 2026-11-02-101500        up to this version
  cargo multitenant migrate --match 'eu-*' --jobs 8       some tenants, eight at once
  cargo multitenant migrate --canary acme --pause 10m --max-failures 5%
  cargo multitenant migrate --retry-failed                what failed last time
  cargo multitenant migrate --mark-applied                a baseline: record, and run nothing")]
pub(crate) struct Migrate {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Up to and including this version, given as such or as a folder's name [default: everything pending]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
    /// Record what is pending as applied, and run none of it: for schemas that something else has made
    #[arg(long, conflicts_with = "create_schemas")]
    mark_applied: bool,
    /// Only tenants where the last run failed, as the state table has it [default: all]
    #[arg(long)]
    retry_failed: bool,
    /// Create the schema of a registered tenant that has none [default: such a tenant fails]
    #[arg(long)]
    create_schemas: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    rollout: RolloutArgs,
}

impl Migrate {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let (scope, rollout) = (self.scope.scope()?, self.rollout.rollout()?);
        let (mut operation, kind) = if self.mark_applied {
            (Operation::mark_applied(scope), Kind::Mark)
        } else {
            (Operation::migrate(scope), Kind::Migrate)
        };
        let is_limited = self.to.is_some();
        if let Some(version) = self.to {
            operation = operation.to(version);
        }
        if self.retry_failed {
            operation = operation.failed_only();
        }
        let project = context.project()?;
        if self.retry_failed {
            project.needs_state_table("--retry-failed")?;
        }
        let run = Run {
            context,
            project: &project,
            kind,
            operation: operation.rollout(rollout),
            args: &self.run,
            create_schemas: self.create_schemas,
        };
        if self.dry_run.is_wanted() {
            return run.foretell(&self.dry_run);
        }
        let code = run.carry_out()?;
        #[cfg(feature = "scaffold")]
        if code == exit_code::DONE && !is_limited && !self.mark_applied {
            print_schema::after_migrate(context, &project);
        }
        #[cfg(not(feature = "scaffold"))]
        let _ = is_limited;
        Ok(code)
    }
}
