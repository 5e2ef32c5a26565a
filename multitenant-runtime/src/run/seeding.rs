//! What a new tenant begins with, as SQL and functions.

use crate::migration::{Migration, Version};

/// The seeds of a new tenant, in its creation's own transaction.
#[derive(Debug, Default)]
pub(crate) struct Seeding {
    /// In their order.
    pub(crate) seeds: Vec<Migration>,
    /// What makes the record of what is done.
    pub(crate) record: Vec<String>,
    /// What records each of the seeds.
    pub(crate) notes: Vec<String>,
}

impl Seeding {
    pub(crate) fn is_empty(&self) -> bool {
        self.seeds.is_empty()
    }

    /// Whether one of them can be called between two statements only.
    pub(crate) fn has_functions(&self) -> bool {
        self.seeds.iter().any(Migration::is_function)
    }

    pub(crate) fn names(&self) -> Vec<Version> {
        self.seeds.iter().map(|seed| seed.version().clone()).collect()
    }

    /// These migrations and the seeds, in the order in which a transaction has them.
    pub(crate) fn behind(&self, migrations: &[Migration]) -> Vec<Migration> {
        migrations.iter().chain(&self.seeds).cloned().collect()
    }
}
