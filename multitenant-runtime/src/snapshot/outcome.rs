//! What is said of snapshots.

use std::time::Duration;

/// Whether tenants are created from snapshots.
///
/// A snapshot is what the migrations make in an empty schema, as far fewer statements, kept in the state schema under a
/// digest of all that it depends on. It is used only where that digest is still the same, and made only where it is
/// proven equal; else the migrations are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Snapshots {
    /// The migrations are always replayed.
    Never,
    /// A snapshot that is there is used; none is made but by [`Migrator::make_snapshot`](crate::Migrator::make_snapshot).
    #[default]
    Use,
    /// Where none is there, and there are a hundred migrations or more, one is made after a tenant was created by
    /// replaying them. That creation then takes some three times as long, once for each digest.
    Make,
}

/// How it stands with the snapshot of a migrator's migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SnapshotOutcome {
    /// It was made, and proven equal to what the migrations make.
    Made,
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// There can be none, for a reason that lies in the migrations; they are replayed.
    Impossible,
    /// None could be made now, for a reason that lies elsewhere; the migrations are replayed.
    Unavailable,
    /// Another process is making it.
    Held,
}

/// What became of a snapshot.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SnapshotReport {
    /// How it stands with it.
    pub outcome: SnapshotOutcome,
    /// The digest of all that it depends on: migrations, shared schema, server, role, settings.
    pub digest: String,
    /// How many migrations it stands for.
    pub migrations: usize,
    /// How many statements it has; none where there is no snapshot.
    pub statements: Option<usize>,
    /// How long its text is, in bytes.
    pub bytes: Option<usize>,
    /// How long the migrations took, where it was made.
    pub replay: Option<Duration>,
    /// How long its statements took, where it was made.
    pub restore: Option<Duration>,
    /// Why there is none.
    pub reason: Option<String>,
    /// How long all of it took.
    pub duration: Duration,
}
