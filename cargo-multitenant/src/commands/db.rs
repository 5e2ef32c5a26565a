//! `cargo multitenant db`

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::context::Context;
use crate::development::{self, DATABASE};
use crate::error::CliError;
use crate::exit_code;
use crate::report::FORMAT;

/// The development server under .multitenant/ of the project
///
/// A PostgreSQL of the project's own, from the programs on this machine or fetched once. `database.url = "embedded"`
/// uses it, and starts it on demand.
#[derive(Debug, Args)]
pub(crate) struct Db {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    #[command(after_help = "\
Examples:
  cargo multitenant db start                        it runs until it is stopped")]
    /// Start it unless it runs, make the project's database unless it is there, and print its URL
    Start,
    #[command(after_help = "\
Examples:
  cargo multitenant db stop                         remove .multitenant/ for an empty one")]
    /// Stop it; its data stays
    Stop,
    #[command(after_help = "\
Examples:
  psql \"$(cargo multitenant db url)\"               a client of your own
  cargo multitenant db url --format json            and whether it runs")]
    /// Print the URL, whether it runs or not
    Url,
}

#[derive(Debug, Serialize)]
struct Server {
    format: u32,
    running: bool,
    url: String,
    database: &'static str,
}

impl Db {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let root = context.config()?.root;
        let server = development::server(&root);
        match self.action {
            Action::Start => drop(development::start(&root)?),
            Action::Stop => {
                let stopped = server.stop()?;
                context.console.message(if stopped { "stopped" } else { "it was not running" });
            }
            Action::Url => {}
        }
        let state =
            Server { format: FORMAT, running: server.is_running(), url: server.url(DATABASE), database: DATABASE };
        context.console.result(&state, |state| match self.action {
            Action::Stop => String::new(),
            Action::Start | Action::Url => format!("{}\n", state.url),
        })?;
        Ok(exit_code::DONE)
    }
}
