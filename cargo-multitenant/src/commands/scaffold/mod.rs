//! `cargo multitenant scaffold`: a file for each thing that it makes, with what they share.

mod args;
mod ground;
mod migration;
mod schema;
mod seed;
mod templates;

use clap::{Args, Subcommand};

pub(super) use ground::turn;

use crate::context::Context;
use crate::error::CliError;

/// Boilerplate from templates: a table with its code, a migration, a seed
///
/// Nothing is overwritten, and all is written or nothing. What is scaffolded compiles, passes `lint`, and can be rolled
/// back. Names need no quotes, in SQL or in Rust; others are refused.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold schema orders --type tenant total:numeric user_id:references=users
  cargo multitenant scaffold migration add_note_to_orders --type tenant note:text
  cargo multitenant scaffold seed plans --type shared
  cargo multitenant scaffold templates

Exit codes: 0 done, 2 usage, 3 the project, a template or the editor cannot be used, 13 it is there already, or what it \
builds on is not.")]
pub(crate) struct Scaffold {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Schema(schema::Schema),
    Seed(seed::Seed),
    Migration(migration::Migration),
    Templates(templates::TemplatesCommand),
}

impl Scaffold {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        match self.what {
            What::Schema(command) => command.run(context),
            What::Seed(command) => command.run(context),
            What::Migration(command) => command.run(context),
            What::Templates(command) => command.run(context),
        }
    }
}
