//! `cargo multitenant print-schema`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use multitenant_runtime::{ConnectionUrl, TenantId};

use crate::config::{Config, Database, shown, slashes};
use crate::context::{Context, Project, block_on};
use crate::development;
use crate::error::CliError;
use crate::exit_code;
use crate::output::Shown;
use crate::print_schema::{Model, Outcome, Place, SheetOutcome, Source, Style, compare, look, replace, sheets};
use crate::report::SchemaCodeDocument;
use crate::scaffold::{MOST_COLUMNS, Package};
use crate::verify::Where;

/// Print `table!` of both tiers, as Diesel CLI does it for one schema
///
/// All migrations are applied in a database that is made for it and dropped afterwards, so that the text follows from the
/// migrations alone; with --tenant, the configured database is looked at. Tenants' tables are written without a schema, so
/// that the path decides; shared ones with theirs. What `diesel.toml` says about print_schema holds here too. It goes to the
/// files of [print_schema] in multitenant.toml, else to the file of diesel.toml, else to stdout; a file that has it
/// already is not touched, and one that nobody has generated is not written over.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant print-schema                    to the configured file, or to stdout
  cargo multitenant print-schema --stdout           to stdout, whatever is configured
  cargo multitenant print-schema --check            for a pipeline: is the file what the migrations make
  cargo multitenant print-schema --tenant acme      what the database has, with this tenant
  cargo multitenant print-schema --on embedded      on a throw-away server, whatever is configured

Unlike Diesel CLI it leaves out partitions and what belongs to an extension, and says of a table without a primary key that \
it is left out, where Diesel CLI fails.

Exit codes: 0 done, 1 a file differs under --check, 3 the project cannot be used, 4 no such tenant, 11 a migration fails \
in the scratch database, 13 a file was not generated, 20 the server cannot be reached.")]
pub(crate) struct PrintSchema {
    /// Write nothing: show what differs, and exit with 1 where something does
    #[arg(long)]
    check: bool,
    /// Print to stdout, whatever files are configured
    #[arg(long, conflicts_with = "check")]
    stdout: bool,
    /// Look at the configured database, with this tenant [default: a scratch database with all migrations]
    #[arg(long, value_name = "ID", conflicts_with = "on")]
    tenant: Option<TenantId>,
    /// On which server the scratch database is made [default: the configured one; where that is the development server,
    /// or none, a throw-away server]
    #[arg(long, value_enum, value_name = "SERVER")]
    on: Option<On>,
    /// Write over a file that was not generated
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// The configured server, whose role must be allowed to create databases
    Server,
    /// A server that is started for it from the PostgreSQL on this machine, and gone afterwards
    Embedded,
}

impl PrintSchema {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = Project::of(context.config()?)?;
        let config = project.config();
        let style = Style::of(&config.root, &context.here)?;
        let place = if self.stdout { Place::Stdout } else { configured(config, &style, context) };
        if self.check && place == Place::Stdout {
            return Err(CliError::Usage(
                "there is no file to compare with: name one by file under [print_schema] in multitenant.toml"
                    .to_owned(),
            ));
        }
        let what = self.what();
        let source = match self.tenant {
            Some(id) => Source::Tenant(Box::new(project.migrator(|builder| builder)?), id),
            None => Source::Scratch(scratch_server(self.on, config)?),
        };
        let (outcomes, warnings) = print(context, &project, &style, &source, &place, &what)?;
        for warning in &warnings {
            context.console.warning(warning);
        }
        let document = SchemaCodeDocument::new(&outcomes, &warnings);
        context.console.result(&document, SchemaCodeDocument::text)?;
        let differs = outcomes.iter().any(|sheet| sheet.outcome == Outcome::Differs);
        Ok(if differs { exit_code::FINDINGS } else { exit_code::DONE })
    }

    fn what(&self) -> What {
        match (self.check, self.force) {
            (true, _) => What::Compare,
            (false, force) => What::Replace { force },
        }
    }
}

/// What is done with the text.
enum What {
    Compare,
    Replace { force: bool },
}

/// Writes schema code where `[print_schema]` names files, from the database that was just migrated. What fails is said,
/// and no failure of the migration.
pub(super) fn after_migrate(context: &Context, project: &Project) {
    match written_after_migrate(context, project) {
        Ok((files, warnings)) => {
            for warning in &warnings {
                context.console.warning(warning);
            }
            for file in files {
                context.console.message(&format!("{} is written anew", Shown(&file)));
            }
        }
        Err(error) => {
            context
                .console
                .warning(&format!("the migrations are applied, but the schema code is not written: {error}"));
        }
    }
}

