//! The names of databases of our making, and their URLs.

use std::hash::{BuildHasher, RandomState};

use crate::embedded::hash::hash;
use crate::embedded::url::encode;

/// A run is one process. Its databases are recognised by its number, and its being alive by a lock on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run(u64);

impl Run {
    pub(crate) fn new() -> Self {
        Self(RandomState::new().hash_one(std::process::id()))
    }

    pub(crate) fn database(self, number: u64) -> String {
        format!("mt_test_{:016x}_{number}", self.0)
    }

    /// The key of the advisory lock that the run holds as long as it lives.
    pub(crate) fn lock(self) -> i64 {
        self.0.cast_signed()
    }
}

/// Databases named like this belong to runs: the number of the run follows.
pub(crate) const TEST_DATABASES: &str = "^mt_test_[0-9a-f]{16}_[0-9]+$";

/// A template on one server, shared by the processes of one test binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateName {
    name: String,
    hash: u64,
}

impl TemplateName {
    /// `home` is the OID of the database in which its locks are held: advisory locks are a database's own.
    pub(crate) fn new(key: &str, home: u32) -> Self {
        let program = std::env::current_exe().unwrap_or_default();
        let built = program.metadata().and_then(|meta| meta.modified()).ok();
        // A template that an aborted run left must not serve a program that was built since.
        let hash = hash(format!("{key}\n{}\n{built:?}", program.display()).as_bytes());
        Self::of(home, hash)
    }

    /// The name of a template, of which only the database is known.
    pub(crate) fn parse(name: &str, home: u32) -> Option<Self> {
        let digits = name.strip_prefix(&format!("mt_template_{home}_"))?;
        let parsed = Self::of(home, u64::from_str_radix(digits, 16).ok()?);
        (parsed.name == name).then_some(parsed)
    }

    fn of(home: u32, hash: u64) -> Self {
        Self { name: format!("mt_template_{home}_{hash:016x}"), hash }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// Held, shared, by everyone who copies the template.
    pub(crate) fn users_lock(&self) -> i64 {
        (self.hash & !1).cast_signed()
    }

    /// Held by who makes it, drops it, or looks whether it is there.
    pub(crate) fn maker_lock(&self) -> i64 {
        (self.hash | 1).cast_signed()
    }
}

/// An identifier in SQL.
pub(crate) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// The same server, user and options, with another database. Takes URLs and `key=value` strings.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        // The last one counts.
        return format!("{url} dbname='{}'", database.replace('\\', "\\\\").replace('\'', "\\'"));
    };
    let (before, options) = rest.split_once('?').map_or((rest, None), |(before, options)| (before, Some(options)));
    let authority = before.split('/').next().unwrap_or_default();
    let mut other = format!("{scheme}://{authority}/{}", encode(database));
    // Here the database could be named again, and would win.
    let kept = options.into_iter().flat_map(|options| options.split('&'));
    for (index, option) in kept.filter(|option| !option.starts_with("dbname=")).enumerate() {
        other.push(if index == 0 { '?' } else { '&' });
        other.push_str(option);
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database() {
        let check = |url, expected| assert_eq!(with_database(url, "a b'"), expected);
        check("postgres://u:p@h:1/x", "postgres://u:p@h:1/a%20b%27");
        check("postgres://h", "postgres://h/a%20b%27");
        check("postgres://h?sslmode=disable", "postgres://h/a%20b%27?sslmode=disable");
        check("postgresql:///x?host=/tmp/s&dbname=y&user=z", "postgresql:///a%20b%27?host=/tmp/s&user=z");
        check("postgresql://u@%2Ftmp%2Fs:5432/x", "postgresql://u@%2Ftmp%2Fs:5432/a%20b%27");
        check("host=/tmp dbname=x", "host=/tmp dbname=x dbname='a b\\''");
    }

    #[test]
    fn names_are_known_again() {
        let name = TemplateName::new("a \"key\"; of any length".repeat(9).as_str(), 5);
        assert!(name.as_str().len() <= 63);
        assert_eq!(TemplateName::parse(name.as_str(), 5), Some(name.clone()));
        assert_eq!(TemplateName::parse(name.as_str(), 6), None);
        assert_eq!(TemplateName::parse("mt_template_5_+f", 5), None);
        assert_ne!(name.users_lock(), name.maker_lock());
        assert_ne!(TemplateName::new("a", 5), TemplateName::new("b", 5));
    }

    #[test]
    fn identifiers() {
        assert_eq!(quote("a\"b"), "\"a\"\"b\"");
    }
}
