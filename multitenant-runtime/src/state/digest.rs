//! What a history amounts to, in one text.

use std::collections::HashMap;

use crate::migration::{Migration, MigrationSet, Version, sha256_hex, sha256_of_beginnings};

/// The digest of a schema to which exactly these migrations are applied, as they are in the set.
pub(crate) fn complete(set: &MigrationSet) -> String {
    digest(set, set.migrations().iter().map(Migration::version), &[])
}

/// The digests of the schemas that have so many of the set's migrations, the first ones, but not all of them.
///
/// Empty where a digest would not follow the order in which the server sorts versions.
pub(crate) fn beginnings(set: &MigrationSet) -> HashMap<String, usize> {
    let lines: Vec<String> = set.migrations().iter().map(line).collect();
    // What has no checksum is another line to the server.
    if !lines.is_sorted() || set.migrations().iter().any(Migration::is_function) {
        return HashMap::new();
    }
    let lines = lines.iter().take(lines.len().saturating_sub(1));
    sha256_of_beginnings(lines.map(String::as_str)).zip(1..).collect()
}

fn line(migration: &Migration) -> String {
    match migration.checksum() {
        Some(checksum) => format!("{} {checksum}\n", migration.version()),
        None => format!("{} function\n", migration.version()),
    }
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
            Some(migration) if !edited.contains(version) => line(migration),
            Some(_) => format!("{version} edited\n"),
            None => format!("{version} unknown\n"),
        })
        .collect();
    lines.sort_unstable();
    sha256_hex(&lines.concat())
}
