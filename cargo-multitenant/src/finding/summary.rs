//! How many findings there are.

use serde::Serialize;

use super::{Finding, Level};

/// What the last line says, and JSON's `summary`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    /// The tables whose schemas were looked at, in Rust or in migrations.
    pub(crate) schemas: usize,
    /// The files.
    pub(crate) files: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) infos: usize,
    /// How many were mended.
    pub(crate) fixed: usize,
    /// What a baseline knows already.
    pub(crate) baselined: usize,
}

impl Summary {
    /// Counts findings.
    pub(crate) fn count(&mut self, findings: &[Finding]) {
        let of = |level| findings.iter().filter(|finding| finding.level == level).count();
        (self.errors, self.warnings, self.infos) = (of(Level::Error), of(Level::Warning), of(Level::Info));
    }
}
