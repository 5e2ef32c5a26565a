//! `cargo multitenant repair`

use clap::Args;
use multitenant_runtime::{Operation, Repair as Treatment};

use crate::context::{Context, Project, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::{FindingsDocument, Kind};

use super::options::RunArgs;
use super::run::{DryRunArgs, Run};
use super::scope::ScopeArgs;

/// Make the history tables agree with this project's migrations, without running any
///
/// Without one of the three flags it shows what disagrees and what each flag would do, writes nothing, and exits with
/// 1 if there is something. With them it shows what it would do, asks, and does it. Nothing but history tables, and
/// the state table, is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant repair                                   what disagrees, in all schemas
  cargo multitenant repair --accept-edited --tenant acme     one tenant's edited migrations are taken as they are
  cargo multitenant repair tenants --mark-missing --dry-run  which versions would be recorded")]
pub(crate) struct Repair {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Record as applied what a history lacks that holds newer versions [default: it is pending, and migrate applies it]
    #[arg(long)]
    mark_missing: bool,
    /// Remove records of versions that this project does not have [default: they are reported]
    #[arg(long)]
    forget_unknown: bool,
    /// Take edited migrations for what was applied, as they are now [default: migrate refuses such a schema]
    #[arg(long)]
    accept_edited: bool,
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRunArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl Repair {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let treatment = Treatment {
            mark_missing: self.mark_missing,
            forget_unknown: self.forget_unknown,
            accept_edited: self.accept_edited,
        };
        let operation = Operation::repair(self.scope.scope()?, treatment);
        let project = context.project()?;
        if treatment == Treatment::default() {
            return show(context, &project, &operation);
        }
        let run =
            Run { context, project: &project, kind: Kind::Repair, operation, args: &self.run, create_schemas: false };
        if self.dry_run.is_wanted() { run.foretell(&self.dry_run) } else { run.ask(self.yes) }
    }
}

/// Shows what there is to repair.
fn show(context: &Context, project: &Project, operation: &Operation) -> Result<u8, CliError> {
    let migrator = project.migrator(|builder| builder)?;
    let plan = async { migrator.plan_operation(operation).await.map_err(CliError::Runtime) };
    let plan = block_on(unless_interrupted(plan))?;
    let document = FindingsDocument::new(&plan);
    context.console.result(&document, |document| document.text(&project.names()))?;
    Ok(if document.is_empty() { exit_code::DONE } else { exit_code::FINDINGS })
}
