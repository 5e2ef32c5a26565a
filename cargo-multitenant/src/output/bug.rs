//! What is said about a panic, which is always a bug.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there was a panic, on any thread.
#[derive(Debug, Clone)]
pub(crate) struct BugReport {
    any: Arc<AtomicBool>,
}

impl BugReport {
    /// From now on a panic is noted, and whoever reads stderr is asked to report it.
    pub(crate) fn install() -> Self {
        let any = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&any);
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            noted.store(true, Ordering::Relaxed);
            usual(panic);
            let _ = writeln!(
                std::io::stderr(),
                "\nThis is a bug in cargo-multitenant {}. Please report it, with the lines above and what you did:\n{}/issues",
                env!("CARGO_PKG_VERSION"),
                env!("CARGO_PKG_REPOSITORY"),
            );
        }));
        Self { any }
    }

    /// Whether there was one.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }
}
