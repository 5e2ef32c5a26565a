//! Which run has applied a migration.

use std::hash::{BuildHasher, Hasher, RandomState};

/// What a run writes beside each migration that it applies: a random text, like no other run's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunId(String);

impl RunId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RunId {
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self(format!("{:016x}{:016x}", random(), random()))
    }
}
