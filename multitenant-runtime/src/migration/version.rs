//! What identifies a migration within its set.

use std::fmt;
use std::sync::Arc;

use diesel::migration::MigrationVersion;
use serde::{Serialize, Serializer};

/// What identifies a migration within its set: its folder's name up to the first `_`, without `-`.
///
/// Versions sort as Diesel sorts them, by their bytes.
///
/// ```
/// use multitenant_runtime::migration::Version;
///
/// let version = Version::of_folder("2026-11-02-101500_add_total").unwrap();
/// assert_eq!(version.as_str(), "20261102101500");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Arc<str>);

/// What Diesel's history table can hold (`varchar(50)`), in characters.
pub const MAX_VERSION_CHARS: usize = 50;

impl Version {
    /// The version that a migration folder of this name has, as Diesel reads it; `None` where it is empty,
    /// holds a NUL, or is longer than the history table can hold.
    #[must_use]
    pub fn of_folder(name: &str) -> Option<Self> {
        let version = migrations_internals::version_from_string(name)?;
        let usable = !version.is_empty() && !version.contains('\0') && version.chars().count() <= MAX_VERSION_CHARS;
        usable.then(|| Self(version.into()))
    }

    /// A version as it stands in a history table.
    pub(crate) fn recorded(version: &str) -> Self {
        Self(version.into())
    }

    /// The version as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_diesel(&self) -> MigrationVersion<'static> {
        MigrationVersion::from(self.0.to_string())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_folder_names_as_diesel_does() {
        for (folder, version) in [
            ("2026-11-02-101500_add_total", Some("20261102101500")),
            ("20261102101500_add_total", Some("20261102101500")),
            ("00000000000000_diesel_initial_setup", Some("00000000000000")),
            ("2023-05-23-1715-add index", Some("202305231715add index")),
            ("1_a b+c", Some("1")),
            ("_x", None),
            ("-_x", None),
        ] {
            assert_eq!(Version::of_folder(folder).as_ref().map(Version::as_str), version, "{folder}");
        }
        assert_eq!(Version::of_folder(&"1".repeat(51)), None);
    }
}
