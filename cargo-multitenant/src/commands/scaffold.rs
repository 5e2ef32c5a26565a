//! `cargo multitenant scaffold`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use multitenant_runtime::Tier;

use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::{ScaffoldDocument, TemplatesDocument};
use crate::scaffold::{
    Batch, Change, Column, Draft, Editor, Guess, Kind, Known, Layout, NAMES, NewMigration, Package, Reference,
    SchemaCode, SeedDraft, Subject, TableOptions, Templates, check, environment, guess, own_columns, text_of,
};

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
    Schema(Schema),
    Seed(Seed),
    Migration(Migration),
    Templates(TemplatesCommand),
}

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
struct Schema {
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

/// A seed, in SQL or in Rust, that can run again and again
///
/// Without columns it writes those that the table does not take a row without, as its migrations make it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold seed plans --type shared
  cargo multitenant scaffold seed 10_orders --type tenant --env dev
  cargo multitenant scaffold seed demo --type tenant --table orders total note --rust")]
struct Seed {
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

/// A migration, or several where they must not be one, with what takes them back
///
/// The template follows from the name, unless it is given: create_orders and add_orders make a table, add_total_to_orders
/// a column, add_index_on_orders_total (add_unique_index_on_…) an index, add_fk_orders_user_id a foreign key; all else is
/// blank. Columns are given as to `scaffold schema`; those of an index need a name only.
///
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
struct Migration {
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

/// The templates, with what each is given, and which of them are the project's own
///
/// A project has its own in the folder that [scaffold] templates names; one of the same name is taken in the place of ours.
/// They are minijinja's (Jinja2), and what they do not know is an error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold templates
  cargo multitenant scaffold templates --write                             all of ours that are not there yet
  cargo multitenant scaffold templates --write migration/create-table/up.sql")]
struct TemplatesCommand {
    /// Put ours into the project's folder, to begin with: these, or all that are not there yet
    #[arg(long, value_name = "NAME", num_args = 0.., value_parser = template)]
    write: Option<Vec<&'static str>>,
    /// What would be written, and nothing else
    #[arg(long, requires = "write")]
    dry_run: bool,
}

#[derive(Debug, Clone, Args)]
struct TierArgs {
    /// Whose it is
    #[arg(long = "type", value_enum, value_name = "TIER")]
    tier: TierArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TierArg {
    /// Every tenant's own schema
    Tenant,
    /// The schema that all tenants share
    Shared,
}

impl TierArgs {
    fn tier(&self) -> Tier {
        match self.tier {
            TierArg::Tenant => Tier::Tenant,
            TierArg::Shared => Tier::Shared,
        }
    }