/// The same, and which files were written, with what is odd about them.
pub(crate) fn written_after_migrate(
    context: &Context,
    project: &Project,
) -> Result<(Vec<String>, Vec<String>), CliError> {
    let config = project.config();
    let Some(place) = place(config) else { return Ok(Default::default()) };
    let (outcomes, warnings) = Style::of(&config.root, &context.here).and_then(|style| {
        let migrator = Box::new(project.migrator(|builder| builder)?);
        let source = Source::Migrated(migrator, scratch_server(None, config)?);
        print(context, project, &style, &source, &place, &What::Replace { force: false })
    })?;
    let written = outcomes.iter().filter(|sheet| sheet.outcome == Outcome::Written);
    Ok((written.map(|sheet| sheet.file.clone().unwrap_or_default()).collect(), warnings))
}

fn print(
    context: &Context,
    project: &Project,
    style: &Style,
    source: &Source,
    place: &Place,
    what: &What,
) -> Result<(Vec<SheetOutcome>, Vec<String>), CliError> {
    let config = project.config();
    let model = block_on(look(project, style, source))?;
    let mut warnings: Vec<String> = style.warnings.iter().chain(&model.warnings).cloned().collect();
    warnings.extend(too_wide(&model, config));
    let mut sheets = sheets(&model, &config.settings, style, config.marks_tables(), place, &mut warnings)?;
    let patch_file = style.patch_file.as_deref().filter(|_| sheets.len() == 1);
    if style.patch_file.is_some() && patch_file.is_none() {
        warnings.push(
            "print_schema.patch_file of diesel.toml is not followed: it is for one file, and there are two".to_owned(),
        );
    }
    for sheet in &mut sheets {
        sheet.finish(&config.root, patch_file, &mut warnings)?;
    }
    warnings.dedup();
    let outcomes = match what {
        What::Compare => compare(sheets, &context.here),
        What::Replace { force } => replace(sheets, &context.here, *force),
    }?;
    Ok((outcomes, warnings))
}

/// What the project's package lacks for the widest table, as far as cargo says what it has.
fn too_wide(model: &Model, config: &Config) -> Option<String> {
    let (table, columns) = model.widest()?;
    if columns > MOST_COLUMNS {
        return Some(format!(
            "the table {table} has {columns} columns, and `table!` takes no more than {MOST_COLUMNS}: leave it out by filter \
             in diesel.toml"
        ));
    }
    // What every Diesel can do needs no look at the package.
    let package = (columns > 16).then(|| Package::of(&config.root).ok()).flatten().filter(Package::has_diesel)?;
    let command = package.missing_for_width(columns)?;
    Some(format!("the table {table} has {columns} columns, and compiles only with a feature of Diesel: `{command}`"))
}

/// The files of `[print_schema]`, if there are any.
fn place(config: &Config) -> Option<Place> {
    let files = config.schema_files().map(|(shared, tenant)| Place::Files { shared, tenant });
    files.or_else(|| config.schema_file().map(Place::File))
}

/// The same, or the file that Diesel CLI writes to, or stdout.
fn configured(config: &Config, style: &Style, context: &Context) -> Place {
    if let Some(place) = place(config) {
        return place;
    }
    match &style.file {
        Some(file) => {
            let file: PathBuf = shown(file, &context.here);
            let name = slashes(&file);
            context.console.message(&format!("the file is the one that diesel.toml names: {}", Shown(&name)));
            Place::File(file)
        }
        None => Place::Stdout,
    }
}

fn scratch_server(on: Option<On>, config: &Config) -> Result<Where, CliError> {
    let url = match (on, config.database()) {
        (Some(On::Embedded), _) | (None, Err(_) | Ok(Database::Embedded)) => return Ok(Where::Embedded),
        (Some(On::Server), Err(error)) => return Err(error.into()),
        (Some(On::Server), Ok(Database::Embedded)) => development::start(&config.root)?,
        (_, Ok(Database::Url(url, _))) => url.clone(),
    };
    let url = ConnectionUrl::parse(&url).map_err(|error| config.bad_url(error.to_string()))?;
    Ok(Where::Server(Box::new(url)))
}
