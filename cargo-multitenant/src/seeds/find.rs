//! Which seeds are Rust.

use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;

/// A seed that is Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RustSeed {
    pub(crate) tier: Tier,
    pub(crate) environment: Option<String>,
    /// Its way in the folder, which it is recorded as.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Those in a folder of seeds, the common ones and those of this environment; where a folder cannot be read, whoever
/// reads the SQL files says so.
pub(crate) fn in_folder(tier: Tier, folder: &Path, environment: Option<&str>) -> Vec<RustSeed> {
    let mut seeds = of(tier, folder, None);
    if let Some(environment) = environment {
        seeds.extend(of(tier, &folder.join(environment), Some(environment)));
    }
    seeds
}

/// The seed in a file, where it is Rust.
pub(crate) fn of_file(tier: Tier, path: &Path) -> Option<RustSeed> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    is_rust(path).then(|| RustSeed { tier, environment: None, name, path: path.to_path_buf() })
}

fn of(tier: Tier, folder: &Path, environment: Option<&str>) -> Vec<RustSeed> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_rust(path)).collect();
    paths.sort();
    let seeds = paths.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        let name = environment.map_or(name.clone(), |environment| format!("{environment}/{name}"));
        Some(RustSeed { tier, environment: environment.map(str::to_owned), name, path })
    });
    seeds.filter(|seed| !seed.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))).collect()
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs") && !path.is_dir()
}
