//! One operation on a project's database, as every command does it that changes schemas: foretold, asked about, done.

use std::path::{Path, PathBuf};

use clap::Args;
use multitenant_runtime::{Error, Migrator, MigratorBuilder, Operation, Plan, Report};

use crate::context::{Context, Project, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::interrupt::Signal;
use crate::output::{Console, Decision, Format, ask};
use crate::report::{Kind, PlanDocument, RunDocument};

use super::options::RunArgs;
use super::watched::{Watched, jobs};

/// What would be done, and nothing more.
#[derive(Debug, Args)]
pub(super) struct DryRunArgs {
    /// Print what would be done, and write nothing; the exit code is that of a run in which nothing fails
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: write the whole of it as a script for psql, which a DBA can read and run; `-` is stdout
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    sql: Option<PathBuf>,
}

impl DryRunArgs {
    pub(super) fn is_wanted(&self) -> bool {
        self.dry_run
    }
}

/// One operation on a project's database.
pub(super) struct Run<'a> {
    pub(super) context: &'a Context,
    pub(super) project: &'a Project,
    pub(super) kind: Kind,
    pub(super) operation: Operation,
    pub(super) args: &'a RunArgs,
    pub(super) create_schemas: bool,
}

impl Run<'_> {
    /// Says what would be done, as a script too where that is asked for.
    pub(super) fn foretell(self, dry_run: &DryRunArgs) -> Result<u8, CliError> {
        let Some(file) = &dry_run.sql else {
            let plan = self.plan()?;
            let document = PlanDocument::new(&plan, self.kind);
            self.context.console.result(&document, |document| self.dry(document))?;
            return Ok(exit_code::of_run(&document.foretold(), None));
        };
        let console = self.context.console;
        let to_stdout = file == Path::new("-");
        if to_stdout && console.format == Format::Json {
            return Err(CliError::Usage(
                "`--sql -` writes the script to stdout, where --format json writes the plan: name a file".to_owned(),
            ));
        }
        let migrator = self.migrator()?;
        let script = async { migrator.script(&self.operation).await.map_err(CliError::Runtime) };
        let script = block_on(unless_interrupted(script))?;
        let document = PlanDocument::new(script.plan(), self.kind);
        if to_stdout {
            console.message(&self.dry(&document));
            console.raw(script.sql())?;
        } else {
            std::fs::write(file, script.sql()).map_err(|source| CliError::Files {
                what: format!("{} cannot be written", file.display()),
                help: Some("name a file in a folder that exists"),
                source: Some(source),
            })?;
            console.result(&document, |document| self.dry(document))?;
            console.message(&format!(
                "the script is in {0}: psql -X -v ON_ERROR_STOP=1 -f {0}",
                crate::output::Shown(&file.to_string_lossy())
            ));
        }
        Ok(exit_code::of_run(&document.foretold(), None))
    }

    /// Shows what would be done, asks, and does it; without a question where that is agreed already.
    pub(super) fn ask(self, yes: bool) -> Result<u8, CliError> {
        if yes {
            return self.carry_out();
        }
        let plan = self.plan()?;
        let document = PlanDocument::new(&plan, self.kind);
        if !document.has_work() {
            // Nobody was asked, so what has come since is left alone.
            let operation = self.operation.clone().as_shown(&plan);
            return Run { operation, ..self }.carry_out();
        }
        self.context.console.message(&document.brief(&self.project.names()));
        match ask(&document.question())? {
            Decision::Yes => {
                let operation = self.operation.clone().as_shown(&plan);
                Run { operation, ..self }.carry_out()
            }
            Decision::No => Err(CliError::Refused("nothing was done".to_owned())),
            Decision::NobodyToAsk => Err(CliError::Refused(format!(
                "`{}` asks before it does anything, and this is no terminal: nothing was done; say --yes to agree, \
                 or --dry-run to see what it would do",
                self.kind.command()
            ))),
        }
    }

    /// Does it, and reports.
    pub(super) fn carry_out(self) -> Result<u8, CliError> {
        let jobs = jobs(self.context, self.project, self.args.work.jobs);
        let (migrator, watched) =
            Watched::migrator(self.context, self.project, |builder| self.configured(builder).jobs(jobs))?;
        let (result, signal) = watched.run(migrator.run(self.operation))?;
        finish(self.context.console, self.kind, result, signal)
    }

    fn plan(&self) -> Result<Plan, CliError> {
        let migrator = self.migrator()?;
        let plan = async { migrator.plan_operation(&self.operation).await.map_err(CliError::Runtime) };
        block_on(unless_interrupted(plan))
    }

    fn dry(&self, document: &PlanDocument<'_>) -> String {
        document.text(&self.project.names(), "; nothing was written")
    }

    fn migrator(&self) -> Result<Migrator, CliError> {
        self.project.migrator(|builder| self.configured(builder))
    }

    fn configured(&self, builder: MigratorBuilder) -> MigratorBuilder {
        self.args.apply(builder).create_schemas(self.create_schemas)
    }
}

/// What was done, whatever came of it, and the error that ended it all the same.
///
/// # Errors
///
/// What ended it before there was anything to report, unless somebody has interrupted it.
pub(crate) fn reported(
    result: Result<Report, Error>,
    is_interrupted: bool,
) -> Result<(Report, Option<CliError>), CliError> {
    Ok(match result {
        Ok(report) => (report, None),
        Err(Error::Incomplete(report)) => (*report, None),
        Err(Error::Aborted { report, error }) => (*report, Some(CliError::Runtime(*error))),
        Err(_) if is_interrupted => (Report::default(), None),
        Err(error) => return Err(CliError::Runtime(error)),
    })
}

/// Prints what was done, whatever came of it.
pub(super) fn finish(
    console: Console,
    kind: Kind,
    result: Result<Report, Error>,
    signal: Option<Signal>,
) -> Result<u8, CliError> {
    let (report, error) = reported(result, signal.is_some())?;
    let document = RunDocument::new(&report, kind);
    console.result(&document, RunDocument::text)?;
    match error {
        Some(error) => Err(error),
        // A signal that came when everything was done already interrupted nothing.
        None if report.is_complete() && !report.targets.is_empty() => Ok(exit_code::DONE),
        None => Ok(exit_code::of_run(&document.targets, signal)),
    }
}
