//! `multitenant.lock`: the migrations that are final, with their checksums.
//!
//! One line for each, sorted, so that two branches that add migrations merge: `tier version checksum`.

use std::collections::BTreeMap;

use multitenant_runtime::Tier;
use multitenant_runtime::migration::Checksum;

use super::project::{Migration, Project};

/// The file's name, beside `multitenant.toml`.
pub(crate) const FILE_NAME: &str = "multitenant.lock";

const HEAD: &str =
    "# Migrations that are final. Written by `cargo multitenant lock`; merge conflicts: keep both sides' lines.\n";

/// The migrations that are final.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    entries: BTreeMap<(String, String), String>,
}

impl Lock {
    /// The lock of all migrations of a project.
    pub(crate) fn of(project: &Project) -> Self {
        let entries = project.migrations.iter().filter_map(|migration| entry(project, migration));
        Self { entries: entries.collect() }
    }

    /// Reads a lock file; the error is the line, from 1, and what is wrong there.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut lock = Self::default();
        for (number, line) in text.lines().enumerate().map(|(number, line)| (number + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let [tier @ ("shared" | "tenant"), version, checksum] = words[..] else {
                return Err((number, format!("line {number} is no `tier version checksum`")));
            };
            let key = (tier.to_owned(), version.to_owned());
            if lock.entries.insert(key, checksum.to_owned()).is_some_and(|other| other != checksum) {
                return Err((number, format!("line {number}: {tier} {version} is there twice, with two checksums")));
            }
        }
        Ok(lock)
    }

    /// The file's text.
    pub(crate) fn text(&self) -> String {
        let lines = self.entries.iter().map(|((tier, version), checksum)| format!("{tier} {version} {checksum}\n"));
        HEAD.to_owned() + &lines.collect::<String>()
    }

    /// Which migrations are new since an earlier lock, which are others, and which are gone: `tier version`.
    pub(crate) fn since(&self, earlier: Option<&Self>) -> (Vec<String>, Vec<String>, Vec<String>) {
        let none = BTreeMap::new();
        let earlier = earlier.map_or(&none, |earlier| &earlier.entries);
        let name = |(tier, version): &(String, String)| format!("{tier} {version}");
        let new = self.entries.keys().filter(|key| !earlier.contains_key(*key)).map(name).collect();
        let is_another = |(key, checksum): &(_, &String)| earlier.get(*key).is_some_and(|other| other != *checksum);
        let edited = self.entries.iter().filter(is_another).map(|(key, _)| name(key)).collect();
        let gone = earlier.keys().filter(|key| !self.entries.contains_key(*key)).map(name).collect();
        (new, edited, gone)
    }

    /// How many migrations are final.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The checksum that a migration had when it became final.
    pub(crate) fn checksum(&self, migration: &Migration) -> Option<&str> {
        let version = migration.version.as_ref()?;
        let key = (word(migration.tier).to_owned(), version.as_str().to_owned());
        self.entries.get(&key).map(String::as_str)
    }

    /// The newest version of a tier that is final.
    pub(crate) fn newest(&self, tier: Tier) -> Option<&str> {
        let versions = self.entries.keys().filter(|(of, _)| of == word(tier)).map(|(_, version)| version.as_str());
        versions.max()
    }
}

fn entry(project: &Project, migration: &Migration) -> Option<((String, String), String)> {
    let version = migration.version.as_ref()?;
    let key = (word(migration.tier).to_owned(), version.as_str().to_owned());
    Some((key, checksum(project, migration)?))
}

/// The checksum of a migration's `up.sql`, as the history has it.
pub(crate) fn checksum(project: &Project, migration: &Migration) -> Option<String> {
    let up = migration.up.as_ref()?;
    Some(Checksum::of(&project.sources.get(up.file).text).to_string())
}

fn word(tier: Tier) -> &'static str {
    if tier == Tier::Tenant { "tenant" } else { "shared" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::lint;

    #[test]
    fn what_is_written_is_read() {
        let (project, _) = lint(&[], "-- file: tenant/2_b/up.sql\nselect 2;\n-- file: shared/1_a/up.sql\nselect 1;\n");
        let lock = Lock::of(&project);
        let text = lock.text();
        assert_eq!(Lock::parse(&text).unwrap(), lock);
        let lines: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(lines, ["shared", "tenant"]);
        assert_eq!(lock.newest(Tier::Tenant), Some("2"));
        assert_eq!(lock.len(), 2);
    }

    #[test]
    fn says_what_has_changed() {
        let (one, other) =
            (Lock::parse("tenant 1 a\ntenant 2 b").unwrap(), Lock::parse("tenant 2 c\nshared 3 d").unwrap());
        let list = |migration: &str| vec![migration.to_owned()];
        assert_eq!(other.since(Some(&one)), (list("shared 3"), list("tenant 2"), list("tenant 1")));
        assert_eq!(one.since(None).0.len(), 2);
        assert_eq!(one.since(Some(&one)), (vec![], vec![], vec![]));
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        assert!(Lock::parse("tenant 1").unwrap_err().1.contains("line 1"));
        assert!(Lock::parse("# x\n\nother 1 sha256:0").unwrap_err().1.contains("line 3"));
        assert!(Lock::parse("tenant 1 a\ntenant 1 b").unwrap_err().1.contains("twice"));
        assert!(Lock::parse("tenant 1 a\ntenant 1 a").is_ok());
    }
}
