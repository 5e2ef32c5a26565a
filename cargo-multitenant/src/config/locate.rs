//! Where the project is, and its `multitenant.toml`.

use std::path::{Path, PathBuf};

#[cfg(feature = "project")]
use cargo_metadata::MetadataCommand;

/// The configuration's name.
pub(crate) const FILE_NAME: &str = "multitenant.toml";

/// Where a project is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The folder that all paths of the configuration are relative to.
    pub(crate) root: PathBuf,
    /// The configuration, if there is one.
    pub(crate) file: Option<PathBuf>,
}

impl Location {
    /// Where there is no project but what a program embeds.
    pub(crate) fn none(here: &Path) -> Self {
        Self { root: here.to_path_buf(), file: None }
    }

    /// The project that a given configuration file belongs to.
    pub(crate) fn of_file(file: &Path, here: &Path) -> Self {
        let file = here.join(file);
        let root = file.parent().unwrap_or(here).to_path_buf();
        Self { root, file: Some(file) }
    }

    /// Looks for the configuration: here, beside the package's and the workspace's Cargo.toml, and, where cargo
    /// does not help (there is no Cargo.toml, or no cargo, as in an image that only migrates), in the folders
    /// above.
    #[cfg(feature = "project")]
    pub(crate) fn find(here: &Path) -> Self {
        if let Some(found) = Self::in_folder(here) {
            return found;
        }
        let candidates = cargo_folders(here);
        let nearest = candidates.first().cloned().unwrap_or_else(|| here.to_path_buf());
        let searched =
            if candidates.is_empty() { here.ancestors().map(Path::to_path_buf).collect() } else { candidates };
        searched.iter().find_map(|folder| Self::in_folder(folder)).unwrap_or(Self { root: nearest, file: None })
    }

    #[cfg(feature = "project")]
    fn in_folder(folder: &Path) -> Option<Self> {
        let file = folder.join(FILE_NAME);
        file.is_file().then(|| Self { root: folder.to_path_buf(), file: Some(file) })
    }
}

/// Whether we stand in a project: there is a configuration, or a folder of migrations where one usually is.
#[cfg(feature = "tui")]
pub(crate) fn is_project(here: &Path) -> bool {
    let location = Location::find(here);
    location.file.is_some() || ["migrations/tenant", "migrations/shared"].iter().any(|f| location.root.join(f).is_dir())
}

/// The folder of the package that we are in, if any, then the workspace's.
#[cfg(feature = "project")]
fn cargo_folders(here: &Path) -> Vec<PathBuf> {
    if !here.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
        return Vec::new();
    }
    let Ok(metadata) = MetadataCommand::new().current_dir(here).no_deps().exec() else {
        return Vec::new();
    };
    let package = metadata
        .packages
        .iter()
        .filter_map(|package| package.manifest_path.parent())
        .filter(|folder| here.starts_with(folder))
        .max_by_key(|folder| folder.as_str().len());
    package
        .into_iter()
        .chain([metadata.workspace_root.as_path()])
        .map(|folder| folder.as_std_path().to_path_buf())
        .collect()
}

/// A path as a reader who stands here would write it, with `/`.
pub(crate) fn shown(path: &Path, here: &Path) -> PathBuf {
    if let Ok(below) = path.strip_prefix(here) {
        // The folder that we stand in has a name, too: the empty path is none.
        return if below.as_os_str().is_empty() { PathBuf::from(".") } else { below.to_path_buf() };
    }
    for (steps, folder) in here.ancestors().enumerate().skip(1) {
        // Only where nothing but the root of the file system is common is the whole path the shorter one.
        if folder.parent().is_some()
            && let Ok(below) = path.strip_prefix(folder)
        {
            return std::iter::repeat_n("..", steps).collect::<PathBuf>().join(below);
        }
    }
    path.to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_here() {
        for (path, here, expected) in [
            ("/p/app/migrations", "/p/app", "migrations"),
            ("/p/app/migrations", "/p/app/src/bin", "../../migrations"),
            ("/p/app", "/p/app/src", ".."),
            ("/p/app", "/p/app", "."),
            ("/p/app/x", "/q", "/p/app/x"),
            ("/p/app/x", "/", "p/app/x"),
        ] {
            assert_eq!(shown(Path::new(path), Path::new(here)), Path::new(expected));
        }
    }

    #[cfg(feature = "project")]
    #[test]
    fn finds_the_file_here_beside_cargo_toml_and_above() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let deep = root.join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(Location::find(&deep), Location { root: deep.clone(), file: None });

        std::fs::write(root.join(FILE_NAME), "").unwrap();
        assert_eq!(Location::find(&deep).root, root);

        std::fs::write(deep.join("Cargo.toml"), "[package]\nname = \"p\"\nversion = \"0.1.0\"\n").unwrap();
        std::fs::create_dir(deep.join("src")).unwrap();
        std::fs::write(deep.join("src/lib.rs"), "").unwrap();
        // The package is no part of the folder above: its configuration is not the package's.
        assert_eq!(Location::find(&deep.join("src")), Location { root: deep.clone(), file: None });

        std::fs::write(deep.join(FILE_NAME), "").unwrap();
        assert_eq!(Location::find(&deep.join("src")).root, deep);
    }
}
