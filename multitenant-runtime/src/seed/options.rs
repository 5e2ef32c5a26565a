//! What is seeded, and how.

use crate::migrator::Scope;

/// What is seeded, and how; for [`Migrator::seed`](crate::Migrator::seed).
///
/// ```
/// use multitenant_runtime::{Scope, SeedOptions};
///
/// let options = SeedOptions::new(Scope::tenants()).environment("dev").once();
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct SeedOptions {
    pub(super) scope: Scope,
    pub(super) environment: Option<String>,
    pub(super) once: bool,
}

impl SeedOptions {
    /// All common seeds of what is in the scope, each time.
    pub fn new(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// Those of this environment too, after the common ones.
    pub fn environment(self, name: impl Into<String>) -> Self {
        Self { environment: Some(name.into()), ..self }
    }

    /// Each seed once for each target: what was done is recorded, and left out the next time.
    pub fn once(self) -> Self {
        Self { once: true, ..self }
    }
}
