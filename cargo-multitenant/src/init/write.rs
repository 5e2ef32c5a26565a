//! Does what a plan says: all of it, or nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::plan::{Action, Plan, Planned};

/// What has been done so far, so that it can be taken back.
#[derive(Default)]
struct Done {
    folders: Vec<PathBuf>,
    created: Vec<PathBuf>,
    changed: Vec<(PathBuf, Vec<u8>)>,
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
    let to_do = plan.files.iter().filter(|file| file.action != Action::Keep);
    // What exists is changed last: where something goes wrong before, it has not been touched.
    let (new, old): (Vec<_>, Vec<_>) = to_do.partition(|file| file.action == Action::Create);
    for file in new.into_iter().chain(old) {
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
    Ok(())
}

impl Done {
    fn write(&mut self, file: &Planned) -> io::Result<()> {
        self.folder(file.place.parent().unwrap_or(&file.place))?;
        match &file.before {
            None => self.create(file),
            Some(before) => {
                if fs::read(&file.place)? != *before {
                    return Err(io::Error::other("it has changed since it was read: try again"));
                }
                replace(&file.place, file.text.as_bytes())?;
                self.changed.push((file.place.clone(), before.clone()));
                Ok(())
            }
        }
    }

    fn create(&mut self, file: &Planned) -> io::Result<()> {
        let mut new = match File::create_new(&file.place) {
            Ok(new) => new,
            // Somebody has done the very same meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return match fs::read(&file.place)? == file.text.as_bytes() {
                    true => Ok(()),
                    false => Err(io::Error::other("it was made by somebody else meanwhile: try again")),
                };
            }
            Err(error) => return Err(error),
        };
        self.created.push(file.place.clone());
        new.write_all(file.text.as_bytes())
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
        for (place, before) in self.changed.into_iter().rev() {
            if replace(&place, &before).is_err() {
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

/// Writes beside the file and puts the new one in its place; what may be done with it stays as it was.
fn replace(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let permissions = fs::metadata(place)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    // A link stays one: what it leads to is what is written.
    let place = fs::canonicalize(place)?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let beside = place.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.set_permissions(permissions)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, &place));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
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
            text: text.to_owned(),
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
