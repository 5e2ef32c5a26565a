//! Files that are written all, or not at all, and never over what is there.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::turn::Turn;
use super::writing::Writing;
use crate::config::slashes;
use crate::error::CliError;
use crate::new_migration;

/// A migration that is still without a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewMigration {
    pub(crate) name: String,
    pub(crate) files: Vec<(&'static str, String)>,
}

/// A change to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(super) path: PathBuf,
    /// What the file holds, if it is there.
    pub(super) before: Option<String>,
    /// What is put into it, behind what it holds.
    pub(super) text: String,
}

/// What happened, or would happen, to a file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Written {
    /// With `/`.
    pub(crate) path: String,
    pub(crate) action: &'static str,
    /// What was put into it.
    #[serde(skip)]
    pub(crate) text: String,
    /// What it held before, if it was there.
    #[serde(skip)]
    pub(crate) before: Option<String>,
}

impl Change {
    /// A new file.
    pub(crate) fn create(path: &Path, text: &str) -> Self {
        Self { path: path.to_path_buf(), before: None, text: text.to_owned() }
    }

    /// More behind what a file holds, with an empty line between, and with its line ends.
    pub(super) fn append(path: &Path, before: String, text: &str) -> Self {
        let is_windows = before.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
        // Modules stand together.
        let is_after_module = before.lines().last().is_some_and(|line| line.contains("mod ") && line.ends_with(';'));
        let mut gap = String::new();
        if !before.is_empty() {
            gap.push_str(if before.ends_with('\n') { "" } else { "\n" });
            gap.push_str(if is_after_module && text.starts_with("pub mod ") { "" } else { "\n" });
        }
        let text = format!("{gap}{text}");
        let text = if is_windows { text.replace('\n', "\r\n") } else { text };
        Self { path: path.to_path_buf(), before: Some(before), text }
    }

    /// Still more.
    pub(super) fn add(&mut self, text: &str) {
        let end = if self.text.ends_with("\r\n") { "\r\n" } else { "\n" };
        if !(self.text.ends_with(&format!(";{end}")) && text.starts_with("pub mod ")) {
            self.text.push_str(end);
        }
        self.text.push_str(&text.replace('\n', end));
    }

    fn written(&self, path: &Path) -> Written {
        Written { before: self.before.clone(), ..written(path, self.action(), &self.text) }
    }

    fn action(&self) -> &'static str {
        if self.before.is_some() { "appended" } else { "created" }
    }
}

/// All that one command writes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) changes: Vec<Change>,
    /// In which folders, and what; in this order.
    pub(crate) migrations: Vec<(PathBuf, Vec<NewMigration>)>,
}

impl Batch {
    /// What would be written. The versions are those that the migrations get if nobody makes others first.
    pub(crate) fn foretold(&self, shown: impl Fn(&Path) -> PathBuf) -> Result<Vec<Written>, CliError> {
        let mut foretold = Vec::new();
        for change in &self.changes {
            if change.before.is_none() && change.path.symlink_metadata().is_ok() {
                return Err(is_there(&shown(&change.path)));
            }
            foretold.push(change.written(&shown(&change.path)));
        }
        for (folder, migrations) in &self.migrations {
            let versions = new_migration::foretold(folder, migrations.len(), new_migration::now())?;
            for (migration, version) in migrations.iter().zip(versions) {
                let folder = folder.join(format!("{version}_{}", migration.name));
                let files = migration.files.iter();
                foretold.extend(files.map(|(file, text)| written(&folder.join(file), "created", text)));
            }
        }
        Ok(foretold)
    }

    /// Writes all; where that fails, what was written is taken back, and where it is ended, the next one who takes a turn
    /// finishes it. The turn began before anything was read that the batch follows from.
    pub(crate) fn write(&self, turn: &Turn, shown: impl Fn(&Path) -> PathBuf) -> Result<Vec<Written>, CliError> {
        let journal = Writing::of(self, turn.bounds(), &shown)?.write(&mut || ())?;
        let changes = self.in_order().into_iter().map(|change| change.written(&shown(&change.path)));
        let folders = self.migrations.iter().flat_map(|(folder, new)| new.iter().map(move |_| folder));
        let migrations = folders.zip(&journal.migrations).flat_map(|(folder, migration)| {
            let made = folder.join(migration.folder_name());
            migration.files.iter().map(move |(file, text)| written(&made.join(file), "created", text))
        });
        Ok(changes.chain(migrations).collect())
    }

