//! Where the project's Rust code is.

use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

/// The folders with the sources of all packages of the workspace that a folder belongs to; none where there is no
/// Cargo.toml, or no cargo.
pub(crate) fn rust_folders(root: &Path) -> Vec<PathBuf> {
    if !root.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
        return Vec::new();
    }
    let Ok(metadata) = MetadataCommand::new().current_dir(root).no_deps().exec() else {
        // A Cargo.toml that cargo refuses, or a toolchain that is not there, is no reason to look at nothing.
        return vec![root.to_path_buf()];
    };
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let code = targets.filter(|target| !target.is_custom_build() && !target.is_test() && !target.is_bench());
    let folders = code.filter_map(|target| target.src_path.parent()).map(|folder| folder.as_std_path().to_path_buf());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    folders.dedup();
    // One within another is walked with it.
    let all = folders.clone();
    folders.retain(|folder| !all.iter().any(|other| other != folder && folder.starts_with(other)));
    folders
}
