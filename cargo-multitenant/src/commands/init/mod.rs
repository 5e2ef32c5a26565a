//! `cargo multitenant init`: its flags, and what it does with them.

mod args;
mod choices;
mod questions;

use std::io;
use std::path::{Path, PathBuf};

use args::{DatabaseArg, ExistingArg, FeatureArg, FrameworkArg, TemplateArg};
use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use crate::config::slashes;
use crate::context::{Context, block_on};
use crate::error::CliError;
use crate::exit_code;
use crate::init::{Action, Ground, Unusable, Unwritten, plan, write};
use crate::interrupt::{Signal, Signals};
use crate::output::{agree, can_ask, restore_terminal};
use crate::report::InitDocument;

/// A project for tenants, from an empty folder or around what is there
///
/// On a terminal it asks for what no flag says. It writes what is not there, adds to Cargo.toml what is missing, and
/// overwrites nothing unless --force is given: a second time it has nothing to do. All files are settled before the first
/// one is written, and where one cannot be, the others are taken back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant init my-app                                  asks, then makes a package
  cargo multitenant init my-app --yes                            an application with axum and a development server
  cargo multitenant init --template full --framework actix --yes in the package that we stand in
  cargo multitenant init --template enterprise --feature shared,health,metrics,debug --database compose --dry-run --yes
  cargo multitenant init --existing tenant                       the migrations that are there become each tenant's

Templates: minimal is multitenant.toml; standard also folders, build.rs and dependencies; full also an application with \
migrations, seeds and a test of isolation; enterprise also CI, a Dockerfile, docker-compose with Prometheus and Grafana, \
and Kubernetes manifests.")]
pub(crate) struct Init {
    /// The folder; it is made unless it is there
    #[arg(default_value = ".")]
    path: PathBuf,
    /// How much is written [default: full, or standard where there is a package]
    #[arg(long, value_enum)]
    template: Option<TemplateArg>,
    /// What the application answers requests with [default: what the package has, else axum]
    #[arg(long, value_enum)]
    framework: Option<FrameworkArg>,
    /// What the application shows [default: shared; of enterprise also health and metrics]
    #[arg(long = "feature", value_enum, value_delimiter = ',', value_name = "FEATURE,…")]
    features: Option<Vec<FeatureArg>>,
    /// Where the database is [default: embedded; manual on Windows]
    #[arg(long, value_enum)]
    database: Option<DatabaseArg>,
    /// Whose the migrations of one schema become that are there already [default: shared]
    #[arg(long, value_enum)]
    existing: Option<ExistingArg>,
    /// What the new package is called [default: the folder's name]
    #[arg(long)]
    name: Option<String>,
    /// A checkout of cargo-multitenant to take its crates from [default: where this tool was built, else the registry]
    #[arg(long, value_name = "DIR")]
    multitenant_path: Option<PathBuf>,
    /// Takes the defaults for what no flag says, and asks nothing
    #[arg(short, long)]
    yes: bool,
    /// Overwrites files that are there
    #[arg(long)]
    force: bool,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

impl Init {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        if context.overrides.config.is_some() {
            return Err(CliError::Usage("init writes multitenant.toml into its folder: leave --config out".to_owned()));
        }
        block_on(self.run_catching(context))
    }

    /// Until the first file is written a signal ends the process; from then on what has been written is taken back first.
    async fn run_catching(self, context: &Context) -> Result<u8, CliError> {
        let mut ground = Ground::read(&context.here.join(&self.path)).map_err(|error| unusable(&error))?;
        if self.force {
            ground = ground.unconfigured().map_err(|error| unusable(&error))?;
        }
        let asks = !self.yes && can_ask();
        // While a question waits for a key nothing else here runs.
        let mut asked_to_end = Signals::catch().map_err(CliError::System)?;
        let ending = tokio::spawn(async move { end_asking(asked_to_end.next().await) });
        let choices = self.choices(context, &ground, asks)?;
        let now = TimeZone::UTC.to_datetime(Timestamp::now());
        let plan = plan(&choices, &ground, self.force, now).map_err(|what| CliError::Files {
            what,
            help: None,
            source: None,
        })?;
        let to_do = plan.files.iter().any(|file| file.action != Action::Keep);
        if asks && to_do && !self.dry_run {
            context.console.message(InitDocument::new(&plan, &choices, true).files_text().trim_end());
            if !agree("Write these files?")? {
                return Err(CliError::Refused("nothing was written".to_owned()));
            }
        }
        let document = InitDocument::new(&plan, &choices, self.dry_run);
        let mut signals = Signals::catch().map_err(CliError::System)?;
        ending.abort();
        if !self.dry_run {
            let mut interrupted = None;
            let written = write(&plan, || match received(&mut signals) {
                Some(signal) => {
                    interrupted = Some(signal);
                    Err(io::Error::from(io::ErrorKind::Interrupted))
                }
                None => Ok(()),
            });
            written.map_err(|unwritten| interrupted.map_or_else(|| unwritable(*unwritten), CliError::Interrupted))?;
        }
        context.console.result(&document, InitDocument::text)?;
        Ok(exit_code::DONE)
    }
}

/// Ends the process in the middle of a question, of which nothing is left on the terminal; nothing has been written.
fn end_asking(signal: Signal) {
    restore_terminal();
    std::process::exit(exit_code::of_signal(signal).into());
}

/// The signal that has come meanwhile.
fn received(signals: &mut Signals) -> Option<Signal> {
    use std::future::Future as _;
    use std::task::{Context, Poll, Waker};
    let next = std::pin::pin!(signals.next());
    match next.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(signal) => Some(signal),
        Poll::Pending => None,
    }
}

fn unusable(unusable: &Unusable) -> CliError {
    CliError::Files {
        what: format!("{} cannot be used: {}", shown(&unusable.path), unusable.reason),
        help: None,
        source: None,
    }
}

fn unwritable(unwritten: Unwritten) -> CliError {
    let left: Vec<String> = unwritten.left.iter().map(|path| shown(path)).collect();
    let rest = match left.as_slice() {
        [] => "what had been written before was taken back".to_owned(),
        left => format!("what had been written before was taken back, but for {}", left.join(", ")),
    };
    CliError::Files {
        what: format!("{} cannot be written, and {rest}", shown(&unwritten.place)),
        help: None,
        source: Some(unwritten.error),
    }
}

fn shown(path: &Path) -> String {
    slashes(path)
}
