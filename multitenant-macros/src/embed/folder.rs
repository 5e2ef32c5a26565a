//! A folder of migrations: listed as Diesel lists it, ordered and checked by rules of our own.
//!
//! The command line reads the same folders at run time by the same rules; each is a function here.

use std::ffi::OsStr;
use std::fs;

use migrations_internals::{migrations_directories, valid_sql_migration_directory, version_from_string};
use proc_macro2::Span;

use super::metadata::{self, Metadata};
use super::place::Place;
use super::sql;
use crate::errors::Errors;

/// The history column is `varchar(50)`.
const MAX_VERSION_CHARACTERS: usize = 50;

/// One migration, as it lies in its folder.
#[derive(Debug)]
pub(crate) struct Migration {
    /// The folder's name.
    pub(crate) name: String,
    /// What Diesel records of it.
    pub(crate) version: String,
    pub(crate) up: Place,
    pub(crate) down: Option<Place>,
    /// The file, where there is one.
    pub(crate) metadata_file: Option<Place>,
    pub(crate) metadata: Metadata,
}

/// All migrations of a folder, in order; every problem becomes an error at `span`.
pub(crate) fn read(folder: &Place, span: Span, errors: &mut Errors) -> Vec<Migration> {
    let mut problems = Vec::new();
    let mut migrations: Vec<_> =
        names(folder, &mut problems).iter().filter_map(|name| migration(folder, name, &mut problems)).collect();
    in_order(&mut migrations);
    duplicates(&migrations, folder, &mut problems);
    problems.iter().for_each(|problem| errors.push(span, problem));
    migrations
}

/// The names of the folders: hidden entries and plain files are none of ours, as with Diesel.
fn names(folder: &Place, problems: &mut Vec<String>) -> Vec<String> {
    let entries = match migrations_directories(&folder.path) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!("{} cannot be read: {error}", folder.shown));
            return Vec::new();
        }
    };
    let mut names = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => match utf8_name(&entry.file_name()) {
                Ok(name) => names.push(name),
                Err(problem) => problems.push(format!("{}/{problem}", folder.shown)),
            },
            Err(error) => problems.push(format!("{} cannot be read: {error}", folder.shown)),
        }
    }
    // The order of a directory is the file system's; messages shall not depend on it.
    names.sort_unstable();
    names
}

fn utf8_name(name: &OsStr) -> Result<String, String> {
    let lossy = || format!("{} has a name that is not UTF-8: rename the folder", name.to_string_lossy());
    name.to_str().map(str::to_owned).ok_or_else(lossy)
}

fn migration(folder: &Place, name: &str, problems: &mut Vec<String>) -> Option<Migration> {
    let this = folder.join(name);
    if !valid_sql_migration_directory(&this.path) {
        problems.push(without_up_sql(&this));
        return None;
    }
    let up = this.join("up.sql");
    match text(&up) {
        Ok(text) if sql::is_empty(&text) => problems.push(format!(
            "{} is empty: write the migration's SQL, or remove the folder (`select 1;` where it shall do nothing)",
            up.shown,
        )),
        Ok(_) => {}
        Err(problem) => problems.push(problem),
    }
    let down = existing(this.join("down.sql"));
    if let Some(Err(problem)) = down.as_ref().map(text) {
        problems.push(problem);
    }
    let metadata_file = existing(this.join("metadata.toml"));
    let metadata = metadata_file.as_ref().map(|file| metadata::read(file, problems)).unwrap_or_default();
    match version(name) {
        Ok(version) => Some(Migration { name: name.to_owned(), version, up, down, metadata_file, metadata }),
        Err(problem) => {
            problems.push(format!("{}: {problem}", this.shown));
            None
        }
    }
}

fn without_up_sql(folder: &Place) -> String {
    let holds_migrations = migrations_directories(&folder.path)
        .is_ok_and(|entries| entries.flatten().any(|entry| valid_sql_migration_directory(&entry.path())));
    if holds_migrations {
        let shown = &folder.shown;
        format!("{shown} has no up.sql, but holds migrations: name it as a folder of migrations itself, or move it")
    } else {
        format!("{} has no up.sql: write one, or remove the folder", folder.shown)
    }
}

fn existing(file: Place) -> Option<Place> {
    fs::symlink_metadata(&file.path).is_ok().then_some(file)
}

fn text(file: &Place) -> Result<String, String> {
    fs::read_to_string(&file.path).map_err(|error| format!("{} cannot be read: {}", file.shown, sql::reason(&error)))
}

/// The version as Diesel makes it, what stands before the first `_` without `-`, if the history can hold it.
fn version(name: &str) -> Result<String, String> {
    let version = version_from_string(name).unwrap_or_default();
    let characters = version.chars().count();
    if version.is_empty() {
        return Err("the name has no version before its first `_`: begin it with one, as in \
                    `2026-01-31-120000_create_users`"
            .to_owned());
    }
    if characters > MAX_VERSION_CHARACTERS {
        return Err(format!(
            "the version `{version}` has {characters} characters, and the history holds {MAX_VERSION_CHARACTERS}: \
             shorten what stands before the first `_`"
        ));
    }
    Ok(version)
}

/// By version, as Diesel orders: as texts, byte by byte.
fn in_order(migrations: &mut [Migration]) {
    migrations.sort_by(|one, other| one.version.cmp(&other.version).then_with(|| one.name.cmp(&other.name)));
}

fn duplicates(migrations: &[Migration], folder: &Place, problems: &mut Vec<String>) {
    for pair in migrations.windows(2) {
        if let [one, other] = pair
            && one.version == other.version
        {
            problems.push(format!(
                "{0}/{1} and {0}/{2} have the same version, {3}: give one of them another",
                folder.shown, one.name, other.name, one.version,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_diesel() {
        for (name, expected) in [
            ("2026-11-02-101500_add_total", "20261102101500"),
            ("2023-05-23-1715-add_user", "202305231715add"),
            ("00000000000000_diesel_initial_setup", "00000000000000"),
            ("2019-01-01 with blanks + signs_x", "20190101 with blanks + signs"),
            ("20240101120000", "20240101120000"),
            ("é_x", "é"),
        ] {
            assert_eq!(version(name).as_deref(), Ok(expected));
        }
    }

    #[test]
    #[cfg(unix)]
    fn names_are_utf8() {
        use std::os::unix::ffi::OsStrExt;

        assert_eq!(utf8_name(OsStr::new("1_é")).as_deref(), Ok("1_é"));
        assert!(utf8_name(OsStr::from_bytes(b"1_\xe9")).unwrap_err().contains("not UTF-8"));
    }

    #[test]
    fn versions_that_the_history_cannot_hold_are_refused() {
        for name in ["_x", "-_x", "---", ""] {
            assert!(version(name).unwrap_err().contains("no version"), "{name}");
        }
        assert!(version(&"1".repeat(50)).is_ok());
        assert!(version(&"é".repeat(50)).is_ok());
        assert!(version(&"1".repeat(51)).unwrap_err().contains("51 characters"));
    }
}
