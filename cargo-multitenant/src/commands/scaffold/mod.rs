//! `cargo multitenant scaffold`: a file for each thing that it makes, with what they share.

mod args;
mod ground;
mod migration;
mod schema;
mod seed;
mod templates;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliError;

/// Boilerplate from templates: a table with its code, a migration, a seed
///
/// Nothing is overwritten, and all is written or nothing. What is scaffolded compiles, passes `lint`, and can be rolled
/// back. Names need no quotes, in SQL or in Rust; others are refused.
#[derive(Debug, Args)]
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
