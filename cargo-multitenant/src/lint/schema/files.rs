//! Which files of a project may hold schema code.

use std::io;
use std::path::{Path, PathBuf};

/// Every Rust file in these folders, and those that are named themselves, in order; and what could not be looked into.
pub(crate) fn files(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<(PathBuf, io::Error)>) {
    let (mut files, mut failed) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_file() {
            files.push(path.clone());
        } else {
            walk(path, &mut files, &mut failed);
        }
    }
    files.sort();
    files.dedup();
    (files, failed)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, failed: &mut Vec<(PathBuf, io::Error)>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // A package's folder may be gone, or never have been there.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return failed.push((folder.to_path_buf(), error)),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Not through symbolic links, which may lead round in a circle.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !name.starts_with('.') && name != "target" {
            walk(&entry.path(), files, failed);
        } else if kind.is_file() && name.ends_with(".rs") {
            files.push(entry.path());
        }
    }
}
