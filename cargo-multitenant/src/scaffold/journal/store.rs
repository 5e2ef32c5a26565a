//! Where the journal of a project lies.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::record::Journal;

/// A folder of its own beside multitenant.toml, and there only while something is written: what a killed command leaves is
/// easily seen, and no build's or server's folder takes it away.
const FOLDER: &str = ".multitenant-unfinished";

/// What keeps the folder out of Git, by itself: nobody commits it by accident.
const IGNORE: &str = ".gitignore";
const JOURNAL: &str = "journal.json";
/// The next journal, on its way.
const NEXT: &str = "journal.json.next";

/// A larger one is none of ours.
const MOST_BYTES: u64 = 1 << 30;

/// The journal's place in a project.
#[derive(Debug)]
pub(in crate::scaffold) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(in crate::scaffold) fn of(root: &Path) -> Self {
        Self { folder: root.join(FOLDER) }
    }

    pub(in crate::scaffold) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a command has left something here, or is at work.
    pub(super) fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.folder).is_ok()
    }

    /// The journal that is there, if there is one.
    ///
    /// # Errors
    ///
    /// Why it cannot be ours, or not be read.
    pub(super) fn load(&self) -> Result<Option<Journal>, String> {
        let kind = |path: &Path| fs::symlink_metadata(path).map(|metadata| metadata.file_type());
        if !kind(&self.folder).is_ok_and(|kind| kind.is_dir()) {
            return Err("its place is no folder".to_owned());
        }
        let path = self.folder.join(JOURNAL);
        match kind(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(kind) if kind.is_file() => {}
            _ => return Err("it is no file".to_owned()),
        }
        let mut text = String::new();
        let read = File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
        read.map_err(|error| format!("it cannot be read: {error}"))?;
        Journal::parse(&text).map(Some)
    }

    /// Puts a journal in the place of the one before, as a whole, so that it outlives the machine.
    pub(in crate::scaffold) fn save(&self, journal: &Journal) -> io::Result<()> {
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let text = serde_json::to_string_pretty(journal)?;
        if !self.folder.join(IGNORE).exists() {
            anew(&self.folder.join(IGNORE), "*\n")?;
        }
        let next = self.folder.join(NEXT);
        anew(&next, &text)?;
        fs::rename(next, self.folder.join(JOURNAL))?;
        settle(&self.folder)?;
        self.folder.parent().map_or(Ok(()), settle)
    }

    /// Removes it, with its folder: whatever it says is done or taken back.
    pub(in crate::scaffold) fn remove(&self) -> io::Result<()> {
        // The journal first: what is left of its folder without it says nothing.
        for name in [JOURNAL, NEXT, IGNORE] {
            there(fs::remove_file(self.folder.join(name)))?;
        }
        there(fs::remove_dir(&self.folder))
    }
}

/// A file of this text, whatever was there.
fn anew(path: &Path, text: &str) -> io::Result<()> {
    there(fs::remove_file(path))?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// What is gone already need not be removed.
fn there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The names in a folder outlive the machine.
#[cfg(unix)]
pub(super) fn settle(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder)?.sync_all() {
        // Some file systems have nothing of the kind.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// Folders are no files there, and keep their names by themselves.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn settle(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_as_a_whole_out_of_git_s_sight_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::of(folder.path());
        assert!(!store.is_there());
        // What a kill can have left of it.
        fs::create_dir(store.folder()).unwrap();
        fs::write(store.folder().join(NEXT), "{").unwrap();
        assert_eq!(store.load(), Ok(None));

        let mut journal = Journal::new();
        for process in 0..2 {
            journal.processes.push(process);
            store.save(&journal).unwrap();
            assert_eq!(store.load(), Ok(Some(journal.clone())));
        }
        assert_eq!(fs::read_to_string(store.folder().join(".gitignore")).unwrap(), "*\n");
        store.remove().unwrap();
        store.remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_no_journals() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::of(folder.path());
        fs::create_dir(store.folder()).unwrap();
        fs::write(folder.path().join("x"), serde_json::to_string(&Journal::new()).unwrap()).unwrap();
        std::os::unix::fs::symlink(folder.path().join("x"), store.folder().join(JOURNAL)).unwrap();
        assert_eq!(store.load(), Err("it is no file".to_owned()));
        fs::rename(store.folder(), folder.path().join("y")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("y"), store.folder()).unwrap();
        assert_eq!(store.load(), Err("its place is no folder".to_owned()));
    }
}
