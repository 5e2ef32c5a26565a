//! What all schemas hold, read without writing: one statement for many schemas, never one per tenant.

mod observe;
mod unreadable;

pub(crate) use observe::{Reading, Subject, observe, observe_one};

#[cfg(feature = "pool")]
pub(crate) use observe::applied;
#[cfg(feature = "pool")]
pub(crate) use unreadable::{failure, standing};

use crate::migration::Version;
use crate::run::Failure;

/// How a history table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum HistoryTable {
    /// There is none.
    #[default]
    Absent,
    /// Diesel's own layout: `version` and `run_on`.
    Diesel,
    /// With our columns.
    Extended,
}

/// One row of a history table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) version: Version,
    /// The recorded checksum is another than the set's.
    pub(crate) edited: bool,
}

/// What one schema holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Observed {
    pub(crate) schema_exists: bool,
    /// It is marked as being created: nobody may be served from it, and the next creation removes it.
    pub(crate) unfinished: bool,
    pub(crate) history: HistoryTable,
    pub(crate) applied: Vec<Applied>,
    /// The format of the newest row's columns, where it is newer than this version understands.
    pub(crate) newer_format: Option<i32>,
    /// The history was not read: the state table knows it by this digest, and what is applied are the set's first
    /// migrations, if it is right. Who relies on it asks the history itself, under the lock.
    pub(crate) by_state: Option<String>,
    /// Whether the state table has a row that could say what the history holds.
    pub(crate) has_state_row: bool,
    /// Why nobody can say what is applied: nothing else is known of the history then.
    pub(crate) unreadable: Option<Failure>,
}
