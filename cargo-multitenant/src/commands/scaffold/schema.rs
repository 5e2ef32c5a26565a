//! `cargo multitenant scaffold schema`

use std::path::PathBuf;

use clap::Args;

use super::args::{HowArgs, OptionArgs, TierArgs, column};
use super::ground::Ground;
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::{Batch, Column, Draft, Layout, Package, SchemaCode, Subject, check, own_columns};

/// A table: `table!`, its structs with their mark, and the migration that makes it
///
/// A column is name:type, then what else there is to say: null, unique, default=VALUE, references=TABLE or
/// references=TABLE.COLUMN, whose type is then taken where none is given. The types: text, smallint, int, bigint, real,
/// double, numeric, bool, uuid, timestamptz, timestamp, date, jsonb, bytea. What a type needs of Diesel is looked up in
/// Cargo.toml; where it is missing nothing is written, and the command that adds it is said.
///
/// `table!` goes where most tables of the tier are, by their marks; else into the first that is there of
/// src/schema/TIER.rs, print_schema.file of diesel.toml, src/schema.rs and src/schema/mod.rs. The structs go where most
/// structs of the tier are, or into a file of their own where each has one; else into src/models/TIER.rs, src/models.rs or
/// src/models/mod.rs. What is not there is made, with its `mod` line. A file that is there keeps every byte; the new code
/// comes behind them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold schema orders --type tenant total:numeric note:text:null --timestamps
  cargo multitenant scaffold schema items --type tenant order_id:references=orders sku:text:unique
  cargo multitenant scaffold schema plans --type shared --uuid price:int:default=0 --dry-run")]
pub(super) struct Schema {
    /// The table, as in orders
    name: String,
    /// Its columns beside `id`, as in total:numeric or user_id:references=users
    #[arg(value_name = "COLUMN", value_parser = column)]
    columns: Vec<Column>,
    #[command(flatten)]
    tier: TierArgs,
    #[command(flatten)]
    options: OptionArgs,
    /// The struct's name [default: the table's, of one row: Order of orders]
    #[arg(long, value_name = "NAME", value_parser = model)]
    model: Option<String>,
    /// The file that `table!` goes into
    #[arg(long, value_name = "FILE")]
    tables: Option<PathBuf>,
    /// The file that the structs go into
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    #[command(flatten)]
    how: HowArgs,
}

impl Schema {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let table = check(Subject::Table, &self.name).map_err(CliError::Usage)?;
        let (tier, options) = (self.tier.tier(), self.options.into());
        own_columns(&self.columns, options)?;
        let ground = Ground::new(context, self.how)?;
        ground.known.is_free(tier, &table)?;
        let package = Package::of(&ground.config.root).map_err(|why| CliError::Files {
            what: format!("the package that the table's code goes into is not known: {why}"),
            help: None,
            source: None,
        })?;
        let name = format!("create_{table}");
        let draft = Draft { tier, name: &name, table: &table, known: &ground.known, templates: &ground.templates };
        let columns = draft.views(&self.columns, true)?;
        let migrations = draft.create_table(&columns, options)?;
        let named = (self.tables.as_deref(), self.models.as_deref());
        let layout = Layout::of(&package, &ground.known, tier, &table, named, &context.here)?;
        let code = SchemaCode {
            tier,
            table: &table,
            model: self.model.as_deref(),
            shared_schema: ground.config.settings.shared_schema.as_str(),
            options,
            columns: &columns,
            known: &ground.known,
            templates: &ground.templates,
            package: &package,
            layout: &layout,
            here: &context.here,
        };
        let (changes, words) = code.changes()?;
        for word in words {
            context.console.warning(&word);
        }
        let batch = Batch { changes, migrations: vec![(ground.migrations_folder(tier), migrations)] };
        ground.finish(&batch, "schema", self.tier.word(), None)
    }
}

fn model(name: &str) -> Result<String, String> {
    let fits = name.len() <= 63 && name.chars().all(|c| c.is_ascii_alphanumeric());
    if fits && name.starts_with(|c: char| c.is_ascii_uppercase()) && name != "Self" {
        return Ok(name.to_owned());
    }
    Err(format!("{name:?} is no struct's name: use letters and digits, as in OrderItem"))
}
