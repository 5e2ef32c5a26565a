//! The command line as a whole: the common flags, and which commands there are.

use std::ffi::{OsStr, OsString};

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::common::{Common, Forms, told};
use crate::commands::deployed::Deployed;
#[cfg(feature = "tui")]
use crate::commands::ui;
use crate::commands::{completions, db, doctor, explain, generate, json_schema, verify};
#[cfg(feature = "scaffold")]
use crate::commands::{export, import, init, print_schema, scaffold};
#[cfg(feature = "lint")]
use crate::commands::{lint, lock};
use crate::context::Context;
use crate::error::CliError;
use crate::source::{Register, Source};

/// What is written before a command's name.
const PROGRAM: &str = "cargo multitenant";

const EXAMPLES: &str = "\
Examples:
  cargo multitenant init my-app                     a project, from an empty folder or around what is there
  cargo multitenant generate tenant create_orders   a new migration for every tenant
  cargo multitenant scaffold schema orders --type tenant total:numeric   table!, structs and migration
  cargo multitenant migrate                         the shared schema, then all tenants
  cargo multitenant migrate --tenant acme,globex    two tenants
  cargo multitenant migrate --canary acme           one tenant first, the others only if that went well
  cargo multitenant rollback --tenant acme          one migration back, after asking
  cargo multitenant repair                          where histories and migrations disagree
  cargo multitenant drift                           what differs from what the migrations make
  cargo multitenant status --check --wait 5m        wait until somebody else has migrated
  cargo multitenant tenant create acme              schema, migrations, registry row: all or nothing
  cargo multitenant seed --env dev                  rows to begin with, in every schema
  cargo multitenant sql 'select count(*) from users' one query over all tenants
  cargo multitenant shell acme                      psql in one tenant
  cargo multitenant lint                            what is wrong with migrations and schema code
  cargo multitenant print-schema --check            `table!` of both tiers: is it what the migrations make
  cargo multitenant export --format mermaid         the tables of both tiers as data, without a database
  cargo multitenant import --from schema.json       what another project has exported, as migrations and code
  cargo multitenant verify                          all migrations up, down and up again, in a scratch database
  cargo multitenant doctor                          what is wrong with project, database and tenants
  cargo multitenant ui                              all of that on one screen; so does `cargo multitenant` alone

Configuration: multitenant.toml beside Cargo.toml, the environment (DATABASE_URL, MULTITENANT_…, a .env file), \
then flags. All keys have defaults.

Exit codes: 0 done, 1 pending under --check or findings of lint and doctor, 2 usage, 3 configuration, 4 no such tenant or version, 10 some targets failed, \
11 the shared schema or all tenants failed, 12 held by another run, 13 refused, 20 database not reachable, \
70 a bug, 130 and 143 interrupted.";

/// Schema-per-tenant migrations for Diesel on PostgreSQL
#[derive(Debug, Parser)]
#[command(
    name = "cargo-multitenant",
    bin_name = "cargo multitenant",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "scaffold")]
    Init(init::Init),
    #[command(flatten)]
    Deployed(Deployed),
    Generate(generate::Generate),
    #[cfg(feature = "scaffold")]
    Scaffold(scaffold::Scaffold),
    #[cfg(feature = "lint")]
    Lint(lint::Lint),
    #[cfg(feature = "scaffold")]
    PrintSchema(print_schema::PrintSchema),
    #[cfg(feature = "scaffold")]
    Export(export::Export),
    #[cfg(feature = "scaffold")]
    Import(import::Import),
    Doctor(doctor::Doctor),
    Verify(verify::Verify),
    Explain(explain::Explain),
    #[cfg(feature = "lint")]
    Lock(lock::LockCommand),
    Db(db::Db),
    #[cfg(feature = "tui")]
    Ui(ui::Ui),
    Completions(completions::Completions),
    JsonSchema(json_schema::JsonSchema),
}

impl Command {
    /// Which forms its results have.
    fn forms(&self) -> Forms {
        match self {
            Self::Deployed(command) => command.forms(),
            #[cfg(feature = "lint")]
            Self::Lint(_) => Forms::Findings,
            #[cfg(feature = "scaffold")]
            Self::Export(_) => Forms::Schemas,
            _ => Forms::None,
        }
    }

    fn run(self, context: &Context) -> Result<u8, CliError> {
        match self {
            #[cfg(feature = "scaffold")]
            Self::Init(command) => command.run(context),
            Self::Deployed(command) => command.run(context),
            Self::Generate(command) => command.run(context),
            #[cfg(feature = "scaffold")]
            Self::Scaffold(command) => command.run(context),
            #[cfg(feature = "lint")]
            Self::Lint(command) => command.run(context),
            #[cfg(feature = "scaffold")]
            Self::PrintSchema(command) => command.run(context),
            #[cfg(feature = "scaffold")]
            Self::Export(command) => command.run(context),
            #[cfg(feature = "scaffold")]
            Self::Import(command) => command.run(context),
            Self::Doctor(command) => command.run(context),
            Self::Verify(command) => command.run(context),
            Self::Explain(command) => command.run(context),
            #[cfg(feature = "lint")]
            Self::Lock(command) => command.run(context),
            Self::Db(command) => command.run(context),
            #[cfg(feature = "tui")]
            Self::Ui(command) => command.run(context),
            Self::Completions(command) => command.run(context, Cli::command()),
            Self::JsonSchema(command) => command.run(context),
        }
    }
}

/// Does what these arguments say, and answers with the exit code.
#[cfg(all(test, feature = "lint"))]
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    run_with(args, None)
}

/// The command line, for its reference.
#[cfg(all(test, feature = "lint", feature = "scaffold"))]
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// The same, with seeds that are compiled in.
pub(crate) fn run_with(args: impl IntoIterator<Item = OsString>, register: Option<Register>) -> u8 {
    let args = without_subcommand_name(args);
    #[cfg(feature = "tui")]
    let args = ui::opened_by(args);
    match Cli::try_parse_from(args) {
        Ok(Cli { common, command }) => {
            let forms = command.forms();
            common.carry_out(Source::Folders(register), PROGRAM, forms, |context| command.run(context))
        }
        Err(answer) => told(&answer),
    }
}

/// Cargo calls `cargo-multitenant multitenant …`.
fn without_subcommand_name(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|arg| arg == OsStr::new("multitenant")) {
        args.remove(1);
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn cargo_s_way_to_call_is_understood() {
        for args in [&["cargo-multitenant", "multitenant", "status"][..], &["cargo-multitenant", "status"]] {
            let args = without_subcommand_name(args.iter().map(OsString::from));
            assert!(Cli::try_parse_from(args).is_ok());
        }
    }

    #[test]
    fn an_application_knows_of_every_command() {
        let embedded = crate::commands::deployed::command();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(embedded.find_subcommand(name).is_some(), "`{name}` is neither in `Deployed` nor in `ELSEWHERE`");
        }
    }
}
