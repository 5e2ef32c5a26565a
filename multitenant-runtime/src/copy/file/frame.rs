//! What stands in a dump's lines.

use serde::{Deserialize, Serialize};

use crate::copy::structure::{Outside, Statement};

/// The format of these files. A newer one is refused.
pub(crate) const FORMAT: u32 = 1;

/// How the first line begins.
pub(super) const FIRST: &str = "-- cargo-multitenant tenant dump, format ";
/// How the second one does.
pub(super) const HEADER: &str = "-- ";
/// How the last one does.
pub(super) const END: &str = "--:end ";
pub(super) const STATEMENT: &str = "--:statement ";
pub(super) const ROWS: &str = "--:rows ";
pub(super) const VALUE: &str = "--:value ";
/// What ends the rows of a table. No row begins so.
pub(super) const LAST_ROW: &[u8] = b"\\.\n";

/// Longer lines of ours, and longer statements, there are none.
pub(super) const LONGEST: usize = 64 << 20;

/// What is known of a dump before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) tenant: String,
    pub(crate) schema: String,
    /// `isolation.schema_name` of where it was made.
    pub(crate) template: String,
    pub(crate) shared_schema: String,
    /// The server's major version.
    pub(crate) postgres: u32,
    pub(crate) history_table: String,
    pub(crate) history: Vec<Recorded>,
    /// What it needs of other schemas.
    pub(crate) outside: Vec<Outside>,
    /// Roles that it names.
    pub(crate) roles: Vec<String>,
    pub(crate) tables: usize,
    /// When it was taken, as the server has it.
    pub(crate) taken_at: String,
    /// By which release.
    pub(crate) by: String,
}

/// A row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) version: String,
    pub(crate) checksum: Option<String>,
}

/// Which statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Section {
    Before,
    After,
    Refresh,
    Grants,
}

/// The line before a statement.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StatementLine {
    pub(super) section: Section,
    pub(super) bytes: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<Vec<Option<String>>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) names_schema: bool,
}

/// The line before a table's rows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RowsLine {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

/// A sequence's value.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ValueLine {
    pub(super) sequence: String,
    pub(super) last: i64,
    pub(super) is_called: bool,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EndLine {
    pub(super) rows: u64,
    pub(super) sha256: String,
}

/// One part of a dump after another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Statement(Section, Statement),
    /// The rows of this table follow.
    Rows {
        table: String,
        columns: Vec<String>,
    },
    /// Some bytes of them.
    Bytes(Vec<u8>),
    /// That was the last.
    LastRow,
    Value {
        sequence: String,
        last: i64,
        is_called: bool,
    },
    /// That was all, and it was what the checksum says.
    End,
}
