//! Results, for people and for programs: pure functions from what the runtime reports to texts and to the
//! JSON documents, and the progress that is shown meanwhile.
//!
//! A document borrows from the report and holds what JSON shows; texts are made from documents, so that the
//! two cannot tell different stories.

#[cfg(feature = "project")]
mod complaints;
#[cfg(feature = "project")]
mod doctor;
mod drift;
mod failure;
mod findings;
#[cfg(feature = "scaffold")]
mod import;
#[cfg(feature = "scaffold")]
mod init;
mod kind;
mod names;
mod plan;
mod progress;
mod rows;
mod run;
#[cfg(feature = "scaffold")]
mod scaffold;
#[cfg(feature = "scaffold")]
mod schema_code;
mod snapshot;
mod status;
mod tenant;
#[cfg(feature = "project")]
mod verify;

#[cfg(feature = "project")]
pub(crate) use doctor::DoctorDocument;
pub(crate) use drift::DriftDocument;
#[cfg(any(test, feature = "tui"))]
pub(crate) use failure::FailureView;
pub(crate) use findings::FindingsDocument;
#[cfg(feature = "scaffold")]
pub(crate) use import::ImportDocument;
#[cfg(feature = "scaffold")]
pub(crate) use init::InitDocument;
pub(crate) use kind::Kind;
pub(crate) use names::Names;
pub(crate) use plan::PlanDocument;
pub(crate) use progress::Progress;
#[cfg(feature = "tui")]
pub(crate) use progress::line;
pub(crate) use rows::Rows;
pub(crate) use run::{RunDocument, TargetResult};
#[cfg(feature = "scaffold")]
pub(crate) use scaffold::{ScaffoldDocument, TemplatesDocument};
#[cfg(feature = "scaffold")]
pub(crate) use schema_code::SchemaCodeDocument;
pub(crate) use snapshot::SnapshotDocument;
pub(crate) use status::{StatusDocument, anything_to_do};
pub(crate) use tenant::{
    ArchiveDocument, CopyDocument, DropDocument, DumpDocument, RenameDocument, RestoreDocument, TenantListDocument,
    overview_text,
};
#[cfg(feature = "project")]
pub(crate) use verify::{VerifyDocument, VerifyProgress};
#[cfg(feature = "tui")]
pub(crate) use {drift::DriftFinding, names::label, status::TargetStatus, status::in_words, tenant::Entry};

/// The format of the JSON documents; it grows when a field changes its meaning.
pub(crate) const FORMAT: u32 = 1;

/// A duration with as many digits as anybody reads.
pub(crate) fn seconds(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}