    fn word(&self) -> &'static str {
        match self.tier {
            TierArg::Tenant => "tenant",
            TierArg::Shared => "shared",
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
struct OptionArgs {
    /// The new table's id is a random uuid, and no number
    #[arg(long)]
    uuid: bool,
    /// The new table has created_at and updated_at
    #[arg(long)]
    timestamps: bool,
    /// The new table has deleted_at
    #[arg(long)]
    soft_delete: bool,
}

impl From<OptionArgs> for TableOptions {
    fn from(args: OptionArgs) -> Self {
        Self { uuid: args.uuid, timestamps: args.timestamps, soft_delete: args.soft_delete }
    }
}

#[derive(Debug, Clone, Copy, Args)]
struct HowArgs {
    /// Open what was written in $VISUAL or $EDITOR
    #[arg(long)]
    edit: bool,
    /// What would be written, and nothing else
    #[arg(long, conflicts_with = "edit")]
    dry_run: bool,
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

fn column(text: &str) -> Result<Column, String> {
    text.parse()
}

fn table(name: &str) -> Result<String, String> {
    check(Subject::Table, name)
}

fn model(name: &str) -> Result<String, String> {
    let fits = name.len() <= 63 && name.chars().all(|c| c.is_ascii_alphanumeric());
    if fits && name.starts_with(|c: char| c.is_ascii_uppercase()) && name != "Self" {
        return Ok(name.to_owned());
    }
    Err(format!("{name:?} is no struct's name: use letters and digits, as in OrderItem"))
}

fn template(name: &str) -> Result<&'static str, String> {
    let known = NAMES.iter().find(|known| **known == name);
    known.copied().ok_or_else(|| format!("there is no template {name:?}: `scaffold templates` lists them"))
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

/// What all of them begin with.
struct Ground<'a> {
    context: &'a Context,
    config: Config,
    known: Known,
    templates: Templates,
    editor: Option<Editor>,
    how: HowArgs,
}

impl<'a> Ground<'a> {
    fn new(context: &'a Context, how: HowArgs) -> Result<Self, CliError> {
        // Before anything is written.
        let editor = how.edit.then(|| Editor::of(&context.environment)).transpose()?;
        let config = context.config()?;
        let known = Known::read(&config, &context.here)?;
        let templates = Templates::read(config.templates()?.as_deref(), &context.here)?;
        for stranger in &templates.strangers {
            context.console.warning(stranger);
        }
        Ok(Self { context, config, known, templates, editor, how })
    }

    fn migrations_folder(&self, tier: Tier) -> PathBuf {
        match tier {
            Tier::Shared => self.config.new_shared_folder(),
            Tier::Tenant => self.config.new_tenant_folder(),
        }
    }

    /// Writes, or says what would be written, and opens the editor.
    fn finish(
        &self,
        batch: &Batch,
        kind: &'static str,
        tier: &'static str,
        template: Option<&'static str>,
    ) -> Result<u8, CliError> {
        let here = &self.context.here;
        let seen = |path: &std::path::Path| shown(path, here);
        let written = if self.how.dry_run { batch.foretold(seen)? } else { batch.write(seen)? };
        let document = ScaffoldDocument::new(kind, Some(tier), template, self.how.dry_run, &written);
        self.context.console.result(&document, ScaffoldDocument::text)?;
        if let Some(editor) = &self.editor {
            let files: Vec<PathBuf> = written.iter().map(|file| here.join(&file.path)).collect();
            editor.open(&files)?;
        }
        Ok(exit_code::DONE)
    }
}

impl Schema {
    fn run(self, context: &Context) -> Result<u8, CliError> {
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
        let batch = Batch { changes, migrations: Some((ground.migrations_folder(tier), migrations)) };
        ground.finish(&batch, "schema", self.tier.word(), None)
    }
}

impl Seed {
    fn run(self, context: &Context) -> Result<u8, CliError> {
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
        ground.finish(&Batch { changes, migrations: None }, "seed", self.tier.word(), None)
    }
}

impl Migration {
    fn run(self, context: &Context) -> Result<u8, CliError> {
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
            Batch { changes: Vec::new(), migrations: Some((ground.migrations_folder(self.tier.tier()), migrations)) };
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
                draft.add_columns(&draft.views(&columns, false)?)
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

impl TemplatesCommand {
    fn run(self, context: &Context) -> Result<u8, CliError> {
        let config = context.config()?;
        let Some(names) = self.write else { return list(context, &config) };
        let folder = config.new_templates().ok_or_else(|| {
            CliError::Usage(
                "no folder is configured: write `templates = \"templates/multitenant\"` under [scaffold] in \
                 multitenant.toml first"
                    .to_owned(),
            )
        })?;
        let wanted = if names.is_empty() {
            NAMES.iter().copied().filter(|name| !folder.join(name).exists()).collect()
        } else {
            names
        };
        let changes = wanted.iter().map(|name| Change::create(&context.here.join(folder.join(name)), text_of(name)));
        let batch = Batch { changes: changes.collect(), migrations: None };
        let seen = |path: &std::path::Path| shown(path, &context.here);
        let written = if self.dry_run { batch.foretold(seen)? } else { batch.write(seen)? };
        let document = ScaffoldDocument::new("templates", None, None, self.dry_run, &written);
        context.console.result(&document, ScaffoldDocument::text)?;
        Ok(exit_code::DONE)
    }
}

fn list(context: &Context, config: &Config) -> Result<u8, CliError> {
    let folder = config.templates()?;
    let templates = Templates::read(folder.as_deref(), &context.here)?;
    for stranger in &templates.strangers {
        context.console.warning(stranger);
    }
    let entries = NAMES.iter().map(|name| (*name, templates.own(name).map(str::to_owned), text_of(name)));
    let document = TemplatesDocument::new(folder.as_deref().map(slashes), entries);
    context.console.result(&document, TemplatesDocument::text)?;
    Ok(exit_code::DONE)
}
