//! `cargo multitenant sql`

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use multitenant_runtime::{Error, FleetScript, Report};

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::{Kind, Rows, TargetResult};

use super::options::WorkArgs;
use super::scope::{Targets, TenantArgs};
use super::watched::{Watched, jobs};

/// Ask all tenants: the same SQL in each tenant's schema, and the tenant as the first column
///
/// It only reads unless --write is given; then the statements of a tenant are one transaction, and what would change
/// the shared schema itself is refused, as in a migration. The search_path is that of a migration, and the role that of
/// the database URL, where tenants have roles too. Rows come in the order of the tenants, as they arrive: none are kept
/// but those of one page. A tenant whose columns differ gets a heading of its own in text, and names its columns in
/// JSON; CSV leaves it out and says so. Values are texts as the server writes them; in CSV, NULL is nothing, and an empty
/// text \"\". A tenant that fails stops that tenant only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant sql 'select count(*) from users'
  cargo multitenant sql 'select id, total from orders where total < 0' --match 'eu-*' --format csv > negative.csv
  cargo multitenant sql --file report.sql --format json
  cargo multitenant sql --write \"update plans_of_users set plan = 'basic' where plan is null\" --tenant acme

Exit codes: 0 all have answered, 10 some have not, 11 none has, 2 what is no statement for the fleet.")]
pub(crate) struct Sql {
    /// The statement, or several, each ended by `;`
    #[arg(required_unless_present = "file", conflicts_with = "file", value_name = "SQL")]
    statement: Option<String>,
    /// A file with the statements; `-` is stdin
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    tenants: TenantArgs,
    /// Let the statements write
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    work: WorkArgs,
}

impl Sql {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let scope = self.tenants.scope(None, Targets::Tenants)?;
        let script = self.script(context)?;
        let project = context.project()?;
        let jobs = jobs(context, &project, self.work.jobs);
        let (migrator, watched) = Watched::migrator(context, &project, |builder| self.work.apply(builder).jobs(jobs))?;
        let bar = watched.bar();
        let mut rows = Rows::new(context.console);
        let mut written = Ok(());
        let asked = migrator.ask(&script, scope, |target, answer| {
            written = bar.suspend(|| rows.part(target, &answer));
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let (result, signal) = watched.run(asked)?;
        written?;
        let report = match result {
            Ok(report) => report,
            Err(Error::Incomplete(report)) => *report,
            Err(_) if signal.is_some() => Report::default(),
            Err(error) => return Err(CliError::Runtime(error)),
        };
        let all_shown = rows.finish(&report)?;
        let code = exit_code::of_run(&TargetResult::all(&report, Kind::Ask), signal.filter(|_| !report.is_complete()));
        Ok(if code == exit_code::DONE && !all_shown { exit_code::SOME_FAILED } else { code })
    }

    fn script(&self, context: &Context) -> Result<FleetScript, CliError> {
        let (name, text) = match (&self.statement, &self.file) {
            (Some(statement), _) => ("SQL".to_owned(), statement.clone()),
            (None, Some(file)) if file == Path::new("-") => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(|error| unreadable("stdin", error))?;
                ("stdin".to_owned(), text)
            }
            (None, file) => {
                let file = file.as_deref().unwrap_or(Path::new("-"));
                let text = std::fs::read_to_string(context.here.join(file));
                let name = crate::config::slashes(file);
                (name.clone(), text.map_err(|error| unreadable(&name, error))?)
            }
        };
        let script = if self.write { FleetScript::read_write } else { FleetScript::read_only };
        script(&name, &text).map_err(|problem| CliError::Usage(problem.to_string()))
    }
}

fn unreadable(what: &str, error: std::io::Error) -> CliError {
    CliError::Files { what: format!("{what} cannot be read"), help: None, source: Some(error) }
}
