//! Which seeds there are in a project, and which of them are Rust.

use std::path::{Path, PathBuf};

use multitenant_runtime::{SeedError, SeedSet, Tier};

use crate::config::Config;
use crate::error::CliError;

/// A seed that is Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RustSeed {
    pub(crate) tier: Tier,
    pub(crate) environment: Option<String>,
    /// Its way in the folder, which it is recorded as.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Whether its function is not asynchronous.
    pub(crate) is_synchronous: bool,
}

/// The seeds in a project's folders, or in files that are named.
pub(crate) struct InFolders {
    pub(crate) sql: Result<SeedSet, SeedError>,
    pub(crate) rust: Vec<RustSeed>,
}

impl InFolders {
    /// All that the configured folders hold: the common ones, and of those in Rust the ones of this environment.
    pub(crate) fn find(config: &Config, environment: Option<&str>) -> Result<Self, CliError> {
        Self::find_any(config, environment)?.ok_or_else(|| CliError::Files {
            what: "neither seeds/shared nor seeds/tenant exists".to_owned(),
            help: Some("create one with SQL files in it, set seeds.folder, or name a file with --tenant-file"),
            source: None,
        })
    }

    /// The same, where there is a folder.
    pub(crate) fn find_any(config: &Config, environment: Option<&str>) -> Result<Option<Self>, CliError> {
        let (shared, tenant) = config.seed_folders()?;
        if shared.is_none() && tenant.is_none() {
            return Ok(None);
        }
        let folders = [(Tier::Shared, &shared), (Tier::Tenant, &tenant)].into_iter();
        let rust = folders
            .flat_map(|(tier, folder)| folder.iter().flat_map(move |folder| in_folder(tier, folder, environment)));
        Ok(Some(Self { rust: rust.collect(), sql: SeedSet::from_folders(shared.as_deref(), tenant.as_deref()) }))
    }

    /// These files.
    pub(crate) fn of_files(shared: Option<PathBuf>, tenant: Option<PathBuf>) -> Self {
        let rust = |tier, file: &Option<PathBuf>| file.as_deref().and_then(|file| of_file(tier, file));
        let rust = (rust(Tier::Shared, &shared), rust(Tier::Tenant, &tenant));
        let shared = shared.filter(|_| rust.0.is_none());
        let tenant = tenant.filter(|_| rust.1.is_none());
        Self {
            sql: SeedSet::from_files(shared.as_slice(), tenant.as_slice()),
            rust: rust.0.into_iter().chain(rust.1).collect(),
        }
    }
}

/// Those in a folder of seeds, the common ones and those of this environment; where a folder cannot be read, whoever
/// reads the SQL files says so.
fn in_folder(tier: Tier, folder: &Path, environment: Option<&str>) -> Vec<RustSeed> {
    let mut seeds = of(tier, folder, None);
    if let Some(environment) = environment {
        seeds.extend(of(tier, &folder.join(environment), Some(environment)));
    }
    seeds
}

/// The seed in a file, where it is Rust.
fn of_file(tier: Tier, path: &Path) -> Option<RustSeed> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    is_rust(path).then(|| seed(tier, None, name, path.to_path_buf()))
}

fn of(tier: Tier, folder: &Path, environment: Option<&str>) -> Vec<RustSeed> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_rust(path)).collect();
    paths.sort();
    let seeds = paths.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        let name = environment.map_or(name.clone(), |environment| format!("{environment}/{name}"));
        Some(seed(tier, environment, name, path))
    });
    seeds.filter(|seed| !seed.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))).collect()
}

fn seed(tier: Tier, environment: Option<&str>, name: String, path: PathBuf) -> RustSeed {
    // Where it cannot be read the compiler says so.
    let is_synchronous = std::fs::read_to_string(&path).is_ok_and(|text| is_synchronous(&text));
    RustSeed { tier, environment: environment.map(str::to_owned), name, path, is_synchronous }
}

/// Whether the function `seed` is not asynchronous, by the line that it begins on.
fn is_synchronous(text: &str) -> bool {
    let declares = |line: &str| {
        let words = line.trim_start().strip_prefix("pub ")?.trim_start();
        let (is_async, words) = match words.strip_prefix("async ") {
            Some(words) => (true, words.trim_start()),
            None => (false, words),
        };
        let rest = words.strip_prefix("fn ")?.trim_start().strip_prefix("seed")?.trim_start();
        rest.starts_with(['(', '<']).then_some(!is_async)
    };
    text.lines().find_map(declares).unwrap_or(false)
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs") && !path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_without_async_is_synchronous() {
        for (text, expected) in [
            ("pub async fn seed(conn: &mut AsyncPgConnection) -> QueryResult<()> {", false),
            ("use x;\n\npub fn seed(conn: &mut impl LoadConnection<Backend = Pg>) -> QueryResult<()> {", true),
            ("    pub  fn  seed <C>(conn: &mut C)", true),
            ("// pub fn seed(conn)\npub async fn seed(conn: &mut C)", false),
            ("pub fn seeds(conn: &mut C) {}\npub async fn seed(", false),
            ("pub fn seedling() {}", false),
            ("", false),
        ] {
            assert_eq!(is_synchronous(text), expected, "{text}");
        }
    }
}
