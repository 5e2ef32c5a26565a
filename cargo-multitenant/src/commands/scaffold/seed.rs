//! `cargo multitenant scaffold seed`

use clap::Args;

use super::args::{HowArgs, TierArgs, column, table};
use super::ground::Ground;
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::{Batch, Change, Column, Package, SeedDraft, Subject, check, environment};

/// A seed, in SQL or in Rust, that can run again and again
///
/// Without columns it writes those that the table does not take a row without, as its migrations make it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold seed plans --type shared
  cargo multitenant scaffold seed 10_orders --type tenant --env dev
  cargo multitenant scaffold seed demo --type tenant --table orders total note --rust")]
pub(super) struct Seed {
    /// The file without its end, as in orders, or 10_orders: seeds run in the order of their names
    name: String,
    /// Columns to be written; the migrations say of which type they are, or it is given, as in total:numeric
    #[arg(value_name = "COLUMN", value_parser = column)]
    columns: Vec<Column>,
    #[command(flatten)]
    tier: TierArgs,
    /// The table [default: the name, without its number]
    #[arg(long, value_parser = table)]
    table: Option<String>,
    /// In Rust, with the project's library at hand
    #[arg(long)]
    rust: bool,
    /// For this environment only
    #[arg(long, value_name = "NAME", value_parser = environment)]
    env: Option<String>,
    #[command(flatten)]
    how: HowArgs,
}

impl Seed {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let name = check(Subject::Seed, &self.name).map_err(CliError::Usage)?;
        let tier = self.tier.tier();
        let table = match &self.table {
            Some(table) => table.clone(),
            None => {
                let word = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_');
                table(word).map_err(|why| CliError::Usage(format!("{why}; or name the table with --table")))?
            }
        };
        let ground = Ground::new(context, self.how)?;
        ground.known.must_have(tier, &table)?;
        if self.rust {
            let package = Package::of(&ground.config.root).map_err(CliError::Usage)?;
            let missing = package.missing_for_seeds();
            if !missing.is_empty() {
                context.console.warning(&format!("the seed needs what the package has not: {}", missing.join("; ")));
            }
        }
        let draft = SeedDraft {
            tier,
            name: &name,
            table: &table,
            columns: &self.columns,
            known: &ground.known,
            templates: &ground.templates,
        };
        let folder = ground.config.new_seed_folder(tier);
        let folder = self.env.iter().fold(folder, |folder, environment| folder.join(environment));
        let path = folder.join(format!("{name}.{}", if self.rust { "rs" } else { "sql" }));
        let changes = vec![Change::create(&context.here.join(path), &draft.text(self.rust)?)];
        ground.finish(&Batch { changes, migrations: Vec::new() }, "seed", self.tier.word(), None)
    }
}
