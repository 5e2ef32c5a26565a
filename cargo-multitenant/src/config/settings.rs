//! The configuration as it is used: layers laid over each other, then validated.

use std::fmt;
use std::path::{Path, PathBuf};

use multitenant_runtime::{AnonymiseRules, Ignore, Settings, SettingsText};

use super::clone;
use super::embedded;
use super::key;
use super::layers::{self, Environment};
use super::locate::{self, Location};
use super::problem::{ConfigError, Origin, Problem};
use super::raw::{RawConfig, Value};
use super::validate;

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
    pub(super) raw: RawConfig,
    pub(super) source: Source,
    pub(super) has_file: bool,
    /// Whether it is the one that a program carries.
    is_embedded: bool,
    #[cfg(feature = "project")]
    pub(super) here: PathBuf,
}

/// The file that errors point into.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) file: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn error(&self, problems: Vec<Problem>) -> Box<ConfigError> {
        Box::new(ConfigError { file: self.file.clone(), text: self.text.clone(), problems })
    }
}

impl Config {
    /// Finds the project that we stand in and reads its configuration.
    #[cfg(feature = "project")]
    pub(crate) fn load(overrides: &Overrides, environment: Environment, here: &Path) -> Result<Self, Box<ConfigError>> {
        Self::of(None, overrides, environment, here)
    }

    /// The configuration that a program embeds, under what file, environment and flags say. A file is read where one is
    /// named, and not looked for.
    pub(crate) fn embedded(
        settings: &SettingsText<'_>,
        overrides: &Overrides,
        environment: Environment,
        here: &Path,
    ) -> Result<Self, Box<ConfigError>> {
        Self::of(Some(embedded::layer(settings)), overrides, environment, here)
    }

    fn of(
        embedded: Option<RawConfig>,
        overrides: &Overrides,
        mut environment: Environment,
        here: &Path,
    ) -> Result<Self, Box<ConfigError>> {
        let is_embedded = embedded.is_some();
        let named = overrides.config.clone().or_else(|| environment.config_file().map(PathBuf::from));
        let location = match named {
            Some(file) => Location::of_file(&file, here),
            #[cfg(feature = "project")]
            None if !is_embedded => Location::find(here),
            None => Location::none(here),
        };
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
        raw.overlay(embedded.unwrap_or_default());
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
            is_embedded,
            root: location.root,
            #[cfg(feature = "project")]
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
            let (what, help) = match (self.has_file, self.is_embedded) {
                (true, _) => (format!("{} has no database.url", self.source.file), DATABASE_HELP),
                (false, false) => {
                    (format!("{} does not exist, and DATABASE_URL is not set", self.source.file), DATABASE_HELP)
                }
                (false, true) => (
                    "DATABASE_URL is not set, and a program embeds no address".to_owned(),
                    "set DATABASE_URL, or MULTITENANT_MIGRATE_URL where that is a pooler's; or give --database-url",
                ),
            };
            let problem = Problem::new(Origin::Nowhere, format!("no database is configured: {what}"));
            self.source.error(vec![problem.help(help)])
        })
    }

    /// The folder in which the project's development server lies. A program that carries its configuration has a project
    /// only where a file says so.
    pub(crate) fn development_folder(&self) -> Result<&Path, Box<ConfigError>> {
        if self.has_file || !self.is_embedded {
            return Ok(&self.root);
        }
        let keys = [&key::DATABASE_MIGRATE_URL, &key::DATABASE_URL];
        let origin = keys.into_iter().find_map(|key| self.raw.entry(key)).map(|entry| entry.origin.clone());
        let message = "`embedded` is the development server of a project, and this program does not know in which folder \
                       that is";
        Err(self.source.error(vec![Problem::new(origin.unwrap_or(Origin::Nowhere), message).help(
            "give a URL: postgres://user@host/database; in development name the project with --config \
             …/multitenant.toml",
        )]))
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

    /// Whether `[clone.anonymise]` has been read: a program does not carry it.
    pub(crate) fn knows_rules(&self) -> bool {
        self.has_file || !self.is_embedded
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
}

/// What to do where no database is configured.
const DATABASE_HELP: &str = "write `url = \"postgres://…\"` under [database], set DATABASE_URL, give --database-url, or \
                             write `url = \"embedded\"` for a development server of the project's own";

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
