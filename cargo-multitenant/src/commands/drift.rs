//! `cargo multitenant drift`

use clap::{Args, ValueEnum};
use multitenant_runtime::{DriftOptions, DriftOutcome, DriftReference, DriftReport, Ignore, Scratch, TenantId};

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::output::Format;
use crate::report::DriftDocument;

use super::scope::ScopeArgs;

/// In what schemas differ from what the migrations make
///
/// The migrations are replayed in a transaction that is rolled back, or where they cannot, in a scratch database; then
/// every schema is compared with the result: tables, columns, keys, constraints, indexes, types, sequences, views,
/// functions, triggers, rules, policies. Reads, and writes nothing that stays. Schemas with migrations pending are not
/// compared. Owners, privileges, comments and the order of columns do not count.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant drift                         the shared schema and every tenant's; exit code 1 where one differs
  cargo multitenant drift --tenant acme           one tenant
  cargo multitenant drift --reference acme        tenants as acme is, whatever the migrations say
  cargo multitenant drift --ignore 'table:audit_*'
  cargo multitenant drift --fix-sql > mend.sql    what would mend them, for psql; what would lose data is in comments
  cargo multitenant drift --scratch database      replay in a database of its own")]
pub(crate) struct Drift {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Compare with this tenant, and not with the migrations
    #[arg(long, value_name = "TENANT")]
    reference: Option<TenantId>,
    /// Where the migrations are replayed
    #[arg(long, value_enum, default_value_t = Where::Auto, value_name = "WHERE", conflicts_with = "reference")]
    scratch: Where,
    /// Write a script for psql that mends what can be mended
    #[arg(long)]
    fix_sql: bool,
    /// What does not count, beside `drift.ignore`: a kind of object or `*`, a colon, a name with `*` and `?`
    #[arg(long, value_name = "PATTERN")]
    ignore: Vec<Ignore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    /// In a transaction; where something cannot be replayed there, in a database
    Auto,
    /// In a transaction on the real shared schema: what tenants' foreign keys refer to cannot be written to until the
    /// replay is rolled back, and a `nextval` of a shared sequence is not taken back. `auto` avoids both where it can,
    /// and says so where it cannot
    Transaction,
    /// In a scratch database on the same server, whose role must be allowed to create databases
    Database,
    /// In a scratch database on the project's development server
    Embedded,
}

impl Drift {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let scope = self.scope.scope()?;
        if self.fix_sql && context.console.format != Format::Text {
            return Err(CliError::Usage(
                "--fix-sql writes a script: leave out --format, or take `fix` from --format json".to_owned(),
            ));
        }
        let project = context.project()?;
        let mut options = DriftOptions::new(scope).scratch(match self.scratch {
            Where::Auto => Scratch::Auto,
            Where::Transaction => Scratch::Transaction,
            Where::Database => Scratch::Database,
            Where::Embedded => Scratch::Server(project.development_server()?),
        });
        options.ignore.extend(project.config().ignored_drift().into_iter().chain(self.ignore));
        if let Some(tenant) = self.reference {
            options = options.reference(DriftReference::Tenant(tenant));
        }
        let migrator = project.migrator(|builder| builder)?;
        let compared = async { Box::pin(migrator.drift(options)).await.map_err(CliError::Runtime) };
        let report = block_on(unless_interrupted(compared))?;
        let document = DriftDocument::new(&report, &context.program);
        if self.fix_sql {
            context.console.raw(&document.script())?;
            context.console.message(&document.summary_line());
        } else {
            context.console.result(&document, DriftDocument::text)?;
        }
        Ok(exit_code(&report))
    }
}

/// What could not be compared weighs more than what differs: nobody knows whether it does.
fn exit_code(report: &DriftReport) -> u8 {
    let failed = |drift: &&multitenant_runtime::TargetDrift| matches!(drift.outcome, DriftOutcome::NotComparable(_));
    match report.targets.iter().filter(failed).count() + report.unusable.len() {
        0 if report.is_drift() => exit_code::FINDINGS,
        0 => exit_code::DONE,
        failed if failed == report.targets.len() + report.unusable.len() => exit_code::FAILED,
        _ => exit_code::SOME_FAILED,
    }
}
