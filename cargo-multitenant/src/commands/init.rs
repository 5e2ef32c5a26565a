//! `cargo multitenant init`

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::{Timestamp, tz::TimeZone};
use multitenant_runtime::{ConnectionUrl, Tier};

use crate::config::slashes;
use crate::context::{Context, block_on};
use crate::error::CliError;
use crate::exit_code;
use crate::init::{
    Action, Choices, Crates, Database, Feature, Features, Framework, Ground, OldMigrations, PackageName, Template,
    Unusable, Unwritten, plan, write,
};
use crate::interrupt::{Signal, Signals};
use crate::output::{agree, can_ask, choose, choose_any, choose_text, restore_terminal};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TemplateArg {
    /// multitenant.toml
    Minimal,
    /// And folders, build.rs, dependencies
    Standard,
    /// And an application with migrations, seeds and a test
    Full,
    /// And CI, containers, dashboards, Kubernetes
    Enterprise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FrameworkArg {
    /// A worker that goes round all tenants
    None,
    /// axum
    Axum,
    /// actix-web
    Actix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FeatureArg {
    /// None of them
    None,
    /// A schema that all tenants share, with the list of tenants
    Shared,
    /// One question to all tenants
    CrossSchema,
    /// Endpoints for probes
    Health,
    /// An endpoint for Prometheus
    Metrics,
    /// What connections do, and slow queries, in the log
    Debug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DatabaseArg {
    /// I set DATABASE_URL
    Manual,
    /// A container of docker-compose.yml
    Compose,
    /// There already: --database-url, which goes into .env
    Url,
    /// A development server of the project, found or fetched
    Embedded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExistingArg {
    /// Each tenant's: a new tenant begins with all of them
    Tenant,
    /// The shared schema's, where they have been applied
    Shared,
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

    /// What the flags say, and, for what they do not, whoever sits at the terminal, or the defaults.
    fn choices(&self, context: &Context, ground: &Ground, asks: bool) -> Result<Choices, CliError> {
        let url = context.overrides.database_url.as_deref();
        let database = match (self.database, url) {
            (Some(DatabaseArg::Url) | None, Some(_)) => Some(DatabaseArg::Url),
            (Some(other), None) => Some(other),
            (None, None) => None,
            (Some(_), Some(_)) => {
                return Err(CliError::Usage(
                    "--database-url goes with --database url: the others have a URL of their own".to_owned(),
                ));
            }
        };
        if !asks && !self.yes {
            self.complete(database, ground)?;
        }
        let name = self.name(ground, asks)?;
        let template = match self.template {
            Some(template) => template.into(),
            None if asks => asked_template(default_template(ground))?,
            None => default_template(ground),
        };
        let framework = match self.framework {
            Some(framework) => framework.into(),
            None if template == Template::Minimal => Framework::None,
            None if asks => asked_framework(default_framework(ground))?,
            None => default_framework(ground),
        };
        let features = match &self.features {
            Some(features) => named(features)?,
            None if asks && template > Template::Minimal => asked_features(template)?,
            None => template.features(),
        };
        let database = match database {
            Some(database) => database,
            None if asks => asked_database()?,
            None => default_database(),
        };
        let database = match database {
            DatabaseArg::Manual => Database::Manual,
            DatabaseArg::Compose => Database::Compose,
            DatabaseArg::Embedded => Database::Embedded,
            DatabaseArg::Url => Database::Url(match url {
                Some(url) => checked_url(url).map_err(CliError::Usage)?,
                None if asks => choose_text("URL of the database", None, |url| checked_url(url).map(drop))?,
                None => return Err(CliError::Usage("--database url needs --database-url".to_owned())),
            }),
        };
        let existing = match (&ground.old, self.existing) {
            (None, Some(_)) => {
                let what = "--existing: no migrations of one schema were found, neither those that diesel.toml names nor \
                            any in migrations/";
                return Err(CliError::Usage(what.to_owned()));
            }
            (None, None) => Tier::Shared,
            (Some(_), Some(existing)) => existing.into(),
            (Some(old), None) if asks => asked_existing(old)?,
            (Some(_), None) => Tier::Shared,
        };
        let crates = match &self.multitenant_path {
            Some(folder) => Crates::in_folder(&context.here.join(folder)).ok_or_else(|| {
                CliError::Usage(format!(
                    "--multitenant-path: {} is no checkout of cargo-multitenant: it has no multitenant-runtime/Cargo.toml",
                    slashes(folder)
                ))
            })?,
            None => Crates::of_this_tool(),
        };
        Ok(Choices { name, template, framework, features, database, existing, crates, has_application: false })
    }

    /// Where nobody can be asked, everything has to be said.
    fn complete(&self, database: Option<DatabaseArg>, ground: &Ground) -> Result<(), CliError> {
        let package = self.template != Some(TemplateArg::Minimal);
        let unsaid: Vec<&str> = [
            (self.template.is_none(), "--template"),
            (package && self.framework.is_none(), "--framework"),
            (package && self.features.is_none(), "--feature"),
            (database.is_none(), "--database"),
            (ground.old.is_some() && self.existing.is_none(), "--existing"),
        ]
        .iter()
        .filter(|(unsaid, _)| *unsaid)
        .map(|(_, flag)| *flag)
        .collect();
        if unsaid.is_empty() {
            return Ok(());
        }
        Err(CliError::Usage(format!(
            "there is no terminal to ask on: say {}, or take the defaults with --yes",
            unsaid.join(", ")
        )))
    }

    fn name(&self, ground: &Ground, asks: bool) -> Result<PackageName, CliError> {
        if let Some(package) = &ground.package {
            if self.name.as_ref().is_some_and(|name| name != package) {
                return Err(CliError::Usage(format!("--name: the package is called {package} already")));
            }
            // What cargo takes for a name is not ours to judge; what is called after it has to be one.
            return PackageName::of_package(package)
                .map_err(|why| CliError::Usage(format!("the package's name {package:?} {why}")));
        }
        let folder = ground.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let makes_package = self.template != Some(TemplateArg::Minimal);
        match &self.name {
            Some(name) => {
                PackageName::new(name).map_err(|why| CliError::Usage(format!("--name: the name {name:?} {why}")))
            }
            None if !makes_package => Ok(PackageName::new(&folder).unwrap_or_else(|_| PackageName::any())),
            None => PackageName::new(&folder).or_else(|why| {
                if asks {
                    let check = |name: &str| PackageName::new(name).map(drop).map_err(|why| format!("the name {why}"));
                    let name = choose_text("Name of the package", None, check)?;
                    return PackageName::new(&name).map_err(CliError::Usage);
                }
                Err(CliError::Usage(format!("the folder's name {folder:?} {why}: name the package with --name")))
            }),
        }
    }
}

fn default_template(ground: &Ground) -> Template {
    if ground.package.is_some() || ground.old.is_some() { Template::Standard } else { Template::Full }
}

/// That which the package has already.
fn default_framework(ground: &Ground) -> Framework {
    if ground.depends_on("actix-web") {
        Framework::Actix
    } else if ground.depends_on("axum") || ground.package.is_none() {
        Framework::Axum
    } else {
        Framework::None
    }
}

fn default_database() -> DatabaseArg {
    if cfg!(unix) { DatabaseArg::Embedded } else { DatabaseArg::Manual }
}

/// The features that were named.
fn named(features: &[FeatureArg]) -> Result<Features, CliError> {
    if features.contains(&FeatureArg::None) && features.len() > 1 {
        return Err(CliError::Usage("--feature none stands alone".to_owned()));
    }
    Ok(features.iter().filter_map(|feature| feature.known()).collect())
}

fn checked_url(url: &str) -> Result<String, String> {
    let is_plain = !url.chars().any(char::is_control);
    match ConnectionUrl::parse(url) {
        Ok(_) if is_plain => Ok(url.to_owned()),
        Ok(_) => Err("the URL holds a control character".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn asked_template(default: Template) -> Result<Template, CliError> {
    asked("Template", &TemplateArg::value_variants().iter().map(|one| (*one).into()).collect::<Vec<_>>(), default)
}

fn asked_framework(default: Framework) -> Result<Framework, CliError> {
    asked("Framework", &FrameworkArg::value_variants().iter().map(|one| (*one).into()).collect::<Vec<_>>(), default)
}

/// One of the values, which are in the order of the flag's.
fn asked<T: Copy + PartialEq + Flag>(prompt: &str, values: &[T], default: T) -> Result<T, CliError> {
    let default = values.iter().position(|value| *value == default).unwrap_or_default();
    let chosen = choose(prompt, &described(T::Arg::value_variants()), default)?;
    Ok(values.get(chosen).copied().unwrap_or(values[default]))
}

fn asked_features(template: Template) -> Result<Features, CliError> {
    let offered: Vec<(FeatureArg, Feature)> =
        FeatureArg::value_variants().iter().filter_map(|arg| Some((*arg, arg.known()?))).collect();
    let args: Vec<FeatureArg> = offered.iter().map(|(arg, _)| *arg).collect();
    let defaults: Vec<bool> = offered.iter().map(|(_, feature)| template.features().contains(feature)).collect();
    let chosen = choose_any("Features (blank to choose, Enter to go on)", &described(&args), &defaults)?;
    Ok(chosen.into_iter().filter_map(|at| offered.get(at)).map(|(_, feature)| *feature).collect())
}

fn asked_database() -> Result<DatabaseArg, CliError> {
    let all = DatabaseArg::value_variants();
    let default = all.iter().position(|one| *one == default_database()).unwrap_or_default();
    let chosen = choose("Database", &described(all), default)?;
    Ok(all.get(chosen).copied().unwrap_or(default_database()))
}

fn asked_existing(old: &OldMigrations) -> Result<Tier, CliError> {
    let prompt = format!("{} has {} migrations of one schema. From now on they are", old.folder, old.names.len());
    let order = [ExistingArg::Shared, ExistingArg::Tenant];
    let chosen = choose(&prompt, &described(&order), 0)?;
    Ok(order.get(chosen).copied().unwrap_or(ExistingArg::Shared).into())
}

/// Each value with what it means, as `--help` has it.
fn described<A: ValueEnum>(args: &[A]) -> Vec<String> {
    let describe = |arg: &A| {
        let value = arg.to_possible_value()?;
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        Some(format!("{:<13}{help}", value.get_name()))
    };
    args.iter().filter_map(describe).collect()
}

/// A choice that a flag names.
trait Flag {
    type Arg: ValueEnum;
}

impl Flag for Template {
    type Arg = TemplateArg;
}

impl Flag for Framework {
    type Arg = FrameworkArg;
}

impl From<TemplateArg> for Template {
    fn from(arg: TemplateArg) -> Self {
        match arg {
            TemplateArg::Minimal => Self::Minimal,
            TemplateArg::Standard => Self::Standard,
            TemplateArg::Full => Self::Full,
            TemplateArg::Enterprise => Self::Enterprise,
        }
    }
}

impl From<FrameworkArg> for Framework {
    fn from(arg: FrameworkArg) -> Self {
        match arg {
            FrameworkArg::None => Self::None,
            FrameworkArg::Axum => Self::Axum,
            FrameworkArg::Actix => Self::Actix,
        }
    }
}

impl From<ExistingArg> for Tier {
    fn from(arg: ExistingArg) -> Self {
        match arg {
            ExistingArg::Tenant => Self::Tenant,
            ExistingArg::Shared => Self::Shared,
        }
    }
}

impl FeatureArg {
    fn known(self) -> Option<Feature> {
        match self {
            Self::None => None,
            Self::Shared => Some(Feature::Shared),
            Self::CrossSchema => Some(Feature::CrossSchema),
            Self::Health => Some(Feature::Health),
            Self::Metrics => Some(Feature::Metrics),
            Self::Debug => Some(Feature::Debug),
        }
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
