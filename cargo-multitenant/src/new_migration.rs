//! A new migration folder: a version of its own, and there as a whole or not at all.
//!
//! Deliberately absent: what stands in the files.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use multitenant_runtime::Version;

use crate::config::slashes;
use crate::error::CliError;

/// How Diesel CLI writes versions too.
const VERSION: &str = "%Y-%m-%d-%H%M%S";

/// How many versions in a row may be taken before something else must be wrong.
const ATTEMPTS: usize = 100;

/// A file of a migration: its name and its text.
pub(crate) type File<'a> = (&'a str, &'a str);

/// The time that new versions are made of.
pub(crate) fn now() -> DateTime {
    TimeZone::UTC.to_datetime(Timestamp::now())
}

/// A name that is one folder's name on every system, and that Diesel does not pass over.
pub(crate) fn name(name: &str) -> Result<String, String> {
    let problem = match name {
        "" => "is empty",
        name if name.starts_with('.') => "begins with a dot, and Diesel passes over such folders",
        name if name.trim() != name || name.ends_with('.') => "begins or ends with a blank, or ends with a dot",
        name if !name.chars().all(is_plain) => {
            "holds a character that not every system takes in a folder's name, or at which a shell takes it apart"
        }
        name if name.len() > 200 => "is longer than a folder's name can be",
        name => return Ok(name.to_owned()),
    };
    Err(format!("the name {problem}: use letters, digits and `_`, as in create_orders"))
}

/// Whether a character can stand in a folder's name everywhere, and needs no quotes.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "_-.".contains(c)
}

/// Makes the folder `<version>_<name>` with these files, and returns it.
///
/// Of two processes one takes the next version, and nobody ever reads half a migration.
pub(crate) fn make(folder: &Path, name: &str, files: &[File<'_>], now: DateTime) -> Result<PathBuf, CliError> {
    let claim = claim(folder, now)?;
    claim.complete(name, files).map_err(|error| {
        claim.release(files);
        at(format!("a migration in {} cannot be written", slashes(folder)))(error)
    })
}

/// A version that is nobody else's: a folder that Diesel does not see, which gets its real name when it is complete.
#[derive(Debug)]
pub(crate) struct Claim {
    folder: PathBuf,
    pub(crate) version: String,
}

/// Claims a version of a folder, later than all that it has; the folder is made where it is not there.
pub(crate) fn claim(folder: &Path, now: DateTime) -> Result<Claim, CliError> {
    let shown = slashes(folder);
    fs::create_dir_all(folder).map_err(at(format!("the folder {shown} cannot be made")))?;
    let existing = || versions(folder).map_err(at(format!("the folder {shown} cannot be read")));
    sweep(folder, Some(now.saturating_sub(1.minute())));
    let mut time = now;
    for _ in 0..ATTEMPTS {
        let existing_now = existing()?;
        time = later_than(existing_now.iter().max(), time).ok_or_else(|| behind_every_date(&shown, &existing_now))?;
        let claim = Claim::of(folder, &time.strftime(VERSION).to_string());
        match fs::create_dir(claim.path()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                time = time.saturating_add(1.second());
                continue;
            }
            Err(error) => return Err(at(format!("{} cannot be made", slashes(&claim.path())))(error)),
        }
        // It may have been taken just before it was claimed.
        if claim.is_newest().map_err(at(format!("the folder {shown} cannot be read")))? {
            return Ok(claim);
        }
        claim.release(&[]);
    }
    Err(CliError::Files {
        what: format!("no free version was found in {shown}"),
        help: Some("try again"),
        source: None,
    })
}

impl Claim {
    /// The claim to a version, whether anybody has it or not.
    pub(crate) fn of(folder: &Path, version: &str) -> Self {
        Self { folder: folder.to_path_buf(), version: version.to_owned() }
    }

