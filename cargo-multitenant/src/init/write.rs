//! Does what a plan says: all of it, or nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::plan::{Action, Plan, Planned};
use crate::write as whole;

/// What has been done so far, so that it can be taken back.
#[derive(Default)]
struct Done {
    folders: Vec<PathBuf>,
    created: Vec<PathBuf>,
    /// With what was there before, and what is there now.
    changed: Vec<(PathBuf, Vec<u8>, Vec<u8>)>,
    /// What somebody else has written meanwhile, as it was to be.
    theirs: Vec<PathBuf>,
}

/// A file that could not be written; nothing else of the plan is left.
#[derive(Debug)]
pub(crate) struct Unwritten {
    pub(crate) place: PathBuf,
    pub(crate) error: io::Error,
    /// What could not be taken back either.
    pub(crate) left: Vec<PathBuf>,
}

/// Writes, and asks after each file whether to go on.
///
/// # Errors
///
/// Where a file cannot be written, or `go_on` does not: then what was written is taken back.
pub(crate) fn write(plan: &Plan, mut go_on: impl FnMut() -> io::Result<()>) -> Result<(), Box<Unwritten>> {
    let mut done = Done::default();
    let mut to_do: Vec<&Planned> = plan.files.iter().filter(|file| file.action != Action::Keep).collect();
    to_do.sort_by_key(|file| turn(file));
    for file in to_do {
        let written = go_on().and_then(|()| done.write(file));
        if let Err(error) = written {
            let left = done.take_back();
            return Err(Box::new(Unwritten { place: file.place.clone(), error, left }));
        }
    }
    if let Err(error) = go_on() {
        let left = done.take_back();
        return Err(Box::new(Unwritten { place: plan.root.clone(), error, left }));
    }
    // Another run at the same time may have taken back what this one has found as it was to be.
    let kept = |file: &&Planned| file.action == Action::Keep && file.before.is_some();
    let found = plan.files.iter().filter(kept).map(|file| &file.place);
    let gone = found.chain(&done.theirs).find(|place| fs::symlink_metadata(place).is_err()).cloned();
    if let Some(place) = gone {
        let left = done.take_back();
        let error = io::Error::other("it was there when this run began, and is gone now: try again");
        return Err(Box::new(Unwritten { place, error, left }));
    }
    Ok(())
}

/// When a file is written. What exists is changed late: where something goes wrong before, it has not been touched. And
/// what says that there is something comes last, so that after a process was killed the next one sees the same choices:
/// of a migration the way up, which makes its folder one, comes before the way down, the configuration after all new
/// files, and the package's manifest after everything.
fn turn(file: &Planned) -> u8 {
    let is_new = file.before.is_none();
    match &*file.path {
        "Cargo.toml" => 5,
        path if path.ends_with("/Cargo.toml") => 4,
        "multitenant.toml" if is_new => 2,
        _ if !is_new => 3,
        path if path.ends_with("/down.sql") => 1,
        _ => 0,
    }
}

impl Done {
    fn write(&mut self, file: &Planned) -> io::Result<()> {
        self.folder(file.place.parent().unwrap_or(&file.place))?;
        match &file.before {
            None => self.create(file),
            Some(before) => {
                whole::rewrite(&file.place, before, &file.bytes)?;
                self.changed.push((file.place.clone(), before.clone(), file.bytes.clone()));
                Ok(())
            }
        }
    }

    fn create(&mut self, file: &Planned) -> io::Result<()> {
        match whole::create(&file.place, &file.bytes, file.private) {
            Ok(()) => {
                self.created.push(file.place.clone());
                Ok(())
            }
            // Somebody has done the very same meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::read(&file.place)? == file.bytes {
                true => {
                    self.theirs.push(file.place.clone());
                    Ok(())
                }
                false => Err(io::Error::other("it was made by somebody else meanwhile: try again")),
            },
            Err(error) => Err(error),
        }
    }

    /// Makes a folder, and those above it.
    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.folder(above)?;
        }
        match fs::create_dir(folder) {
            Ok(()) => {
                self.folders.push(folder.to_path_buf());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes everything back, the last first; what could not be is the answer.
    fn take_back(self) -> Vec<PathBuf> {
        let mut left = Vec::new();
        for (place, before, after) in self.changed.into_iter().rev() {
            if whole::rewrite(&place, &after, &before).is_err() {
                left.push(place);
            }
        }
        for place in self.created.into_iter().rev() {
            if fs::remove_file(&place).is_err() {
                left.push(place);
            }
        }
        for folder in self.folders.into_iter().rev() {
            // Where somebody else has put something meanwhile, it stays.
            let _ = fs::remove_dir(&folder);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(root: &Path, path: &str, action: Action, before: Option<&str>, text: &str) -> Planned {
        Planned {
            path: path.to_owned(),
            place: root.join(path),
            action,
            reason: None,
            before: before.map(|text| text.as_bytes().to_vec()),
            bytes: text.as_bytes().to_vec(),
            private: false,
        }
    }

    fn plan(root: &Path, files: Vec<Planned>) -> Plan {
        Plan { root: root.to_path_buf(), files, notes: Vec::new(), steps: Vec::new(), next: Vec::new() }
    }

    fn all(root: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                if path.is_dir() {
                    found.push((name, String::new()));
                    folders.push(path);
                } else {
                    found.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }

    /// At each point at which it can end, it leaves what was there.
    #[test]
    fn what_ends_half_way_leaves_nothing() {
        for ends_at in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            fs::write(root.join("old"), "before").unwrap();
            let before = all(root);
            let files = vec![
                planned(root, "new/deep/file", Action::Create, None, "a"),
                planned(root, "old", Action::Change, Some("before"), "after"),
                planned(root, "kept", Action::Keep, None, "never"),
                planned(root, "new/file", Action::Create, None, "b"),
            ];
            let mut calls = 0;
            let written = write(&plan(root, files), || {
                calls += 1;
                if calls > ends_at { Err(io::Error::other("enough")) } else { Ok(()) }
            });
            if ends_at == 4 {
                written.unwrap();
                assert_eq!(fs::read_to_string(root.join("old")).unwrap(), "after");
                assert!(root.join("new/deep/file").is_file() && !root.join("kept").exists());
            } else {
                assert_eq!(written.unwrap_err().left, [] as [PathBuf; 0]);
                assert_eq!(all(root), before, "ended at {ends_at}");
            }
        }
    }

    /// What was found as it was to be may be taken back by the run that had made it.
    #[test]
    fn what_is_gone_at_the_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("theirs"), "same").unwrap();
        let files = vec![
            planned(root, "ours", Action::Create, None, "a"),
            planned(root, "theirs", Action::Keep, Some("same"), "same"),
        ];
        let error = write(&plan(root, files), || {
            let _ = fs::remove_file(root.join("theirs"));
            Ok(())
        });
        assert!(error.unwrap_err().error.to_string().contains("is gone now"));
        assert_eq!(all(root), []);
    }

    #[test]
    fn what_somebody_else_has_written_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("theirs"), "theirs").unwrap();
        let before = all(root);
        for file in [
            planned(root, "theirs", Action::Create, None, "ours"),
            planned(root, "theirs", Action::Change, Some("older"), "ours"),
            planned(root, "theirs/file", Action::Create, None, "ours"),
        ] {
            let first = planned(root, "first/file", Action::Create, None, "x");
            write(&plan(root, vec![first, file]), || Ok(())).unwrap_err();
            assert_eq!(all(root), before);
        }
        write(&plan(root, vec![planned(root, "theirs", Action::Create, None, "theirs")]), || Ok(())).unwrap();
    }
}
