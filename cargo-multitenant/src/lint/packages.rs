//! Where the project's Rust code is.

use std::path::{Path, PathBuf};

use cargo_metadata::{MetadataCommand, Package};

/// The folders with the sources of all packages of the workspace that a folder belongs to; none where there is no
/// Cargo.toml, or no cargo. Not those of packages with migrations of their own: their tables are in another database.
pub(crate) fn rust_folders(root: &Path, migrations: &[&Path]) -> Vec<PathBuf> {
    if !root.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
        return Vec::new();
    }
    let Ok(metadata) = MetadataCommand::new().current_dir(root).no_deps().exec() else {
        // A Cargo.toml that cargo refuses, or a toolchain that is not there, is no reason to look at nothing.
        return vec![root.to_path_buf()];
    };
    let is_ours = |package: &&Package| {
        package.manifest_path.parent().is_none_or(|folder| !has_others(folder.as_std_path(), migrations))
    };
    let targets = metadata.packages.iter().filter(is_ours).flat_map(|package| &package.targets);
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

/// Whether a package's folder holds migrations, and none of ours. Where we have none there are no others.
fn has_others(folder: &Path, ours: &[&Path]) -> bool {
    let resolved = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let (folder, mut ours) = (resolved(folder), ours.iter().filter(|folder| folder.is_dir()).peekable());
    ours.peek().is_some() && !ours.any(|ours| resolved(ours).starts_with(&folder)) && has_migrations(&folder, MAX_DEPTH)
}

/// How far below a package its migrations may be.
const MAX_DEPTH: usize = 8;

fn has_migrations(folder: &Path, depth: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let (path, name) = (entry.path(), entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_file() => name == "up.sql",
            Ok(kind) if kind.is_dir() && depth > 0 => {
                let is_passed_by = name.to_string_lossy().starts_with('.')
                    || ["target", "tests", "node_modules"].iter().any(|other| name == *other)
                    || path.join("Cargo.toml").is_file();
                !is_passed_by && has_migrations(&path, depth - 1)
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {

    #[test]
    fn packages_with_migrations_of_their_own_are_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["a/migrations/1_x", "b/src/db/migrations/postgres/1_x", "c/src", "a/inner/migrations/1_x"] {
            std::fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in
            ["a/migrations/1_x/up.sql", "b/src/db/migrations/postgres/1_x/up.sql", "a/inner/migrations/1_x/up.sql"]
        {
            std::fs::write(root.join(path), "").unwrap();
        }
        std::fs::write(root.join("a/inner/Cargo.toml"), "").unwrap();
        let ours = root.join("a/migrations");
        let has_others = |package: &str| super::has_others(&root.join(package), &[&ours]);
        assert!(has_others("b") && has_others("a/inner"));
        assert!(!has_others("a") && !has_others("c"));
        assert!(!super::has_others(&root.join("b"), &[&root.join("nowhere")]));
    }
}
