//! `cargo multitenant migrate`

use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use multitenant_runtime::{Error, Migrator, MigratorBuilder, Report, Scope, parse_duration};
use tokio_util::sync::CancellationToken;

use crate::context::{Context, Project, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::interrupt::{Signal, Signals};
use crate::output::Console;
use crate::report::{MigrateDocument, PlanDocument, Progress};

use super::scope::ScopeArgs;

/// Apply what is pending: the shared schema first, then every tenant
///
/// Each migration and its history row are one transaction, and any number of processes may run at once. A tenant
/// that fails stops that tenant only. Ctrl-C finishes or rolls back what has begun and reports the rest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant migrate --dry-run           what would be applied
  cargo multitenant migrate shared              the shared schema alone
  cargo multitenant migrate --jobs 8            eight tenants at once
  cargo multitenant migrate --wait 10m --format json")]
pub(crate) struct Migrate {
    #[command(flatten)]
    scope: ScopeArgs,
    /// How many tenants at once, each on a connection of its own, within database.max_connections
    /// [default: migrations.jobs]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Print what would be applied, and write nothing; the exit code is that of a run in which nothing fails
    #[arg(long)]
    dry_run: bool,
    /// How long to wait for a target that another run holds, as in 30s [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
    /// How long one statement may wait for a table's lock [default: migrations.lock_timeout]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    lock_timeout: Option<Duration>,
    /// How long one statement may run, 0 without limit [default: migrations.statement_timeout]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    statement_timeout: Option<Duration>,
    /// Create the schema of a registered tenant that has none
    #[arg(long)]
    create_schemas: bool,
}

impl Migrate {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let scope = self.scope.scope()?;
        let project = context.project()?;
        if self.dry_run {
            return self.plan(context, &project, scope);
        }
        let (jobs, warning) = project.jobs(self.jobs);
        if let Some(warning) = warning {
            context.console.warning(&warning);
        }
        let options = |builder| self.options(builder).jobs(jobs);
        let cancellation = CancellationToken::new();
        let progress = Progress::new(context.console);
        let bar = progress.bar();
        let migrator =
            project.migrator(|builder| options(builder).observer(progress).cancellation(cancellation.clone()))?;
        let result = block_on(run(&migrator, scope, &cancellation, context.console, &bar));
        bar.finish_and_clear();
        let (result, signal) = result?;
        finish(context.console, result, signal)
    }

    fn plan(&self, context: &Context, project: &Project, scope: Scope) -> Result<u8, CliError> {
        let migrator = project.migrator(|builder| self.options(builder))?;
        let plan = async { migrator.plan(scope).await.map_err(CliError::Runtime) };
        let plan = block_on(unless_interrupted(plan))?;
        let document = PlanDocument::new(&plan);
        context.console.result(&document, |document| document.text(&project.names()))?;
        Ok(exit_code::of_run(&document.foretold(), None))
    }

    fn options(&self, mut builder: MigratorBuilder) -> MigratorBuilder {
        if let Some(wait) = self.wait {
            builder = builder.wait(wait);
        }
        if let Some(timeout) = self.lock_timeout {
            builder = builder.lock_timeout(timeout);
        }
        if let Some(timeout) = self.statement_timeout {
            builder = builder.statement_timeout(Some(timeout).filter(|timeout| !timeout.is_zero()));
        }
        builder.create_schemas(self.create_schemas)
    }
}

/// Runs to the end. The first signal cancels, and the run ends in order; the second one ends it at once.
async fn run(
    migrator: &Migrator,
    scope: Scope,
    cancellation: &CancellationToken,
    console: Console,
    bar: &ProgressBar,
) -> Result<(Result<Report, Error>, Option<Signal>), CliError> {
    let mut signals = Signals::catch().map_err(CliError::System)?;
    let mut run = pin!(Box::pin(migrator.migrate(scope)));
    let mut first = None;
    loop {
        tokio::select! {
            result = &mut run => return Ok((result, first)),
            signal = signals.next() => match first {
                Some(_) => return Err(CliError::Interrupted(signal)),
                None => {
                    first = Some(signal);
                    cancellation.cancel();
                    bar.suspend(|| {
                        console.message("ending: what has begun is finished or rolled back; once more ends at once");
                    });
                }
            },
        }
    }
}

/// Prints what was done, whatever came of it.
fn finish(console: Console, result: Result<Report, Error>, signal: Option<Signal>) -> Result<u8, CliError> {
    let (report, error) = match result {
        Ok(report) => (report, None),
        Err(Error::Incomplete(report)) => (*report, None),
        Err(Error::Aborted { report, error }) => (*report, Some(CliError::Runtime(*error))),
        Err(_) if signal.is_some() => (Report::default(), None),
        Err(error) => return Err(CliError::Runtime(error)),
    };
    let document = MigrateDocument::new(&report);
    console.result(&document, MigrateDocument::text)?;
    match error {
        Some(error) => Err(error),
        // A signal that came when everything was done already interrupted nothing.
        None if report.is_complete() && !report.targets.is_empty() => Ok(exit_code::DONE),
        None => Ok(exit_code::of_run(&document.targets, signal)),
    }
}
