//! The command line as a whole: the common flags, and which commands there are.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::commands::{
    completions, db, doctor, drift, explain, generate, migrate, repair, rollback, seed, shell, snapshot, sql, status,
    tenant, verify,
};
#[cfg(feature = "scaffold")]
use crate::commands::init;
#[cfg(feature = "lint")]
use crate::commands::{lint, lock};
use crate::config::{Environment, Overrides};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::output::{Console, Format, Verbosity};
use crate::seeds::Register;

const EXAMPLES: &str = "\
Examples:
  cargo multitenant init my-app                     a project, from an empty folder or around what is there
  cargo multitenant generate tenant create_orders   a new migration for every tenant
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
  cargo multitenant verify                          all migrations up, down and up again, in a scratch database
  cargo multitenant doctor                          what is wrong with project, database and tenants

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

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
struct Common {
    /// The configuration [default: multitenant.toml beside Cargo.toml]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The database of this call; wins over everything that is configured
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// How the result is written to stdout
    #[arg(long, global = true, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, default_value_t = ColorArg::Auto, value_name = "WHEN")]
    color: ColorArg,
    /// Nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Everything that happens, line by line, on stderr
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// Annotations of a pull request, of what `lint` finds
    Github,
    /// SARIF 2.1.0, of what `lint` finds
    Sarif,
    /// Rows separated by commas, of what `sql` answers
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorArg {
    /// On a terminal
    Auto,
    /// Into files and pipes too
    Always,
    /// Not at all
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "scaffold")]
    Init(init::Init),
    Migrate(migrate::Migrate),
    Rollback(rollback::Rollback),
    Redo(rollback::Redo),
    Status(status::Status),
    Repair(repair::Repair),
    Snapshot(snapshot::Snapshot),
    Drift(drift::Drift),
    Tenant(tenant::Tenant),
    Generate(generate::Generate),
    #[cfg(feature = "lint")]
    Lint(lint::Lint),
    Doctor(doctor::Doctor),
    Verify(verify::Verify),
    Explain(explain::Explain),
    #[cfg(feature = "lint")]
    Lock(lock::LockCommand),
    Db(db::Db),
    Seed(seed::Seed),
    Sql(sql::Sql),
    Shell(shell::Shell),
    Completions(completions::Completions),
}

impl Command {
    /// Whether its result can be shown in the forms that findings have.
    fn has_findings(&self) -> bool {
        #[cfg(feature = "lint")]
        return matches!(self, Self::Lint(_));
        #[cfg(not(feature = "lint"))]
        false
    }

    fn run(self, context: &Context) -> Result<u8, CliError> {
        match self {
            #[cfg(feature = "scaffold")]
            Self::Init(command) => command.run(context),
            Self::Migrate(command) => command.run(context),
            Self::Rollback(command) => command.run(context),
            Self::Redo(command) => command.run(context),
            Self::Status(command) => command.run(context),
            Self::Repair(command) => command.run(context),
            Self::Snapshot(command) => command.run(context),
            Self::Drift(command) => command.run(context),
            Self::Tenant(command) => command.run(context),
            Self::Generate(command) => command.run(context),
            #[cfg(feature = "lint")]
            Self::Lint(command) => command.run(context),
            Self::Doctor(command) => command.run(context),
            Self::Verify(command) => command.run(context),
            Self::Explain(command) => command.run(context),
            #[cfg(feature = "lint")]
            Self::Lock(command) => command.run(context),
            Self::Db(command) => command.run(context),
            Self::Seed(command) => command.run(context),
            Self::Sql(command) => command.run(context),
            Self::Shell(command) => command.run(context),
            Self::Completions(command) => command.run(context, Cli::command()),
        }
    }
}

/// Does what these arguments say, and answers with the exit code.
#[cfg(all(test, feature = "lint"))]
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    run_with(args, None)
}

/// The same, with seeds that are compiled in.
pub(crate) fn run_with(args: impl IntoIterator<Item = OsString>, register: Option<Register>) -> u8 {
    let cli = match Cli::try_parse_from(without_subcommand_name(args)) {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version too come this way; clap knows which stream each belongs to.
            let _ = answer.print();
            return if answer.use_stderr() { exit_code::USAGE } else { exit_code::DONE };
        }
    };
    let console = cli.common.console();
    let result = std::env::current_dir().map_err(CliError::System).and_then(|here| {
        let overrides = Overrides { config: cli.common.config, database_url: cli.common.database_url };
        if matches!(console.format, Format::Github | Format::Sarif) && !cli.command.has_findings() {
            return Err(CliError::Usage(
                "--format github and sarif are for what `lint` finds: use text or json".to_owned(),
            ));
        }
        if console.format == Format::Csv && !matches!(cli.command, Command::Sql(_)) {
            return Err(CliError::Usage("--format csv is for what `sql` answers: use text or json".to_owned()));
        }
        let context = Context { console, overrides, environment: Environment::of_process(), here, register };
        cli.command.run(&context)
    });
    result.unwrap_or_else(|error| {
        console.error(&error);
        exit_code::of_error(&error)
    })
}

/// Cargo calls `cargo-multitenant multitenant …`.
fn without_subcommand_name(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|arg| arg == OsStr::new("multitenant")) {
        args.remove(1);
    }
    args
}

impl Common {
    fn console(&self) -> Console {
        Console {
            color: match self.color {
                ColorArg::Auto => anstream::ColorChoice::Auto,
                ColorArg::Always => anstream::ColorChoice::Always,
                ColorArg::Never => anstream::ColorChoice::Never,
            },
            format: match self.format {
                FormatArg::Text => Format::Text,
                FormatArg::Json => Format::Json,
                FormatArg::Github => Format::Github,
                FormatArg::Sarif => Format::Sarif,
                FormatArg::Csv => Format::Csv,
            },
            verbosity: match (self.quiet, self.verbose) {
                (true, _) => Verbosity::Quiet,
                (false, false) => Verbosity::Normal,
                (false, true) => Verbosity::Verbose,
            },
        }
    }
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
}
