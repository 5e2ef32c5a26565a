//! What the configuration says of a project's own files and folders.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::key::{self, Key};
use super::layers;
use super::locate;
use super::problem::{ConfigError, Origin, Problem};
use super::raw::RawConfig;
use super::settings::{Config, slashes};

/// Where shared migrations are if nobody says so.
const SHARED_FOLDER: &str = "migrations/shared";

/// Where seeds lie unless somebody says otherwise.
const TENANT_SEEDS: &str = "seeds/tenant";
const SHARED_SEEDS: &str = "seeds/shared";

impl Config {
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

    fn problem(&self, key: &Key, message: String) -> Problem {
        Problem::new(self.raw.origin(key.path), message)
    }

    fn folder(&self, folder: &str) -> PathBuf {
        locate::shown(&self.root.join(folder), &self.here)
    }
}
