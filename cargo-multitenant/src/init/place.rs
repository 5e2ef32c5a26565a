//! What is where a file is to be.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::existing::is_absent;

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    File(Vec<u8>),
    /// Something that is no file, or cannot be read, and why no file can be written there.
    Other(String),
}

/// What is there, for each path.
pub(super) type Places = BTreeMap<String, There>;

/// Looks.
pub(super) fn look<'p>(root: &Path, paths: impl Iterator<Item = &'p str>) -> Places {
    paths.map(|path| (path.to_owned(), at(&root.join(path)))).collect()
}

fn at(path: &Path) -> There {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => There::Other("it is a folder".to_owned()),
        Ok(metadata) => match fs::read(path) {
            Ok(bytes) => There::File(bytes),
            Err(error) if is_absent(&error) && metadata.is_symlink() => There::Other(dangling(path)),
            Err(error) => There::Other(error.to_string()),
        },
        Err(error) if is_absent(&error) => There::Nothing,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            There::Other("one of the folders above it is a file".to_owned())
        }
        Err(error) => There::Other(error.to_string()),
    }
}

/// Of a link that leads nowhere.
fn dangling(link: &Path) -> String {
    let target = fs::read_link(link).map(|target| crate::config::slashes(&target)).unwrap_or_default();
    format!("it is a link to {target}, which is not there: make that file, or remove the link")
}
