//! The history table: Diesel's own layout, always named with its schema, and all the SQL about it.
//!
//! Our columns are nullable and come only together with a schema's next migration, so that Diesel's harness
//! and Diesel CLI go on working on the same table, and a schema that nobody migrates is not touched.

use crate::ident::{Identifier, SchemaName, literal};

use super::{Migration, RunId, Version, sha256_hex};

/// The format of our columns that this version writes; a history with a newer one is left alone.
pub(crate) const HISTORY_FORMAT: i32 = 1;

/// The column with the checksum of what was applied.
pub(crate) const CHECKSUM_COLUMN: &str = "multitenant_checksum";

/// The column with the run that applied it: whether a transaction whose answer was lost has committed.
pub(crate) const RUN_COLUMN: &str = "multitenant_run";

/// The column with the format of our columns.
pub(crate) const FORMAT_COLUMN: &str = "multitenant_format";

/// One schema's history table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger<'a> {
    schema: &'a SchemaName,
    table: &'a Identifier,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(schema: &'a SchemaName, table: &'a Identifier) -> Self {
        Self { schema, table }
    }

    /// The schema that it lies in.
    pub(crate) fn schema(&self) -> &'a SchemaName {
        self.schema
    }

    /// The table's name as it stands in SQL.
    pub(crate) fn qualified(&self) -> String {
        format!("{}.{}", self.schema.quoted(), self.table.quoted())
    }

    /// Makes the table, as Diesel makes it, with our columns.
    pub(crate) fn create(&self) -> String {
        format!(
            "CREATE TABLE {} (version varchar(50) PRIMARY KEY NOT NULL, \
             run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, {CHECKSUM_COLUMN} text, \
             {FORMAT_COLUMN} integer, {RUN_COLUMN} text)",
            self.qualified()
        )
    }

    /// Adds our columns to a table that Diesel made.
    pub(crate) fn extend(&self) -> String {
        format!(
            "ALTER TABLE {} ADD COLUMN IF NOT EXISTS {CHECKSUM_COLUMN} text, \
             ADD COLUMN IF NOT EXISTS {FORMAT_COLUMN} integer, ADD COLUMN IF NOT EXISTS {RUN_COLUMN} text",
            self.qualified()
        )
    }

    /// Records a migration as applied, by this run; a reversal as not applied.
    pub(crate) fn record(&self, migration: &Migration, run: &RunId) -> String {
        if migration.is_reversal() {
            return self.forget(migration.version());
        }
        format!(
            "INSERT INTO {} (version, {CHECKSUM_COLUMN}, {FORMAT_COLUMN}, {RUN_COLUMN}) \
             VALUES ({}, {}, {HISTORY_FORMAT}, {})",
            self.qualified(),
            literal(migration.version().as_str()),
            checksum(migration),
            literal(run.as_str()),
        )
    }

    /// Removes a version from the history.
    pub(crate) fn forget(&self, version: &Version) -> String {
        format!("DELETE FROM {} WHERE version = {}", self.qualified(), literal(version.as_str()))
    }

    /// Takes the migration as it is now for what was applied.
    pub(crate) fn accept(&self, migration: &Migration, run: &RunId) -> String {
        format!(
            "UPDATE {} SET {CHECKSUM_COLUMN} = {}, {FORMAT_COLUMN} = {HISTORY_FORMAT}, {RUN_COLUMN} = {} \
             WHERE version = {}",
            self.qualified(),
            checksum(migration),
            literal(run.as_str()),
            literal(migration.version().as_str()),
        )
    }

    /// A query that gives a row where this run has applied the version.
    pub(crate) fn applied_by(&self, version: &Version, run: &RunId) -> String {
        format!(
            "SELECT 1 FROM {} WHERE version = {} AND {RUN_COLUMN} = {}",
            self.qualified(),
            literal(version.as_str()),
            literal(run.as_str())
        )
    }

    /// An SQL condition: the table does not exist.
    pub(crate) fn is_absent(&self) -> String {
        format!("pg_catalog.to_regclass({}) IS NULL", literal(&self.qualified()))
    }

    /// An SQL condition: the table holds these versions and no others.
    pub(crate) fn holds<'v>(&self, versions: impl IntoIterator<Item = &'v Version>) -> String {
        let mut versions: Vec<&str> = versions.into_iter().map(Version::as_str).collect();
        versions.sort_unstable();
        format!(
            "(SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(\
             pg_catalog.string_agg(version::text, ',' ORDER BY version::text COLLATE \"C\"), ''), 'UTF8')), 'hex') \
             FROM {}) = {}",
            self.qualified(),
            literal(&sha256_hex(&versions.join(",")))
        )
    }

    /// A query for the rows, as `i` (the schema's place in a list), version, checksum and format.
    pub(crate) fn rows(&self, i: usize, extended: bool) -> String {
        let ours = if extended { format!("{CHECKSUM_COLUMN}, {FORMAT_COLUMN}::text") } else { "NULL, NULL".to_owned() };
        format!("SELECT {i}, version::text, {ours} FROM {}", self.qualified())
    }
}

/// Its checksum as SQL. What has none is recorded as Diesel records: nobody will say that it was edited.
fn checksum(migration: &Migration) -> String {
    migration.checksum().map_or("NULL".to_owned(), |checksum| literal(&checksum.to_string()))
}
