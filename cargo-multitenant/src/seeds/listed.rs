//! Which files a project's seeds are, for whoever wants to see them.

use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;

use crate::config::Config;
use crate::error::CliError;

/// A seed's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) tier: Tier,
    /// `None` of a common one.
    pub(crate) environment: Option<String>,
    pub(crate) path: PathBuf,
    pub(crate) is_rust: bool,
}

/// The seeds of both tiers, the common ones before those of an environment, each in the order of their names.
pub(crate) fn listed(config: &Config) -> Result<Vec<Listed>, CliError> {
    let (shared, tenant) = config.seed_folders()?;
    let mut seeds = Vec::new();
    for (tier, folder) in [(Tier::Shared, shared), (Tier::Tenant, tenant)] {
        let Some(folder) = folder else { continue };
        seeds.extend(files(tier, None, &folder)?);
        for environment in entries(&folder)?.into_iter().filter(|path| path.is_dir()) {
            let name = environment.file_name().map(|name| name.to_string_lossy().into_owned());
            seeds.extend(files(tier, name.as_deref(), &environment)?);
        }
    }
    Ok(seeds)
}

fn files(tier: Tier, environment: Option<&str>, folder: &Path) -> Result<Vec<Listed>, CliError> {
    let seed = |path: PathBuf| {
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let is_seed = is_rust || path.extension().is_some_and(|extension| extension == "sql");
        (is_seed && path.is_file()).then(|| Listed { tier, environment: environment.map(str::to_owned), path, is_rust })
    };
    Ok(entries(folder)?.into_iter().filter_map(seed).collect())
}

/// What is in a folder and not hidden, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = std::fs::read_dir(folder).map_err(|error| CliError::Files {
        what: format!("the folder {} cannot be read", crate::config::slashes(folder)),
        help: Some("check the folder's permissions"),
        source: Some(error),
    })?;
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| !is_hidden(path)).collect();
    paths.sort();
    Ok(paths)
}
