//! `cargo multitenant import`

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use multitenant_runtime::Tier;

use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::export::{RustTypes, Wanted};
use crate::import::{CodeGround, LeftOut, check, chosen, faithful, parts, plan, read, refused};
use crate::lint::{Ground, LintSettings, Paths, Project};
use crate::model::{Model, ProjectModel};
use crate::new_migration;
use crate::output::Shown;
use crate::report::ImportDocument;
use crate::scaffold::{Known, Package};

use super::export::TierArg;
use super::scaffold::turn;

/// A larger document is told and not read.
const MOST_BYTES: u64 = 64 << 20;

/// Migrations, `table!` and structs from a document of `export --format json-schema`
///
/// Tables, types and sequences come into the tier that they were exported from: a migration for each tier, the shared one
/// first, and schema code where `scaffold schema` would put it. Extensions are made by the shared one, for all tenants. What the project has already, and is the same, is left out;
/// what is another thing of the name is refused. Nothing is overwritten, and all is written or nothing.
///
/// The document may be anybody's: names, references and every expression in it are checked before anything is written, and a
/// problem is told with its JSON pointer. Views, functions, triggers, policies and grants are not in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant export --format json-schema -o schema.json     in the one project
  cargo multitenant import --from schema.json --dry-run            in the other: what would change, as a diff
  cargo multitenant import --from schema.json
  cargo multitenant import --from schema.json --tier tenant --table orders,order_items
  cargo multitenant import --from - --no-code < schema.json        migrations only

Exit codes: 0 done, 2 usage, 3 the document or the project cannot be used, 4 no such table in the document, 13 something of \
the name is there already, or what is needed is not.")]
pub(crate) struct Import {
    /// The document; - is stdin
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// One tier only
    #[arg(long, value_enum)]
    tier: Option<TierArg>,
    /// These tables only, with the types that they need
    #[arg(long, value_name = "TABLE", value_delimiter = ',')]
    table: Vec<String>,
    /// The migrations' name
    #[arg(long, value_name = "NAME", default_value = "import", value_parser = new_migration::name)]
    name: String,
    /// The file that `table!` goes into
    #[arg(long, value_name = "FILE", conflicts_with = "no_code")]
    tables: Option<PathBuf>,
    /// The file that the structs go into
    #[arg(long, value_name = "FILE", conflicts_with = "no_code")]
    models: Option<PathBuf>,
    /// Migrations only, without `table!` and structs
    #[arg(long)]
    no_code: bool,
    /// What would change, as a diff, and nothing else
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let config = context.config()?;
        let file = slashes(&self.from);
        let document = read(&self.text(context)?).map_err(|problems| refused(&file, &problems))?;
        let wanted = Wanted { tier: self.tier.map(TierArg::tier), tables: self.table.clone() };
        // What is not wanted need not be right.
        let part = chosen(&document, &wanted)?;
        let problems = check(&part);
        if !problems.is_empty() {
            return Err(refused(&file, &problems));
        }
        let turn = turn(context, &config, self.dry_run)?;
        let known = Known::read(&config, &context.here);
        let existing = ProjectModel::read(&config, context)?.map_or_else(|| nothing(&config), |read| read.model);
        let parts = parts(part, &existing, &known)?;
        let package = if self.no_code { None } else { Some(package(&config)?) };
        let types = RustTypes::of(&config.root);
        let ground = package.as_ref().map(|package| CodeGround {
            package,
            known: &known,
            types: &types,
            named: (self.tables.as_deref(), self.models.as_deref()),
            root: &config.root,
            here: &context.here,
        });
        let folder = |tier| match tier {
            Tier::Shared => config.new_shared_folder(),
            Tier::Tenant => config.new_tenant_folder(),
        };
        let plan = plan(&parts, &self.name, folder, ground.as_ref())?;
        let mut words = plan.words.clone();
        words.extend(unfaithful(&config, context, &parts));
        let seen = |path: &Path| shown(path, &context.here);
        let written = match &turn {
            None => plan.batch.foretold(seen)?,
            Some(turn) => plan.batch.write(turn, seen)?,
        };
        words.dedup();
        words.iter().for_each(|word| context.console.warning(&Shown(word).to_string()));
        for LeftOut { kind, tier, name, place } in &parts.left_out {
            let name = Shown(name);
            context.console.message(&format!("the {tier} {kind} {name} is left out: {place} makes the same"));
        }
        let document = ImportDocument::new(self.dry_run, &written, &parts.left_out, &words);
        context.console.result(&document, ImportDocument::text)?;
        Ok(exit_code::DONE)
    }

    fn text(&self, context: &Context) -> Result<String, CliError> {
        let shown = slashes(&self.from);
        let failed = |error: io::Error| CliError::Files {
            what: format!("{} cannot be read", Shown(&shown)),
            help: Some("give what `cargo multitenant export --format json-schema -o FILE` has written"),
            source: Some(error),
        };
        let mut text = String::new();
        let read = if self.from.as_os_str() == "-" {
            io::stdin().lock().take(MOST_BYTES + 1).read_to_string(&mut text)
        } else {
            File::open(context.here.join(&self.from))
                .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
        };
        read.map_err(failed)?;
        if text.len() as u64 > MOST_BYTES {
            let most = MOST_BYTES >> 20;
            return Err(failed(io::Error::other(format!("it is larger than {most} MiB"))));
        }
        Ok(text)
    }
}

/// What is there where there is no migration yet.
fn nothing(config: &Config) -> Model {
    let shared_schema = config.settings.shared_schema.as_str().to_owned();
    Model { shared_schema, tables: Vec::new(), types: Vec::new(), sequences: Vec::new(), extensions: Vec::new() }
}

fn package(config: &Config) -> Result<Package, CliError> {
    Package::of(&config.root).map_err(|why| CliError::Files {
        what: format!("the package that the tables' code goes into is not known: {why}"),
        help: Some("or import the migrations alone, with --no-code"),
        source: None,
    })
}

/// Where the migrations would make something else, or what the linter will say of them.
fn unfaithful(config: &Config, context: &Context, parts: &crate::import::Parts) -> Vec<String> {
    let project = Project::read(&Paths::that_are_there(config, &context.here));
    let (settings, _) = LintSettings::parse(config.text());
    let ground = Ground {
        shared_schema: config.settings.shared_schema.as_str(),
        template: &config.settings.schema_template,
        lint: &settings,
    };
    let found = faithful(project, parts, &ground);
    let different =
        found.different.into_iter().map(|what| format!("what is written will be exported otherwise: {what}"));
    different.chain(found.errors).collect()
}
