//! The folders that a project has, and places below them.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::record::Place;
use crate::config::slashes;

/// The folders that commands write to. What is written down names places below them, and no others.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The project's, where what is written down lies.
    root: PathBuf,
    /// Each without links, with what it is called in a journal; the project's comes first.
    folders: Vec<(&'static str, PathBuf)>,
}

/// A path that leads out of all of them.
#[derive(Debug)]
pub(in crate::scaffold) struct Outside;

impl Bounds {
    /// A project's folder.
    pub(crate) fn of(root: &Path) -> Self {
        let resolved = resolved(root).unwrap_or_else(|_| root.to_path_buf());
        Self { root: root.to_path_buf(), folders: vec![("project", resolved)] }
    }

    /// One more, which somebody has configured and which may lie elsewhere.
    pub(crate) fn with(mut self, name: &'static str, folder: &Path) -> Self {
        if let Ok(folder) = resolved(folder)
            && !self.folders.iter().any(|(_, other)| folder.starts_with(other))
        {
            self.folders.push((name, folder));
        }
        self
    }

    /// The project's folder, as it was given.
    pub(in crate::scaffold) fn root(&self) -> &Path {
        &self.root
    }

    /// The place of a path, whose links are followed.
    pub(in crate::scaffold) fn place(&self, path: &Path) -> Result<Place, Outside> {
        let path = resolved(path).map_err(|_| Outside)?;
        let below = self.folders.iter().find_map(|(name, folder)| Some((*name, path.strip_prefix(folder).ok()?)));
        let (within, below) = below.ok_or(Outside)?;
        let path = slashes(Path::new(below.to_str().ok_or(Outside)?));
        Ok(Place { within: within.to_owned(), path })
    }

    /// The path of a place. A folder that is a link leads elsewhere than when the place was written down.
    ///
    /// # Errors
    ///
    /// What is wrong with the place.
    pub(in crate::scaffold) fn path(&self, place: &Place) -> Result<PathBuf, String> {
        let named = self.folders.iter().find(|(name, _)| *name == place.within);
        let (_, folder) = named
            .ok_or_else(|| format!("it names a place in {:?}, and the project has no such folder", place.within))?;
        let mut path = folder.clone();
        for part in Path::new(&place.path).components() {
            path.push(part);
            if path.is_symlink() || !matches!(part, Component::Normal(_)) {
                return Err(format!("it names {:?}, and that leads elsewhere by a link", place.path));
            }
        }
        Ok(path)
    }
}

/// A path without links and `..`, as far as it is there.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut there = path.as_path();
    let mut missing = Vec::new();
    // A link to nothing is there, and is an error.
    while fs::symlink_metadata(there).is_err() {
        let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        };
        missing.push(name);
        there = parent;
    }
    let mut resolved = fs::canonicalize(there)?;
    resolved.extend(missing.iter().rev());
    Ok(resolved)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn places_are_below_the_folders_and_links_out_of_them_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (folder.path().join("project"), folder.path().join("elsewhere"));
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        let bounds = Bounds::of(&root).with("migrations.folder", &root.join("../elsewhere/migrations"));
        for (path, expected) in [
            ("src/a.rs", Some(("project", "src/a.rs"))),
            ("src/new/deep/a.rs", Some(("project", "src/new/deep/a.rs"))),
            ("../elsewhere/migrations/x", Some(("migrations.folder", "x"))),
            ("../elsewhere/migrations", Some(("migrations.folder", ""))),
            ("../elsewhere/a.rs", None),
        ] {
            let place = bounds.place(&root.join(path)).ok();
            let seen = place.as_ref().map(|place| (place.within.as_str(), place.path.as_str()));
            assert_eq!(seen, expected, "{path}");
            if let Some(place) = place {
                let path = bounds.path(&place).unwrap();
                assert!(path.ends_with(&place.path) && path.is_absolute(), "{path:?}");
            }
        }

        let place = bounds.place(&root.join("src/a.rs")).unwrap();
        fs::remove_dir(root.join("src")).unwrap();
        symlink(&elsewhere, root.join("src")).unwrap();
        assert!(bounds.path(&place).unwrap_err().contains("leads elsewhere by a link"));
        assert!(bounds.place(&root.join("src/a.rs")).is_err());
        let stranger = Place { within: "home".to_owned(), path: "a".to_owned() };
        assert!(bounds.path(&stranger).unwrap_err().contains("no such folder"));
    }
}
