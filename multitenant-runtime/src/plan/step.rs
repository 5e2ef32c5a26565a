//! One thing that a run does to a target.

use serde::Serialize;

use crate::migration::Version;

/// One thing that a run does to a target, and to the target's history.
///
/// Serialised it is `{ "do": "revert", "version": "20261102101500" }`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "do", content = "version", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// The migration is applied, and recorded.
    Apply(Version),
    /// The migration is reverted by its `down.sql`, and its record removed.
    Revert(Version),
    /// The migration is recorded as applied, without being run.
    Mark(Version),
    /// A record of a version that the binary does not know is removed.
    Forget(Version),
    /// The record of an edited migration takes the checksum that the migration has now.
    Accept(Version),
}

impl Step {
    /// The version that it is about.
    #[must_use]
    pub fn version(&self) -> &Version {
        match self {
            Self::Apply(version)
            | Self::Revert(version)
            | Self::Mark(version)
            | Self::Forget(version)
            | Self::Accept(version) => version,
        }
    }

    /// Whether it changes the history alone, and runs nothing of a migration's.
    #[must_use]
    pub fn is_record_only(&self) -> bool {
        matches!(self, Self::Mark(_) | Self::Forget(_) | Self::Accept(_))
    }

    /// Whether a history that holds these versions needs it no more.
    pub(super) fn is_done(&self, applied: &[Version], edited: &[Version]) -> bool {
        let recorded = applied.binary_search(self.version()).is_ok();
        match self {
            Self::Apply(_) | Self::Mark(_) => recorded,
            Self::Revert(_) | Self::Forget(_) => !recorded,
            Self::Accept(version) => !edited.contains(version),
        }
    }
}
