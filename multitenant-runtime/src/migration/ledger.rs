//! The history table: Diesel's own layout, always named with its schema, and all the SQL about it.
//!
//! Our columns are nullable and come only together with a schema's next migration, so that Diesel's harness
//! and Diesel CLI go on working on the same table, and a schema that nobody migrates is not touched.

use crate::ident::{Identifier, SchemaName, literal};

use super::{Migration, RunId, Version};

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
        self.record_as(migration, run, &HISTORY_FORMAT.to_string())
    }

    /// Records a migration where the condition holds; else it fails (division by zero).
    pub(crate) fn record_if(&self, condition: &str, migration: &Migration, run: &RunId) -> String {
        if migration.is_reversal() {
            return format!(
                "{} AND (1 OPERATOR(pg_catalog./) ({condition})::pg_catalog.int4) IS NOT NULL",
                self.forget(migration.version())
            );
        }
        let format = format!("{HISTORY_FORMAT} OPERATOR(pg_catalog./) ({condition})::pg_catalog.int4");
        self.record_as(migration, run, &format)
    }

    fn record_as(&self, migration: &Migration, run: &RunId, format: &str) -> String {
        if migration.is_reversal() {
            return self.forget(migration.version());
        }
        format!(
            "INSERT INTO {} (version, {CHECKSUM_COLUMN}, {FORMAT_COLUMN}, {RUN_COLUMN}) VALUES ({}, {}, {format}, {})",
            self.qualified(),
            literal(migration.version().as_str()),
            checksum(migration),
            literal(run.as_str()),
        )
    }

    /// Records all migrations as applied, by this run, in one statement.
    pub(crate) fn record_all(&self, migrations: &[Migration], run: &RunId) -> String {
        let rows: Vec<String> = migrations
            .iter()
            .map(|migration| {
                format!(
                    "({}, {}, {HISTORY_FORMAT}, {})",
                    literal(migration.version().as_str()),
                    checksum(migration),
                    literal(run.as_str())
                )
            })
            .collect();
        format!(
            "INSERT INTO {} (version, {CHECKSUM_COLUMN}, {FORMAT_COLUMN}, {RUN_COLUMN}) VALUES {}",
            self.qualified(),
            rows.join(", ")
        )
    }

    /// Removes a version from the history.
    pub(crate) fn forget(&self, version: &Version) -> String {
        format!("DELETE FROM {} WHERE {}", self.qualified(), is(version))
    }

    /// Takes the migration as it is now for what was applied.
    pub(crate) fn accept(&self, migration: &Migration, run: &RunId) -> String {
        format!(
            "UPDATE {} SET {CHECKSUM_COLUMN} = {}, {FORMAT_COLUMN} = {HISTORY_FORMAT}, {RUN_COLUMN} = {} \
             WHERE {}",
            self.qualified(),
            checksum(migration),
            literal(run.as_str()),
            is(migration.version()),
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
        // With their number, since a version may hold whatever separates two.
        format!(
            "(SELECT pg_catalog.count(*) = {} AND coalesce(pg_catalog.string_agg(version::text, '/' \
             ORDER BY version::text COLLATE \"C\"), '') = {} FROM {})",
            versions.len(),
            literal(&versions.join("/")),
            self.qualified(),
        )
    }

    /// An SQL condition: the table holds exactly what has this digest, and nothing that a newer release wrote.
    ///
    /// The digest is that of the state table: the lines `version checksum`, in their order. A row without a checksum
    /// is in none.
    pub(crate) fn amounts_to(&self, digest: &str) -> String {
        format!(
            "(SELECT coalesce(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(\
             pg_catalog.concat(version::text, ' ', {CHECKSUM_COLUMN}::text, pg_catalog.chr(10)), '' \
             ORDER BY version::text COLLATE \"C\"), 'UTF8')), 'hex') = {} \
             AND coalesce(pg_catalog.max({FORMAT_COLUMN}), 0) <= {HISTORY_FORMAT}, false) FROM {})",
            literal(digest),
            self.qualified(),
        )
    }

    /// A query for the rows, as `i` (the schema's place in a list), version, checksum and format.
    pub(crate) fn rows(&self, i: usize, extended: bool) -> String {
        let ours = if extended { format!("{CHECKSUM_COLUMN}, {FORMAT_COLUMN}::text") } else { "NULL, NULL".to_owned() };
        format!("SELECT {i}, version::text, {ours} FROM {}", self.qualified())
    }
}

/// An SQL condition on a row: it is this version's. The operator is PostgreSQL's, whatever is on the path.
fn is(version: &Version) -> String {
    format!("version::pg_catalog.text OPERATOR(pg_catalog.=) {}", literal(version.as_str()))
}

/// Its checksum as SQL. What has none is recorded as Diesel records: nobody will say that it was edited.
fn checksum(migration: &Migration) -> String {
    migration.checksum().map_or("NULL".to_owned(), |checksum| literal(&checksum.to_string()))
}
