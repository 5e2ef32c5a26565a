//! The commands that need neither a project's files nor cargo, as an application has them.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches as _, Subcommand};

use crate::context::Context;
use crate::error::CliError;
use crate::source::Source;

use super::common::{Common, FormatArg, Forms, told};
use super::{drift, migrate, repair, rollback, seed, shell, snapshot, sql, status, tenant};

/// The commands that `cargo multitenant` alone has.
const ELSEWHERE: [&str; 14] = [
    "completions",
    "db",
    "doctor",
    "explain",
    "export",
    "generate",
    "import",
    "init",
    "lint",
    "lock",
    "print-schema",
    "scaffold",
    "ui",
    "verify",
];

const EXAMPLES: &str = "\
Examples:
  cargo multitenant migrate                       the shared schema, then all tenants
  cargo multitenant status --check --wait 5m      wait until somebody else has migrated
  cargo multitenant tenant create acme            schema, migrations, registry row: all or nothing
  cargo multitenant seed --once                   rows to begin with, in every schema
  cargo multitenant rollback --tenant acme --yes  one migration back
  cargo multitenant sql 'select count(*) from users'

Configuration: what was embedded when this program was built, then the file of --config if one is given, then the \
environment (DATABASE_URL, MULTITENANT_…, a .env file), then flags.

Exit codes: 0 done, 1 pending under --check, 2 usage, 3 configuration, 4 no such tenant or version, 10 some targets failed, \
11 the shared schema or all tenants failed, 12 held by another run, 13 refused, 20 database not reachable, \
70 a bug, 130 and 143 interrupted.";

/// A command that needs neither a project's files nor cargo.
#[derive(Debug, Subcommand)]
pub(crate) enum Deployed {
    Migrate(migrate::Migrate),
    Rollback(rollback::Rollback),
    Redo(rollback::Redo),
    Status(status::Status),
    Repair(repair::Repair),
    Snapshot(snapshot::Snapshot),
    Drift(drift::Drift),
    Tenant(tenant::Tenant),
    Seed(seed::Seed),
    Sql(sql::Sql),
    Shell(shell::Shell),
}

impl Deployed {
    /// Which forms its results have.
    pub(crate) fn forms(&self) -> Forms {
        if matches!(self, Self::Sql(_)) { Forms::Rows } else { Forms::None }
    }

    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        match self {
            Self::Migrate(command) => command.run(context),
            Self::Rollback(command) => command.run(context),
            Self::Redo(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Repair(command) => command.run(context),
            Self::Snapshot(command) => command.run(context),
            Self::Drift(command) => command.run(context),
            Self::Tenant(command) => command.run(context),
            Self::Seed(command) => command.run(context),
            Self::Sql(command) => command.run(context),
            Self::Shell(command) => command.run(context),
        }
    }
}

/// Migrate, look at and tend the shared schema and every tenant's, with the migrations in this program
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true, subcommand_required = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Deployed,
}

/// The command `multitenant` of an application. Its texts say `cargo multitenant`, as those of the commands do.
pub(crate) fn command() -> Command {
    let command = Arguments::augment_args(Command::new("multitenant"))
        .disable_help_subcommand(true)
        .mut_arg("config", |arg| arg.help("A multitenant.toml, whose values win over those that are embedded"))
        .mut_arg("format", |arg| arg.value_parser(FormatArg::without_findings()));
    let elsewhere = ELSEWHERE.map(|name| {
        let rest = Arg::new("rest").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
        Command::new(name).hide(true).disable_help_flag(true).arg(rest)
    });
    command.subcommands(elsewhere)
}

/// Does what the arguments of [`command`] say, and answers with the exit code.
pub(crate) fn run(matches: &ArgMatches, source: Source, program: &str) -> u8 {
    match matches.subcommand_name() {
        Some(name) if ELSEWHERE.contains(&name) => Common::from_arg_matches(matches)
            .map(|common| common.carry_out(source, program, Forms::None, |_| Err(elsewhere(name)))),
        _ => Arguments::from_arg_matches(matches).map(|Arguments { common, command }| {
            let forms = command.forms();
            common.carry_out(source, program, forms, |context| command.run(context))
        }),
    }
    .unwrap_or_else(|answer| told(&answer))
}

fn elsewhere(name: &str) -> CliError {
    CliError::Usage(format!(
        "`{name}` is for a project's files, and this program carries only its migrations: run `cargo multitenant {name}` in \
         the project (`cargo install cargo-multitenant`)"
    ))
}
