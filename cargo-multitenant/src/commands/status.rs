//! `cargo multitenant status`

use std::time::{Duration, Instant};

use clap::Args;
use multitenant_runtime::{Error, Migrator, Plan, Scope, parse_duration};

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::{StatusDocument, anything_to_do};

use super::scope::ScopeArgs;

/// How long between two looks under `--wait`.
const POLL: Duration = Duration::from_secs(1);

/// How the shared schema and the tenants stand
///
/// Reads, and writes nothing. States: up to date; behind (something is pending); ahead (migrations were applied that
/// this project does not have); edited (an applied migration differs from its file); failed (in the last run, or a
/// history that cannot be read); missing (no schema). What `repair` treats is told too: versions that a history lacks
/// and that are older than what it holds, and versions that this project does not have.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant status --pending            only what is not up to date
  cargo multitenant status --check              exit code 1 when anything is to be done: for a pipeline
  cargo multitenant status --check --wait 5m    wait until another process has migrated: for an init container
  cargo multitenant status --match 'eu-*'       some tenants
  cargo multitenant status --tenant acme --format json")]
pub(crate) struct Status {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Exit with 1 when anything is pending, failed, edited, missing or refused
    #[arg(long)]
    check: bool,
    /// With --check: look every second until there is nothing of that, or this time is over, as in 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, requires = "check")]
    wait: Option<Duration>,
    /// Only targets with something pending
    #[arg(long)]
    pending: bool,
}

impl Status {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let scope = self.scope.scope()?;
        let project = context.project()?;
        let migrator = project.migrator(|builder| builder)?;
        let wait = self.wait.unwrap_or_default();
        let plan = block_on(unless_interrupted(look(&migrator, &scope, wait)))?;
        let document = StatusDocument::new(&plan, self.pending);
        context.console.result(&document, |document| document.text(&project.names()))?;
        Ok(if self.check && anything_to_do(&plan) { exit_code::FINDINGS } else { exit_code::DONE })
    }
}

/// Looks until there is nothing to do or the time is over. A database that is not there yet is waited for too.
async fn look(migrator: &Migrator, scope: &Scope, wait: Duration) -> Result<Plan, CliError> {
    let until = Instant::now() + wait;
    loop {
        let result = Box::pin(migrator.plan(scope.clone())).await;
        let settled = match &result {
            Ok(plan) => !anything_to_do(plan),
            Err(error) => !matches!(error, Error::Connect(_)),
        };
        let left = until.saturating_duration_since(Instant::now());
        if settled || left.is_zero() {
            return result.map_err(CliError::Runtime);
        }
        tokio::time::sleep(POLL.min(left)).await;
    }
}