    /// The changes in the order of their paths, so that what was reached follows from the last that is done.
    pub(super) fn in_order(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }
}

fn written(path: &Path, action: &'static str, text: &str) -> Written {
    Written { path: slashes(path), action, text: text.to_owned(), before: None }
}

pub(super) fn is_there(path: &Path) -> CliError {
    CliError::Refused(format!(
        "{} is there already, and nothing is overwritten: take another name, or, where it was made just now, try again",
        slashes(path)
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::journal::Bounds;
    use super::*;

    fn migration(name: &str) -> NewMigration {
        NewMigration { name: name.to_owned(), files: vec![("up.sql", "select 1;\n".to_owned())] }
    }

    fn turn(folder: &Path) -> Turn {
        Turn::of(Bounds::of(folder), || ())
    }

    fn all(folder: &Path) -> Vec<String> {
        let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                found.push(slashes(path.strip_prefix(folder).unwrap()));
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_failure_half_way_takes_everything_back() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("a.rs"), "// a\r\nmod x;").unwrap();
        // A file where the folder of the migrations would be.
        fs::write(root.join("migrations"), "").unwrap();
        let before = all(root);
        let batch = Batch {
            changes: vec![
                Change::create(&root.join("new/deep/b.rs"), "b"),
                Change::append(&root.join("a.rs"), "// a\r\nmod x;".to_owned(), "struct A;\n"),
            ],
            migrations: vec![(root.join("migrations/tenant"), vec![migration("x")])],
        };
        let error = batch.write(&turn(folder.path()), Path::to_path_buf).unwrap_err().to_string();
        assert!(error.contains("migrations cannot be made"), "{error}");
        assert_eq!(all(root), before);
        assert_eq!(fs::read_to_string(root.join("a.rs")).unwrap(), "// a\r\nmod x;");

        fs::remove_file(root.join("migrations")).unwrap();
        assert_eq!(batch.write(&turn(folder.path()), Path::to_path_buf).unwrap().len(), 3);
        assert_eq!(fs::read_to_string(root.join("a.rs")).unwrap(), "// a\r\nmod x;\r\n\r\nstruct A;\r\n");
        let error = batch.write(&turn(folder.path()), Path::to_path_buf).unwrap_err().to_string();
        assert!(error.contains("a.rs has changed since it was read, and nothing was written"), "{error}");
    }

    #[test]
    fn nothing_is_overwritten_and_two_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        fs::write(&path, "").unwrap();
        let batch = Batch { changes: vec![Change::create(&path, "x")], migrations: Vec::new() };
        for result in [batch.write(&turn(folder.path()), Path::to_path_buf), batch.foretold(Path::to_path_buf)] {
            assert!(result.unwrap_err().to_string().contains("nothing is overwritten"));
        }
        let written: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|i| {
                    let path = &path;
                    scope.spawn(move || {
                        let turn = turn(path.parent().unwrap());
                        let change = Change::append(path, String::new(), &format!("struct A{i};\n"));
                        Batch { changes: vec![change], migrations: Vec::new() }.write(&turn, Path::to_path_buf).is_ok()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        // Each has read an empty file: one may write, and the others are told.
        assert_eq!(written.iter().filter(|written| **written).count(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[test]
    fn what_follows_from_what_is_there_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let migrations = folder.path().join("migrations");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let turn = turn(folder.path());
                    if !migrations.exists() {
                        let migrations = vec![(migrations.clone(), vec![migration("x")])];
                        Batch { changes: Vec::new(), migrations }.write(&turn, Path::to_path_buf).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(&migrations).unwrap().count(), 1);
    }
}
