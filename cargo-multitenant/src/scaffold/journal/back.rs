//! Takes back what is written down, as far as it is done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::bounds::Bounds;
use super::record::{File, Journal, Migration};
use super::state::{State, state};
use crate::new_migration::{self, Claim};
use crate::write;

/// Takes all of it back, the last first, and returns what could not be: what somebody has changed since stays, and so does
/// what the system does not let go.
pub(in crate::scaffold) fn back(journal: &Journal, bounds: &Bounds) -> Vec<PathBuf> {
    let mut left = Vec::new();
    for migration in journal.migrations.iter().rev() {
        if let Ok(folder) = bounds.path(&migration.folder) {
            drop_migration(migration, &folder, &mut left);
        }
    }
    for file in journal.files.iter().rev() {
        let Ok(path) = bounds.path(&file.place) else { continue };
        journal.processes.iter().for_each(|process| write::sweep(&path, *process));
        if !is_restored(file, &path).unwrap_or(false) {
            left.push(path);
        }
    }
    for folder in journal.folders.iter().rev() {
        if let Ok(folder) = bounds.path(folder) {
            new_migration::sweep(&folder, None);
            // Somebody else may have put something there meanwhile, and then it stays.
            let _ = fs::remove_dir(folder);
        }
    }
    left
}

/// Puts a file back as it was; `false` where somebody has changed what was written.
fn is_restored(file: &File, path: &Path) -> io::Result<bool> {
    match state(file, path)? {
        State::After(None) => fs::remove_file(path)?,
        State::After(Some(before)) => {
            let after = [&before, file.text.as_bytes()].concat();
            write::rewrite(path, after, before)?;
        }
        State::Edited => return Ok(false),
        // It was not reached.
        State::Before(_) | State::Foreign => {}
    }
    Ok(true)
}

fn drop_migration(migration: &Migration, folder: &Path, left: &mut Vec<PathBuf>) {
    let files: Vec<_> = migration.files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    Claim::of(folder, &migration.version).release(&files);
    let made = folder.join(migration.folder_name());
    for (file, text) in files.iter().filter(|_| made.is_dir()) {
        let path = made.join(file);
        let is_ours = fs::read(&path).is_ok_and(|now| now == text.as_bytes());
        if !is_ours || fs::remove_file(&path).is_err() {
            left.push(path);
        }
    }
    let _ = fs::remove_dir(made);
}
