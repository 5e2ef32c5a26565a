//! What became of a snapshot.

use std::fmt::Write as _;

use multitenant_runtime::{SnapshotOutcome, SnapshotReport};
use serde::Serialize;

use crate::output::{counted, shown_lines};

use super::FORMAT;
use super::run::millis;

/// The document of `snapshot`.
#[derive(Debug, Serialize)]
pub(crate) struct SnapshotDocument<'a> {
    format: u32,
    outcome: SnapshotOutcome,
    digest: &'a str,
    migrations: usize,
    statements: Option<usize>,
    bytes: Option<usize>,
    replay_ms: Option<u64>,
    restore_ms: Option<u64>,
    reason: Option<&'a str>,
    duration_ms: u64,
}

impl<'a> SnapshotDocument<'a> {
    pub(crate) fn new(report: &'a SnapshotReport) -> Self {
        Self {
            format: FORMAT,
            outcome: report.outcome,
            digest: &report.digest,
            migrations: report.migrations,
            statements: report.statements,
            bytes: report.bytes,
            replay_ms: report.replay.map(millis),
            restore_ms: report.restore.map(millis),
            reason: report.reason.as_deref(),
            duration_ms: millis(report.duration),
        }
    }

    pub(crate) fn text(&self) -> String {
        let migrations = counted(self.migrations, "migration", "migrations");
        // Names of the database are in it.
        let reason = shown_lines(self.reason.unwrap_or("no reason is known"));
        let size = || {
            let statements = counted(self.statements.unwrap_or_default(), "statement", "statements");
            format!("{statements} for {migrations}")
        };
        let mut text = match self.outcome {
            SnapshotOutcome::Made => format!(" made and proven equal: {}", size()),
            SnapshotOutcome::Present => format!(" there is a snapshot: {}", size()),
            SnapshotOutcome::Absent => format!(" there is no snapshot of these {migrations} and this shared schema"),
            SnapshotOutcome::Impossible => {
                format!(" there can be no snapshot, and the migrations are replayed: {reason}")
            }
            SnapshotOutcome::Held => " another process is making it".to_owned(),
            _ => format!(" no snapshot is made now: {reason}"),
        };
        if let (Some(replay), Some(restore)) = (self.replay_ms, self.restore_ms) {
            let _ = write!(text, " ({restore} ms, and {replay} ms by the migrations)");
        }
        text.push('\n');
        text
    }
}
