//! How many failures a run may still have.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many failures a run may still have; without a limit any number.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    limit: Option<usize>,
    failed: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self { limit, failed: AtomicUsize::new(0) }
    }

    pub(super) fn note_failure(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether no further target is begun.
    pub(crate) fn is_spent(&self) -> bool {
        self.limit.is_some_and(|limit| self.failed.load(Ordering::Relaxed) >= limit)
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed.load(Ordering::Relaxed)
    }
}
