//! `cargo multitenant scaffold migration`

use clap::{Args, ValueEnum};

use super::args::{HowArgs, OptionArgs, TierArgs, column, table};
use super::ground::Ground;
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::{
    Batch, Column, Draft, Guess, Kind, NewMigration, Reference, Subject, TableOptions, check, guess, own_columns,
};

/// A migration, or several where they must not be one, with what takes them back
///
/// The template follows from the name, unless it is given: create_orders and add_orders make a table, add_total_to_orders
/// a column, add_index_on_orders_total (add_unique_index_on_…) an index, add_fk_orders_user_id a foreign key; all else is
/// blank. Columns are given as to `scaffold schema`; those of an index need a name only.
///
/// A column that is added to a table may be null unless it has a default: the rows that are there have no value for it.
/// Indexes of tables that are there are built concurrently, each in a migration of its own; a foreign key is added
/// without looking at the rows that are there, and validated by the next migration.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold migration create_orders --type tenant total:numeric --timestamps
  cargo multitenant scaffold migration add_note_to_orders --type tenant note:text
  cargo multitenant scaffold migration add_index_on_orders_total --type tenant
  cargo multitenant scaffold migration add_fk_orders_user_id --type tenant
  cargo multitenant scaffold migration by_day --type tenant --template add-index --table orders created_at total
  cargo multitenant scaffold migration backfill_totals --type tenant --edit")]
pub(super) struct Migration {
    /// What it does, as in create_orders
    name: String,
    /// Its columns
    #[arg(value_name = "COLUMN", value_parser = column)]
    columns: Vec<Column>,
    #[command(flatten)]
    tier: TierArgs,
    /// What it is made of [default: what the name says]
    #[arg(long, value_enum)]
    template: Option<KindArg>,
    /// The table [default: the one in the name]
    #[arg(long, value_parser = table)]
    table: Option<String>,
    /// The index is unique
    #[arg(long)]
    unique: bool,
    #[command(flatten)]
    options: OptionArgs,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArg {
    /// A new table
    CreateTable,
    /// New columns
    AddColumn,
    /// An index, built while others write
    AddIndex,
    /// A foreign key, validated by a second migration
    AddForeignKey,
    /// For all else
    Blank,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::CreateTable => Self::CreateTable,
            KindArg::AddColumn => Self::AddColumn,
            KindArg::AddIndex => Self::AddIndex,
            KindArg::AddForeignKey => Self::AddForeignKey,
            KindArg::Blank => Self::Blank,
        }
    }
}

