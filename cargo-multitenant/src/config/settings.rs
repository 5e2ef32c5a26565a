//! The configuration as it is used: layers laid over each other, then validated.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use multitenant_runtime::{AnonymiseRules, Ignore, Settings};

use super::clone;
use super::key::{self, Key};
use super::layers::{self, Environment};
use super::locate::{self, Location};
use super::problem::{ConfigError, Origin, Problem};
use super::raw::{RawConfig, Value};
use super::validate;

/// Where shared migrations are if nobody says so.
const SHARED_FOLDER: &str = "migrations/shared";

/// What the flags say about the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `--database-url`.
    pub(crate) database_url: Option<String>,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// The project's own development server.
    Embedded,
    /// A URL, with the place that it comes from.
    Url(String, Origin),
}

impl fmt::Debug for Database {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "Embedded",
            Self::Url(..) => "Url(…)",
        })
    }
}

/// A project's configuration.
#[derive(Debug)]
pub(crate) struct Config {
    /// The folder that the configuration belongs to.
    pub(crate) root: PathBuf,
    /// What the migrator must know.
    pub(crate) settings: Settings,
    /// What is odd, but no error.
    pub(crate) warnings: Vec<String>,
    /// What stands in a clone's columns instead.
    pub(crate) anonymise: AnonymiseRules,
    database: Option<Database>,
    raw: RawConfig,
    source: Source,
    has_file: bool,
    here: PathBuf,
}

/// The file that errors point into.
#[derive(Debug, Clone)]
struct Source {
    file: String,
    text: String,
}

impl Source {
    fn error(&self, problems: Vec<Problem>) -> Box<ConfigError> {
        Box::new(ConfigError { file: self.file.clone(), text: self.text.clone(), problems })
    }
}

impl Config {
    /// Finds the project that we stand in and reads its configuration.
    pub(crate) fn load(
        overrides: &Overrides,
        mut environment: Environment,
        here: &Path,
    ) -> Result<Self, Box<ConfigError>> {
        let named = overrides.config.clone().or_else(|| environment.config_file().map(PathBuf::from));
        let location = named.map_or_else(|| Location::find(here), |file| Location::of_file(&file, here));
        let shown = locate::shown(location.file.as_deref().unwrap_or(&location.root.join(locate::FILE_NAME)), here);
        let mut source = Source { file: slashes(&shown), text: String::new() };
        if let Some(file) = &location.file {
            source.text = std::fs::read_to_string(file).map_err(|error| {
                let message = format!("the configuration {} cannot be read ({error})", source.file);
                let problem = Problem::new(Origin::Nowhere, message);
                source.error(vec![problem.help("give the file with --config, or create it")])
            })?;
        }
        let (mut raw, mut problems) = RawConfig::parse(layers::DEFAULT, |_| Origin::Default);
        let (file, wrong) = RawConfig::parse(&source.text, Origin::File);
        raw.overlay(file);
        problems.extend(wrong);
        let odd_lines = environment.add_dotenv(&location.root.join(".env"));
        let (variables, wrong, mut warnings) = environment.layer();
        match odd_lines {
            Ok(odd) => warnings.extend(odd),
            Err(problem) => problems.push(problem),
        }
        raw.overlay(variables);
        problems.extend(wrong);
        if let Some(url) = &overrides.database_url {
            // It names the database of this one call, so it wins over a migrate_url that is configured.
            for key in [&key::DATABASE_URL, &key::DATABASE_MIGRATE_URL] {
                raw.set(key, Value::Text(url.clone()), Origin::Flag("--database-url"));
            }
        }
        problems.extend(validate::problems(&raw));
        let (anonymise, wrong) = clone::rules(&source.text);
        problems.extend(wrong);
        if let Some(unknown) = validate::unknown_format(&raw) {
            // What else looks wrong may well be right in that format.
            return Err(source.error(vec![unknown]));
        }
        let settings = validate::settings(&raw).map_err(|problem| problems.push(problem)).ok();
        let Some(settings) = settings.filter(|_| problems.is_empty()) else { return Err(source.error(problems)) };
        Ok(Self {
            database: database(&raw),
            has_file: location.file.is_some(),
            root: location.root,
            here: here.to_path_buf(),
            settings,
            warnings,
            anonymise,
            raw,
            source,
        })
    }

