//! The order in which a batch is written: looked at, written down, done, forgotten.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::batch::{Batch, is_there};
use super::journal::{Bounds, File, Journal, Migration, Outside, Print, State, Stop, Store, back, forward, state};
use crate::config::slashes;
use crate::error::CliError;
use crate::new_migration;

/// A batch that is being written.
pub(super) struct Writing<'a> {
    batch: &'a Batch,
    bounds: &'a Bounds,
    store: Store,
    /// Says how a path is shown.
    shown: &'a dyn Fn(&Path) -> PathBuf,
    journal: Journal,
    /// What is to become of each file.
    files: Vec<File>,
}

impl<'a> Writing<'a> {
    /// Looks whether all is as it was when the batch was made.
    pub(super) fn of(
        batch: &'a Batch,
        bounds: &'a Bounds,
        shown: &'a dyn Fn(&Path) -> PathBuf,
    ) -> Result<Self, CliError> {
        let mut writing =
            Self { batch, bounds, store: Store::of(bounds.root()), shown, journal: Journal::new(), files: Vec::new() };
        for change in batch.in_order() {
            let place = bounds.place(&change.path).map_err(|Outside| outside(&shown(&change.path)))?;
            let before = change.before.as_ref().map(|before| Print::of(before.as_bytes()));
            let file = File { place, before, text: change.text.clone() };
            match state(&file, &change.path) {
                Ok(State::Before(_)) => writing.files.push(file),
                Ok(_) if change.before.is_none() => return Err(is_there(&shown(&change.path))),
                Ok(_) => return Err(changed(&shown(&change.path))),
                Err(error) => return Err(failed(&shown(&change.path), error)),
            }
        }
        Ok(writing)
    }

    /// Writes it, and returns what was written down; `step` is called between any two steps.
    pub(super) fn write(mut self, step: &mut dyn FnMut()) -> Result<Journal, CliError> {
        match self.write_each(step) {
            Ok(()) => {
                self.forget()?;
                Ok(self.journal)
            }
            Err(error) => {
                let left = back(&self.journal, self.bounds);
                self.forget()?;
                if left.is_empty() {
                    return Err(error);
                }
                let left: Vec<String> = left.iter().map(|path| slashes(&self.shown_of(path))).collect();
                Err(CliError::Files {
                    what: format!("{error}\nwhat was written before could not be taken back: {}", left.join(", ")),
                    help: Some("look at these files, and remove what is new in them"),
                    source: None,
                })
            }
        }
    }

    fn write_each(&mut self, step: &mut dyn FnMut()) -> Result<(), CliError> {
        self.make_folders(step)?;
        // Of a claim nobody reads anything, and an empty one is no harm.
        for (folder, migrations) in &self.batch.migrations {
            let place = self.bounds.place(folder).map_err(|Outside| outside(folder))?;
            for migration in migrations {
                let claim = new_migration::claim(folder, new_migration::now())?;
                let files = migration.files.iter().map(|(file, text)| ((*file).to_owned(), text.clone())).collect();
                let (name, version) = (migration.name.clone(), claim.version);
                self.journal.migrations.push(Migration { folder: place.clone(), version, name, files });
                step();
            }
        }
        self.journal.files = std::mem::take(&mut self.files);
        self.save()?;
        step();
        forward(&mut self.journal, self.bounds, &self.store, 0, step).map_err(|stop| match stop {
            Stop::Changed(path) => match self.batch.changes.iter().find(|change| is(&change.path, &path)) {
                Some(change) if change.before.is_none() => is_there(&(self.shown)(&change.path)),
                _ => changed(&self.shown_of(&path)),
            },
            Stop::Place(why) => CliError::Refused(format!("nothing was written: {why}")),
            Stop::Failed { path, error } => failed(&self.shown_of(&path), error),
            Stop::Version(error) => error,
        })
    }

    /// Makes the folders that are not there; which these are is written down before.
    fn make_folders(&mut self, step: &mut dyn FnMut()) -> Result<(), CliError> {
        let parents = self.batch.in_order().into_iter().filter_map(|change| change.path.parent());
        let migrations = self.batch.migrations.iter().map(|(folder, _)| folder.as_path());
        let mut missing: Vec<&Path> = Vec::new();
        for folder in parents.chain(migrations) {
            let mut new: Vec<&Path> = folder
                .ancestors()
                .take_while(|folder| !folder.as_os_str().is_empty() && !folder.is_dir() && !missing.contains(folder))
                .collect();
            new.reverse();
            missing.extend(new);
        }
        // Above a folder that is configured elsewhere there may be some that are none of the project's: they stay.
        self.journal.folders.extend(missing.iter().filter_map(|folder| self.bounds.place(folder).ok()));
        self.save()?;
        step();
        for folder in missing {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists || !folder.is_dir() => {
                    return Err(CliError::Files {
                        what: format!(
                            "the folder {} cannot be made, and nothing was written",
                            slashes(&(self.shown)(folder))
                        ),
                        help: Some("check its permissions, and that no file has its name"),
                        source: Some(error),
                    });
                }
                _ => step(),
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<(), CliError> {
        self.store.save(&self.journal).map_err(|error| failed(self.store.folder(), error))
    }

    fn forget(&self) -> Result<(), CliError> {
        self.store.remove().map_err(|error| CliError::Files {
            what: format!("{} cannot be removed, though nothing is unfinished", slashes(self.store.folder())),
            help: Some("check its permissions, or remove it by hand"),
            source: Some(error),
        })
    }

    /// A path without links, as it was given.
    fn shown_of(&self, path: &Path) -> PathBuf {
        let given = self.batch.changes.iter().find(|change| is(&change.path, path));
        given.map_or_else(|| path.to_path_buf(), |change| (self.shown)(&change.path))
    }
}

/// Whether a path that was given is this one.
fn is(given: &Path, path: &Path) -> bool {
    given == path || given.file_name() == path.file_name() && given.canonicalize().is_ok_and(|given| given == path)
}

fn failed(path: &Path, error: io::Error) -> CliError {
    CliError::Files {
        what: format!("{} cannot be written, and nothing else was", slashes(path)),
        help: Some("check its permissions"),
        source: Some(error),
    }
}

fn changed(path: &Path) -> CliError {
    CliError::Files {
        what: format!("{} has changed since it was read, and nothing was written", slashes(path)),
        help: Some("somebody else writes to it at the same time: try again"),
        source: None,
    }
}

fn outside(path: &Path) -> CliError {
    CliError::Refused(format!(
        "{} leads out of the project, and nothing was written: name another file, or the folder itself in multitenant.toml",
        slashes(path)
    ))
}

#[cfg(test)]
mod tests;
