//! What a history amounts to, in one text.

use crate::migration::{Migration, MigrationSet, Version, sha256_hex};

/// The digest of a schema to which exactly these migrations are applied, as they are in the set.
pub(crate) fn complete(set: &MigrationSet) -> String {
    digest(set, set.migrations().iter().map(Migration::version), &[])
}

/// The digest of a schema whose history holds these versions.
///
/// A version that the set does not know, or whose recorded checksum is another, makes it differ from that of any
/// complete set.
pub(crate) fn digest<'v>(
    set: &MigrationSet,
    applied: impl IntoIterator<Item = &'v Version>,
    edited: &[Version],
) -> String {
    let mut lines: Vec<String> = applied
        .into_iter()
        .map(|version| match set.get(version) {
            Some(migration) if !edited.contains(version) => match migration.checksum() {
                Some(checksum) => format!("{version} {checksum}\n"),
                None => format!("{version} function\n"),
            },
            Some(_) => format!("{version} edited\n"),
            None => format!("{version} unknown\n"),
        })
        .collect();
    lines.sort_unstable();
    sha256_hex(&lines.concat())
}
