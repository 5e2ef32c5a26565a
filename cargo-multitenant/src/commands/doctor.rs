//! `cargo multitenant doctor`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use multitenant_runtime::parse_duration;

use crate::context::{Context, block_on, unless_interrupted};
use crate::doctor::{Ground, examine};
use crate::error::CliError;
use crate::exit_code;
use crate::report::DoctorDocument;

use super::level::LevelArg;

/// Is everything in order: the project, the database, the tenants
///
/// Looks, and writes nothing. A line for each check, then what to do, then how the server does. `cargo multitenant
/// explain CHECK` says what a check is about.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant doctor
  cargo multitenant doctor --fail-on warn           for a pipeline that accepts no warning
  cargo multitenant doctor --instances 6            six replicas of the application share the server's connections
  cargo multitenant doctor --binary /srv/app        what a binary that is deployed embeds, against the folders
  cargo multitenant doctor --format json

Exit codes: 0 nothing of that level found, 1 something found, 3 the configuration cannot be used, 20 the database \
cannot be reached.")]
pub(crate) struct Doctor {
    /// From which level on findings make the exit code 1
    #[arg(long, value_enum, default_value_t = LevelArg::Error, value_name = "LEVEL")]
    fail_on: LevelArg,
    /// How many instances of the application there are: each may open database.max_connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    instances: u32,
    /// From which age on a transaction is a long one; from ten times that age on it is a warning
    #[arg(long, value_name = "D", default_value = "1m", value_parser = parse_duration)]
    long_transactions: Duration,
    /// The application's binary, where it is not the newest one under the target folder: the one that is deployed
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

impl Doctor {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let mut ground = Ground::of_project(context, self.instances);
        ground.long = self.long_transactions;
        ground.binary = self.binary;
        let examined = block_on(unless_interrupted(async {
            ground.connect().await;
            Ok(examine(&ground).await)
        }))?;
        context.console.result(&DoctorDocument::new(&examined), DoctorDocument::text)?;
        let worst = examined.complaints().map(|complaint| complaint.level).max();
        Ok(match ground.connection() {
            _ if ground.read_config().is_err() || ground.unusable_url().is_some() => exit_code::CONFIGURATION,
            Some(Err(_)) => exit_code::UNREACHABLE,
            _ if worst.is_some_and(|level| level >= self.fail_on.level()) => exit_code::FINDINGS,
            _ => exit_code::DONE,
        })
    }
}
