//! Results, for people and for programs: pure functions from what the runtime reports to texts and to the
//! JSON documents, and the progress that is shown meanwhile.
//!
//! A document borrows from the report and holds what JSON shows; texts are made from documents, so that the
//! two cannot tell different stories.

mod failure;
mod migrate;
mod names;
mod plan;
mod progress;
mod snapshot;
mod status;

#[cfg(test)]
pub(crate) use failure::FailureView;
pub(crate) use migrate::{MigrateDocument, TargetResult};
pub(crate) use names::Names;
pub(crate) use plan::PlanDocument;
pub(crate) use progress::Progress;
pub(crate) use snapshot::SnapshotDocument;
pub(crate) use status::{StatusDocument, anything_to_do};

/// The format of the JSON documents; it grows when a field changes its meaning.
pub(crate) const FORMAT: u32 = 1;

/// A number with its noun.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