    /// The folder that stands for it.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(format!(".{}", self.version))
    }

    /// Whether it is ours and empty, and still the newest version.
    #[cfg(feature = "scaffold")]
    pub(crate) fn is_fresh(&self) -> io::Result<bool> {
        let is_folder = fs::symlink_metadata(self.path()).is_ok_and(|metadata| metadata.is_dir());
        Ok(is_folder && fs::read_dir(self.path())?.next().is_none() && self.is_newest()?)
    }

    /// Whether the folder has no version that is as late.
    fn is_newest(&self) -> io::Result<bool> {
        let claimed = Version::of_folder(&format!("{}_", self.version));
        Ok(versions(&self.folder)?.iter().max() < claimed.as_ref())
    }

    /// Writes the files, and gives the folder its real name.
    pub(crate) fn complete(&self, name: &str, files: &[File<'_>]) -> io::Result<PathBuf> {
        for (file, text) in files {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).open(self.path().join(file))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
        }
        let made = self.folder.join(format!("{}_{name}", self.version));
        fs::rename(self.path(), &made)?;
        Ok(made)
    }

    /// Gives it up, with those of these files that it has already; what is not ours stays.
    pub(crate) fn release(&self, files: &[File<'_>]) {
        let is_folder = fs::symlink_metadata(self.path()).is_ok_and(|metadata| metadata.is_dir());
        for (file, _) in files.iter().filter(|_| is_folder) {
            let _ = fs::remove_file(self.path().join(file));
        }
        let _ = fs::remove_dir(self.path());
    }
}

/// Whether it is a version as new migrations have them.
#[cfg(feature = "scaffold")]
pub(crate) fn is_version(text: &str) -> bool {
    DateTime::strptime(VERSION, text).is_ok_and(|time| time.strftime(VERSION).to_string() == text)
}

/// Removes the claims of processes that were ended before they wrote anything: those that are empty, and, in a folder that is
/// others' too, older than what somebody may be about to fill.
pub(crate) fn sweep(folder: &Path, older_than: Option<DateTime>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let version = name.to_str().and_then(|name| name.strip_prefix('.'));
        let time = version.and_then(|version| DateTime::strptime(VERSION, version).ok());
        if time.is_some_and(|time| older_than.is_none_or(|oldest| time < oldest)) {
            // What holds anything is not removed by it.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn at(what: String) -> impl FnOnce(io::Error) -> CliError {
    move |error| CliError::Files { what, help: Some("check the folder's permissions"), source: Some(error) }
}

/// The version that the next migration of a folder would have, if nobody else makes one.
#[cfg(feature = "scaffold")]
pub(crate) fn foretold(folder: &Path, count: usize, now: DateTime) -> Result<Vec<String>, CliError> {
    let existing = if folder.is_dir() {
        versions(folder).map_err(|error| CliError::Files {
            what: format!("the folder {} cannot be read", slashes(folder)),
            help: Some("check the folder's permissions"),
            source: Some(error),
        })?
    } else {
        Vec::new()
    };
    let mut time =
        later_than(existing.iter().max(), now).ok_or_else(|| behind_every_date(&slashes(folder), &existing))?;
    let mut foretold = Vec::with_capacity(count);
    for _ in 0..count {
        foretold.push(time.strftime(VERSION).to_string());
        time = time.saturating_add(1.second());
    }
    Ok(foretold)
}

fn behind_every_date(shown: &str, existing: &[Version]) -> CliError {
    let newest = existing.iter().max().map_or("", Version::as_str);
    CliError::Files {
        what: format!("{shown} has the version {newest}, which sorts behind every date"),
        help: Some("make the new folder by hand, with a version that sorts behind that one"),
        source: None,
    }
}

/// The versions of all folders that Diesel would read.
fn versions(folder: &Path) -> io::Result<Vec<Version>> {
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            versions.extend(Version::of_folder(&name));
        }
    }
    Ok(versions)
}

