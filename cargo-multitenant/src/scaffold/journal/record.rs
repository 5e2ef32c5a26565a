//! What stands in a journal, and whether it can be ours.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::new_migration;

/// The form of journals that this binary writes, and the only one that it reads.
const FORMAT: u32 = 1;

/// For whoever opens it.
const ABOUT: &str = "a command of cargo multitenant was ended while it wrote these files; the next `scaffold`, `import` or \
                     `generate --from-schema` finishes it, and removes this folder; remove it \
                     yourself to forget what is in it";

/// Folders of version control, whose files are run or obeyed: no command of ours writes there.
const CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// All that one command writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scaffold) struct Journal {
    format: u32,
    about: String,
    /// Who has written, since files on the way bear that number.
    pub(in crate::scaffold) processes: Vec<u32>,
    /// The folders that are new, each behind the one that it is in.
    pub(in crate::scaffold) folders: Vec<Place>,
    /// In the order in which they are written.
    pub(in crate::scaffold) files: Vec<File>,
    /// They come behind the files, in this order.
    pub(in crate::scaffold) migrations: Vec<Migration>,
}

/// A path below one of the folders that a project has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scaffold) struct Place {
    /// Below which, as [`Bounds`](super::Bounds) calls it.
    pub(super) within: String,
    /// With `/`.
    pub(super) path: String,
}

/// A file that is made, or has more put behind what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scaffold) struct File {
    pub(in crate::scaffold) place: Place,
    /// What it held, if it was there.
    pub(in crate::scaffold) before: Option<Print>,
    /// What is put into it, behind what it held.
    pub(in crate::scaffold) text: String,
}

/// By what a text is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scaffold) struct Print {
    pub(super) length: usize,
    sha256: String,
}

/// A migration, whose version is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::scaffold) struct Migration {
    pub(in crate::scaffold) folder: Place,
    pub(in crate::scaffold) version: String,
    pub(in crate::scaffold) name: String,
    /// The name of each file, and its text.
    pub(in crate::scaffold) files: Vec<(String, String)>,
}

impl Journal {
    /// Of this process, without anything yet.
    pub(in crate::scaffold) fn new() -> Self {
        Self {
            format: FORMAT,
            about: ABOUT.to_owned(),
            processes: vec![std::process::id()],
            folders: Vec::new(),
            files: Vec::new(),
            migrations: Vec::new(),
        }
    }

    /// Reads one, which may be anybody's: what no command of ours has written is refused, with the reason.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let unread = |error: serde_json::Error| format!("it cannot be read: {error}");
        let Format { format } = serde_json::from_str(text).map_err(unread)?;
        if format != FORMAT {
            return Err(format!("its format is {format}, and this binary knows {FORMAT}: a newer one has written it"));
        }
        let journal: Self = serde_json::from_str(text).map_err(unread)?;
        let folders = journal.folders.iter().chain(journal.migrations.iter().map(|migration| &migration.folder));
        folders.clone().try_for_each(|place| place.check(true))?;
        journal.files.iter().try_for_each(|file| file.place.check(false))?;
        journal.migrations.iter().try_for_each(Migration::check)?;
        Ok(journal)
    }
}

impl Place {
    /// Whether it leads downwards only; the folder itself is no file's place.
    fn check(&self, is_folder: bool) -> Result<(), String> {
        let path = Path::new(&self.path);
        let downwards = path.components().all(|part| matches!(part, Component::Normal(_)));
        let control = |part: &str| CONTROL.iter().any(|control| part.eq_ignore_ascii_case(control));
        let odd = self.path.contains(['\\', '\0']) || (self.path.is_empty() && !is_folder);
        if !downwards || odd || self.path.split('/').any(control) {
            return Err(format!("it names {:?}, which is no place that is written to", self.path));
        }
        Ok(())
    }
}

impl Print {
    pub(in crate::scaffold) fn of(text: &[u8]) -> Self {
        let sha256 = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { length: text.len(), sha256 }
    }

    pub(super) fn is_of(&self, text: &[u8]) -> bool {
        text.len() == self.length && *self == Self::of(text)
    }
}

impl Migration {
    fn check(&self) -> Result<(), String> {
        let is_version = new_migration::is_version(&self.version);
        let is_name = |name: &str| new_migration::name(name).is_ok();
        if !is_version || !is_name(&self.name) || !self.files.iter().all(|(file, _)| is_name(file)) {
            return Err(format!("it names {:?}, which is no migration", format!("{}_{}", self.version, self.name)));
        }
        Ok(())
    }

    /// The name of its folder.
    pub(in crate::scaffold) fn folder_name(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Place {
        Place { within: "project".to_owned(), path: path.to_owned() }
    }

    fn journal() -> Journal {
        Journal {
            folders: vec![place("migrations"), place("")],
            files: vec![File {
                place: place("src/a.rs"),
                before: Some(Print::of(b"// a")),
                text: "struct A;".to_owned(),
            }],
            migrations: vec![Migration {
                folder: place("migrations/tenant"),
                version: "2026-11-02-101500".to_owned(),
                name: "create_orders".to_owned(),
                files: vec![("up.sql".to_owned(), "select 1;".to_owned())],
            }],
            ..Journal::new()
        }
    }

    fn text(change: impl FnOnce(&mut Journal)) -> String {
        let mut journal = journal();
        change(&mut journal);
        serde_json::to_string(&journal).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(Journal::parse(&text(|_| ())), Ok(journal()));
    }

    #[test]
    fn what_no_command_of_ours_has_written_is_refused() {
        for path in ["../a.rs", "/etc/passwd", "a/../../b", "", ".git/config", "a/.GIT/hooks/x", "a\\b", "./a"] {
            let parsed = Journal::parse(&text(|journal| journal.files[0].place = place(path)));
            assert!(parsed.unwrap_err().contains("which is no place"), "{path}");
        }
        for folder in ["..", "/", ".git"] {
            assert!(Journal::parse(&text(|journal| journal.folders[0] = place(folder))).is_err(), "{folder}");
            assert!(Journal::parse(&text(|journal| journal.migrations[0].folder = place(folder))).is_err(), "{folder}");
        }
        for (version, name, file) in [
            ("../../x", "a", "up.sql"),
            ("2026-11-02-101500", "../a", "up.sql"),
            ("2026-11-02-101500", "a", "../up.sql"),
            ("2026-11-02-101500", "a", ""),
            ("2026-11-02", "a", "up.sql"),
        ] {
            let parsed = Journal::parse(&text(|journal| {
                let migration = &mut journal.migrations[0];
                (migration.version, migration.name) = (version.to_owned(), name.to_owned());
                migration.files[0].0 = file.to_owned();
            }));
            assert!(parsed.unwrap_err().contains("which is no migration"), "{version} {name} {file}");
        }
        let newer = Journal::parse(r#"{"format": 2, "what": "is new"}"#).unwrap_err();
        assert!(newer.contains("a newer one has written it"), "{newer}");
        for text in ["", "{", "[]", "{\"format\": 1}", "null"] {
            assert!(Journal::parse(text).unwrap_err().contains("it cannot be read"), "{text}");
        }
    }
}