impl Migration {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let name = check(Subject::Migration, &self.name).map_err(CliError::Usage)?;
        let ground = Ground::new(context, self.how)?;
        let guessed = guess(&name, |table| ground.known.is_table(table));
        let kind = self.template.map_or(guessed.kind, Kind::from);
        let said = if kind == guessed.kind { guessed } else { Guess::of(kind) };
        if self.template.is_none() {
            let message = format!("made of the template {}, as the name says: --template takes another", kind.word());
            context.console.message(&message);
        }
        let migrations = self.migrations(&ground, &name, &said)?;
        let batch =
            Batch { changes: Vec::new(), migrations: vec![(ground.migrations_folder(self.tier.tier()), migrations)] };
        ground.finish(&batch, "migration", self.tier.word(), Some(kind.word()))
    }

    fn migrations(&self, ground: &Ground<'_>, name: &str, said: &Guess) -> Result<Vec<NewMigration>, CliError> {
        let (tier, kind) = (self.tier.tier(), said.kind);
        let options: TableOptions = self.options.into();
        let is_new = kind == Kind::CreateTable;
        if !is_new && (options.uuid || options.timestamps || options.soft_delete) {
            return Err(usage("--uuid, --timestamps and --soft-delete are for new tables", kind));
        }
        if self.unique && kind != Kind::AddIndex {
            return Err(usage("--unique is for an index; a column is unique by name:type:unique", kind));
        }
        let table = match self.table.clone().or_else(|| said.table.clone()) {
            _ if kind == Kind::Blank && (self.table.is_some() || !self.columns.is_empty()) => {
                return Err(usage("a table and columns are of no use", kind));
            }
            None if kind == Kind::Blank => String::new(),
            Some(name) => table(&name).map_err(CliError::Usage)?,
            None => return Err(usage("which table is not said: give it with --table", kind)),
        };
        let draft = Draft { tier, name, table: &table, known: &ground.known, templates: &ground.templates };
        match kind {
            Kind::Blank => {}
            Kind::CreateTable => ground.known.is_free(tier, &table)?,
            _ => ground.known.must_have(tier, &table)?,
        }
        let columns = self.columns(ground, said)?;
        match kind {
            Kind::Blank => draft.blank(),
            Kind::CreateTable => {
                own_columns(&columns, options)?;
                draft.create_table(&draft.views(&columns, true)?, options)
            }
            Kind::AddColumn => {
                for column in &columns {
                    ground.known.column_is(tier, &table, &column.name, false)?;
                }
                if let Some(file) = ground.known.declared_in(tier, &table) {
                    ground.context.console.message(&format!(
                        "{file} has the `table!` of `{table}`: it needs the new columns too, by hand or by print-schema"
                    ));
                }
                let views = draft.views(&columns, false)?;
                let asked = |name: &str| columns.iter().any(|column| column.name == name && column.is_nullable);
                for view in views.iter().filter(|view| view.nullable && !asked(&view.name)) {
                    ground.context.console.message(&format!(
                        "the column `{0}` may be null, since the rows that are there have no value for it: a default \
                         makes it NOT NULL, and {0}:TYPE:null says that it is meant",
                        view.name
                    ));
                }
                draft.add_columns(&views)
            }
            Kind::AddIndex => {
                for column in &columns {
                    ground.known.column_is(tier, &table, &column.name, true)?;
                }
                let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                draft.add_index(&names, self.unique || said.is_unique)
            }
            Kind::AddForeignKey => {
                let [column] = columns.as_slice() else { return Err(usage("a foreign key has one column here", kind)) };
                let target = said.target.clone().map(|table| Reference { table, column: "id".to_owned() });
                let references = column.references.clone().or(target).ok_or_else(|| {
                    usage(&format!("what `{0}` refers to is not said: give {0}:references=TABLE", column.name), kind)
                })?;
                let known = ground.known.column_is(tier, &table, &column.name, true)?;
                let ty = column.ty.or_else(|| known.and_then(|known| known.ty));
                let as_it_is = Column { ty, references: Some(references.clone()), ..column.clone() };
                ground.known.type_of(tier, &table, &as_it_is)?;
                draft.add_foreign_key(&column.name, &references)
            }
        }
    }

    /// The columns that were given, else those in the name.
    fn columns(&self, ground: &Ground<'_>, said: &Guess) -> Result<Vec<Column>, CliError> {
        let is_new_column = said.kind == Kind::AddColumn;
        if !self.columns.is_empty() {
            return Ok(self.columns.clone());
        }
        let mut columns = Vec::new();
        for name in &said.columns {
            let mut column: Column = name.parse().map_err(CliError::Usage)?;
            if is_new_column {
                column.ty = "x:text".parse::<Column>().map_err(CliError::Usage)?.ty;
                let message =
                    format!("the type of `{name}` is not said, and text is taken: give {name}:TYPE for another");
                ground.context.console.warning(&message);
            }
            columns.push(column);
        }
        if columns.is_empty() && !matches!(said.kind, Kind::CreateTable | Kind::Blank) {
            return Err(usage("which column is not said: give it behind the name", said.kind));
        }
        Ok(columns)
    }
}

fn usage(what: &str, kind: Kind) -> CliError {
    CliError::Usage(format!("{what} (the template is {}; --template takes another)", kind.word()))
}