/// The time, or one second after the newest version where that is not earlier; `None` where no date is later.
fn later_than(newest: Option<&Version>, time: DateTime) -> Option<DateTime> {
    let version = |time: DateTime| Version::of_folder(&time.strftime("%Y%m%d%H%M%S_").to_string());
    let Some(newest) = newest.filter(|newest| version(time).as_ref() <= Some(newest)) else { return Some(time) };
    let digits = newest.as_str().get(..14)?;
    let next = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?.checked_add(1.second()).ok()?;
    (version(next).as_ref() > Some(newest)).then_some(next)
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::*;

    fn now() -> DateTime {
        datetime(2026, 11, 2, 10, 15, 0, 0)
    }

    fn made(folder: &Path, name: &str) -> String {
        let made = make(folder, name, &[], now()).unwrap();
        made.file_name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn versions_are_later_than_all_there_are() {
        for (existing, expected) in [
            (&[][..], Some("2026-11-02-101500_x")),
            (&["00000000000000_diesel_initial_setup"], Some("2026-11-02-101500_x")),
            (&["2026-11-02-101500_a"], Some("2026-11-02-101501_x")),
            (&["2027-12-31-235959_a"], Some("2028-01-01-000000_x")),
            (&["20261102101500123_a"], Some("2026-11-02-101501_x")),
            (&[".2026-11-02-101500"], Some("2026-11-02-101501_x")),
            (&["v1_a"], None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            for name in existing {
                fs::create_dir(folder.path().join(name)).unwrap();
            }
            let made = make(folder.path(), "x", &[], now()).ok();
            let name = made.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
            assert_eq!(name.as_deref(), expected, "{existing:?}");
        }
    }

    #[test]
    fn claims_of_those_that_were_ended_go_when_nobody_can_be_about_to_fill_them() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let names =
            [".2026-11-02-101300", ".2026-11-02-101359", ".2026-11-02-101430", ".2026-11-02-101500", ".git", ".2026"];
        names.iter().for_each(|name| fs::create_dir(root.join(name)).unwrap());
        fs::write(root.join(names[1]).join("up.sql"), "").unwrap();
        assert_eq!(made(root, "x"), "2026-11-02-101501_x");
        let there = |name: &&str| root.join(name).exists();
        assert_eq!(names.iter().filter(|name| !there(name)).collect::<Vec<_>>(), [&names[0]]);
        sweep(root, None);
        assert_eq!(names.into_iter().filter(there).collect::<Vec<_>>(), [names[1], ".git", ".2026"]);
    }

    #[test]
    fn a_claim_is_given_up_with_its_own_files() {
        let folder = tempfile::tempdir().unwrap();
        let claim = claim(folder.path(), now()).unwrap();
        assert!(claim.is_fresh().unwrap());
        fs::write(claim.path().join("up.sql"), "").unwrap();
        fs::write(claim.path().join("theirs"), "").unwrap();
        assert!(!claim.is_fresh().unwrap());
        claim.release(&[("up.sql", ""), ("down.sql", "")]);
        assert!(claim.path().join("theirs").exists() && !claim.path().join("up.sql").exists());
        fs::remove_file(claim.path().join("theirs")).unwrap();
        claim.release(&[]);
        assert!(!claim.path().exists() && !claim.is_fresh().unwrap());
        for (text, expected) in [("2026-11-02-101500", true), ("2026-11-2-101500", false), ("../x", false), ("", false)]
        {
            assert_eq!(is_version(text), expected, "{text}");
        }
    }

    #[test]
    fn many_at_once_take_a_version_each() {
        let folder = tempfile::tempdir().unwrap();
        let mut names: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|i| {
                    scope.spawn({
                        let folder = folder.path();
                        move || made(folder, &format!("n{i}"))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        names.sort();
        names.dedup_by_key(|name| name[..17].to_owned());
        assert_eq!(names.len(), 8);
        let hidden = fs::read_dir(folder.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
        assert_eq!(hidden.count(), 0);
    }

    #[test]
    fn names_are_one_folder_s() {
        for bad in [
            "",
            ".",
            "..",
            "../../evil",
            "a/b",
            r"a\b",
            ".hidden",
            "a\nb",
            "a\0b",
            "a:b",
            " a",
            "a ",
            "a b",
            "a b;c",
            "$a",
            "a'b",
            "a.",
        ] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        for good in ["create_orders", "é", "add-index", "a.b"] {
            assert!(name(good).is_ok(), "{good:?}");
        }
    }
}
