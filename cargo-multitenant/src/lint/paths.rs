//! Where a project's migrations and its code are.

use std::path::{Path, PathBuf};

use super::lock;
use super::packages::rust_folders;
use crate::config::{Config, ConfigError, shown};

/// Where to look.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paths {
    pub(crate) shared: Option<PathBuf>,
    pub(crate) tenant: Option<PathBuf>,
    /// Folders with Rust code, and single files.
    pub(crate) rust: Vec<PathBuf>,
    /// `multitenant.lock`, whether it is there or not.
    pub(crate) lock: PathBuf,
    /// Where the paths of Rust code are shown from.
    pub(crate) here: PathBuf,
}

impl Paths {
    /// Those of a project, seen from where we stand. Folders that somebody has named must be there.
    pub(crate) fn of(config: &Config, here: &Path) -> Result<Self, Box<ConfigError>> {
        let (shared, tenant) = config.folders_that_are_there()?;
        Ok(Self { shared, tenant, ..Self::that_are_there(config, here) })
    }

    /// The same, where no folder must be there yet.
    pub(crate) fn that_are_there(config: &Config, here: &Path) -> Self {
        let migrations = [config.new_tenant_folder(), config.new_shared_folder()];
        let [tenant, shared] = migrations.clone().map(|folder| Some(folder).filter(|folder| folder.is_dir()));
        Self {
            shared,
            tenant,
            rust: rust_folders(&config.root, &migrations.each_ref().map(PathBuf::as_path)),
            lock: shown(&config.root.join(lock::FILE_NAME), here),
            here: here.to_path_buf(),
        }
    }
}
