//! Does what is written down and not yet done.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::bounds::Bounds;
use super::record::{File, Journal};
use super::state::{State, state};
use super::store::{Store, settle};
use crate::error::CliError;
use crate::new_migration::{self, Claim};
use crate::write;

/// Why it went no further.
#[derive(Debug)]
pub(in crate::scaffold) enum Stop {
    /// There is something else than what is written down.
    Changed(PathBuf),
    /// A place that is none of the project's; why.
    Place(String),
    /// The system refuses.
    Failed { path: PathBuf, error: io::Error },
    /// There is no version.
    Version(CliError),
}

/// Does all that is not done. What is done is left alone, and so is what was changed since among the first files, which are
/// known to have been `reached` before. `step` is called between any two steps.
pub(in crate::scaffold) fn forward(
    journal: &mut Journal,
    bounds: &Bounds,
    store: &Store,
    reached: usize,
    step: &mut dyn FnMut(),
) -> Result<(), Stop> {
    let mut folders = Vec::new();
    for (index, file) in journal.files.iter().enumerate() {
        let path = bounds.path(&file.place).map_err(Stop::Place)?;
        match put(file, &path) {
            Err(Stop::Changed(_)) if index < reached => {}
            put => put?,
        }
        step();
        folders.extend(path.parent().map(Path::to_path_buf));
    }
    // The last steps: a migration is there as a whole, and whoever sees it finds the code that goes with it.
    for index in 0..journal.migrations.len() {
        folders.push(complete(journal, index, bounds, store, step)?);
        step();
    }
    folders.dedup();
    // Before it is forgotten what was to be done, it is done for good.
    folders.iter().try_for_each(|folder| settle(folder).map_err(|error| Stop::Failed { path: folder.clone(), error }))
}

fn put(file: &File, path: &Path) -> Result<(), Stop> {
    let failed = |error| Stop::Failed { path: path.to_path_buf(), error };
    match state(file, path).map_err(failed)? {
        State::After(_) | State::Edited => Ok(()),
        State::Foreign => Err(Stop::Changed(path.to_path_buf())),
        State::Before(_) if file.before.is_none() => {
            path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
            write::create(path, file.text.as_bytes(), false).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => Stop::Changed(path.to_path_buf()),
                _ => failed(error),
            })
        }
        State::Before(before) => {
            let after = [&before, file.text.as_bytes()].concat();
            write::rewrite(path, &before, after).map_err(failed)
        }
    }
}

/// Gives a migration its files and its name; the folder that it is in.
fn complete(
    journal: &mut Journal,
    index: usize,
    bounds: &Bounds,
    store: &Store,
    step: &mut dyn FnMut(),
) -> Result<PathBuf, Stop> {
    let migration = journal.migrations[index].clone();
    let folder = bounds.path(&migration.folder).map_err(Stop::Place)?;
    if fs::symlink_metadata(folder.join(migration.folder_name())).is_ok() {
        return Ok(folder);
    }
    let failed = |error| Stop::Failed { path: folder.clone(), error };
    let files: Vec<_> = migration.files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let mut claim = Claim::of(&folder, &migration.version);
    // Half of its files may be there; and an older version than what was made since would come too late.
    if !claim.is_fresh().map_err(failed)? {
        claim.release(&files);
        claim = new_migration::claim(&folder, new_migration::now()).map_err(Stop::Version)?;
        // Before the migration is there, lest it be made twice.
        journal.migrations[index].version.clone_from(&claim.version);
        store.save(journal).map_err(failed)?;
        step();
    }
    claim.complete(&migration.name, &files).map_err(failed)?;
    Ok(folder)
}