    /// The database that is migrated: `migrate_url` where it is set, else `url`.
    pub(crate) fn database(&self) -> Result<&Database, Box<ConfigError>> {
        self.database.as_ref().ok_or_else(|| {
            let what =
                if self.has_file { "has no database.url" } else { "does not exist, and DATABASE_URL is not set" };
            let problem =
                Problem::new(Origin::Nowhere, format!("no database is configured: {} {what}", self.source.file));
            self.source.error(vec![problem.help(
                "write `url = \"postgres://…\"` under [database], set DATABASE_URL, give --database-url, or write \
                 `url = \"embedded\"` for a development server of the project's own",
            )])
        })
    }

    /// The URL of the application's own connections, where it is another one than what is migrated over.
    pub(crate) fn application_url(&self) -> Option<&str> {
        let url = self.raw.text(&key::DATABASE_URL).filter(|url| *url != "embedded")?;
        self.raw.text(&key::DATABASE_MIGRATE_URL).filter(|migrate| *migrate != url).map(|_| url)
    }

    /// Whether there is a URL for what migrates, beside the application's.
    pub(crate) fn has_migrate_url(&self) -> bool {
        self.raw.text(&key::DATABASE_MIGRATE_URL).is_some()
    }

    /// What an application embeds of the configuration: the values of the file as texts, lists with a line for each
    /// entry. Without defaults.
    pub(crate) fn written(&self) -> BTreeMap<&'static str, String> {
        RawConfig::parse(&self.source.text, Origin::File).0.embedded()
    }

    /// The same of the defaults.
    pub(crate) fn defaults() -> BTreeMap<&'static str, String> {
        RawConfig::parse(layers::DEFAULT, |_| Origin::Default).0.embedded()
    }

    /// The file that it was read from, as it is shown; `None` where there is none.
    pub(crate) fn file(&self) -> Option<&str> {
        self.has_file.then_some(self.source.file.as_str())
    }

    /// How many connections there may be at once.
    pub(crate) fn max_connections(&self) -> usize {
        let count = self.raw.count(&key::DATABASE_MAX_CONNECTIONS);
        count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// What does not count as drift.
    pub(crate) fn ignored_drift(&self) -> Vec<Ignore> {
        let patterns = self.raw.texts(&key::DRIFT_IGNORE).unwrap_or_default();
        // They were read once already, and what cannot be was an error.
        patterns.iter().filter_map(|pattern| pattern.parse().ok()).collect()
    }

    /// The folder of the tenants' migrations, which must be there.
    pub(crate) fn tenant_folder(&self) -> Result<PathBuf, Box<ConfigError>> {
        let folder = self.new_tenant_folder();
        if folder.is_dir() {
            return Ok(folder);
        }
        let shown = slashes(&folder);
        let problem = if self.has_file {
            self.problem(&key::MIGRATIONS_FOLDER, format!("the folder {shown} does not exist"))
                .help("create it, begin with `cargo multitenant generate tenant NAME`, or correct migrations.folder")
        } else {
            let file = &self.source.file;
            Problem::new(Origin::Nowhere, format!("neither {file} nor the folder {shown} exists"))
                .help(format!("create {file}, or begin with `cargo multitenant generate tenant NAME`"))
        };
        Err(self.source.error(vec![problem]))
    }

    /// The folder of the shared migrations: the configured one, which must be there, or the usual one if it
    /// exists.
    pub(crate) fn shared_folder(&self) -> Result<Option<PathBuf>, Box<ConfigError>> {
        let folder = self.new_shared_folder();
        if folder.is_dir() {
            return Ok(Some(folder));
        }
        if self.raw.text(&key::MIGRATIONS_SHARED_FOLDER).is_none() {
            return Ok(None);
        }
        let message = format!("the folder {} does not exist", slashes(&folder));
        let problem = self.problem(&key::MIGRATIONS_SHARED_FOLDER, message);
        Err(self.source.error(vec![problem.help("create it, or correct migrations.shared_folder")]))
    }

    /// The folders of the shared migrations and of the tenants', where they are there; those that somebody has named
    /// must be.
    #[cfg(feature = "lint")]
    pub(crate) fn folders_that_are_there(&self) -> Result<(Option<PathBuf>, Option<PathBuf>), Box<ConfigError>> {
        let is_named = !matches!(self.raw.origin(key::MIGRATIONS_FOLDER.path), Origin::Default | Origin::Nowhere);
        let tenant = if is_named { Some(self.tenant_folder()?) } else { self.tenant_folder().ok() };
        Ok((self.shared_folder()?, tenant))
    }

    /// Where new migrations of the tenants go, whether the folder is there or not.
    pub(crate) fn new_tenant_folder(&self) -> PathBuf {
        self.folder(self.raw.text(&key::MIGRATIONS_FOLDER).unwrap_or_default())
    }

    /// Where new shared migrations go, whether the folder is there or not.
    pub(crate) fn new_shared_folder(&self) -> PathBuf {
        self.folder(self.raw.text(&key::MIGRATIONS_SHARED_FOLDER).unwrap_or(SHARED_FOLDER))
    }

    /// The folders of the shared schema's seeds and of the tenants', where they are there; those that somebody has named
    /// must be.
    pub(crate) fn seed_folders(&self) -> Result<(Option<PathBuf>, Option<PathBuf>), Box<ConfigError>> {
        let shared = self.seed_folder(&key::SEEDS_SHARED_FOLDER, SHARED_SEEDS)?;
        Ok((shared, self.seed_folder(&key::SEEDS_FOLDER, TENANT_SEEDS)?))
    }

    fn seed_folder(&self, key: &Key, usual: &str) -> Result<Option<PathBuf>, Box<ConfigError>> {
        let folder = self.folder(self.raw.text(key).unwrap_or(usual));
        if folder.is_dir() || self.raw.text(key).is_none() {
            return Ok(Some(folder).filter(|folder| folder.is_dir()));
        }
        let problem = self.problem(key, format!("the folder {} does not exist", slashes(&folder)));
        Err(self.source.error(vec![problem.help(format!("create it, or correct {}", key.path))]))
    }

    /// An error that points at the place that the database URL came from.
    pub(crate) fn bad_url(&self, message: impl Into<String>) -> Box<ConfigError> {
        let origin = match &self.database {
            Some(Database::Url(_, origin)) => origin.clone(),
            _ => Origin::Nowhere,
        };
        let help = "write such a URL, or \"embedded\" for a development server of the project's own";
        self.source.error(vec![Problem::new(origin, message).help(help)])
    }

    /// An error that points at the value of a key, found only when it was used.
    pub(crate) fn bad_value(&self, key: &str, message: impl Into<String>) -> Box<ConfigError> {
        self.source.error(vec![Problem::new(self.raw.origin(key), message)])
    }

    /// What stands in `multitenant.toml`, for sections that only one command reads.
    #[cfg(feature = "lint")]
    pub(crate) fn text(&self) -> &str {
        &self.source.text
    }

    /// An error about such a section.
    #[cfg(feature = "lint")]
    pub(crate) fn error(&self, problems: Vec<Problem>) -> Box<ConfigError> {
        self.source.error(problems)
    }

    fn problem(&self, key: &Key, message: String) -> Problem {
        Problem::new(self.raw.origin(key.path), message)
    }

    fn folder(&self, folder: &str) -> PathBuf {
        locate::shown(&self.root.join(folder), &self.here)
    }
}

/// Where seeds lie unless somebody says otherwise.
const TENANT_SEEDS: &str = "seeds/tenant";
const SHARED_SEEDS: &str = "seeds/shared";

fn database(raw: &RawConfig) -> Option<Database> {
    let key = [&key::DATABASE_MIGRATE_URL, &key::DATABASE_URL].into_iter().find(|key| raw.text(key).is_some())?;
    Some(match raw.text(key)? {
        "embedded" => Database::Embedded,
        url => Database::Url(url.to_owned(), raw.origin(key.path)),
    })
}

/// A path as messages and JSON show it.
pub(crate) fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
