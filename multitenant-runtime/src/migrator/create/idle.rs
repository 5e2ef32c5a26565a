//! The connection that is left of one creation, for the next one.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::connection::Session;
use crate::state::StateTable;

/// How long it is kept: creations that follow one another are what it is for.
const KEPT: Duration = Duration::from_secs(1);

/// The connection that is left of one creation, for the next one.
///
/// At most one. It is closed when nobody has come for it, and with the migrator.
#[derive(Default, Clone)]
pub(in crate::migrator) struct Idle(Arc<Mutex<Option<Kept>>>);

/// A connection, and what was asked over it and need not be asked again.
pub(super) struct Kept {
    pub(super) session: Session,
    pub(super) asked: Asked,
    since: Instant,
}

/// What was asked over a connection.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The state table, where there is one that may be written to.
    pub(super) state: Option<StateTable>,
    /// Whether there may be snapshots.
    pub(super) snapshots: bool,
}

impl Kept {
    pub(super) fn new(session: Session, asked: Asked) -> Self {
        Self { session, asked, since: Instant::now() }
    }
}

impl Idle {
    /// Takes it, if there is one that is good.
    pub(super) fn take(&self) -> Option<Kept> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        (!kept.session.is_closed()).then_some(kept)
    }

    /// Keeps it for the next creation, where that can be: its driver lives on this runtime, and one of a single thread
    /// rests while nobody waits for it.
    pub(super) async fn keep(&self, session: Session, asked: Asked) {
        if Handle::current().runtime_flavor() != RuntimeFlavor::MultiThread {
            return session.close().await;
        }
        // The next creation asks before it begins its transaction: not as whom, and not on which path, the last migration
        // left it.
        if session.rows("DISCARD ALL").await.is_err() {
            return session.close().await;
        }
        let kept = Kept::new(session, asked);
        tokio::spawn(close_later(Arc::downgrade(&self.0), kept.since));
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(kept);
        if let Some(before) = before {
            before.session.close().await;
        }
    }
}

/// Closes it, if it is still the same one that is kept.
async fn close_later(idle: Weak<Mutex<Option<Kept>>>, since: Instant) {
    tokio::time::sleep(KEPT).await;
    let Some(idle) = idle.upgrade() else { return };
    let unused = idle.lock().unwrap_or_else(PoisonError::into_inner).take_if(|kept| kept.since == since);
    if let Some(unused) = unused {
        unused.session.close().await;
    }
}
