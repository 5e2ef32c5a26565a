//! Answers in the tenants' order, though the tenants are asked at once.
//!
//! Each tenant's answers go through a channel of their own that holds a few; a tenant whose turn has not come waits
//! when it is full, and the server with it. How many channels may be open at once is limited too, so that what is kept
//! does not grow with the fleet. Tenants begin in their order: the first one that is not read yet is always among those
//! that have begun, or is begun next.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, Semaphore, mpsc};

use super::FleetAnswer;

/// How many answers of a tenant are kept until its turn comes.
const KEPT: usize = 64;

/// How many tenants may have begun and not be read.
const AHEAD: usize = 512;

/// The answers that are on their way.
pub(super) struct Line {
    begun: Mutex<Begun>,
    changed: Notify,
    ahead: Semaphore,
}

#[derive(Default)]
struct Begun {
    answers: HashMap<usize, mpsc::Receiver<FleetAnswer>>,
    /// Nobody begins any more.
    ended: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self { begun: Mutex::default(), changed: Notify::new(), ahead: Semaphore::new(AHEAD) }
    }
}

impl Line {
    /// A tenant begins to answer; `None` where nobody reads any more.
    pub(super) async fn begin(&self, place: usize) -> Option<mpsc::Sender<FleetAnswer>> {
        self.ahead.acquire().await.ok()?.forget();
        let (sender, receiver) = mpsc::channel(KEPT);
        self.begun().answers.insert(place, receiver);
        self.changed.notify_one();
        Some(sender)
    }

    /// The answers of the tenant at this place; `None` where it will not answer.
    pub(super) async fn next(&self, place: usize) -> Option<mpsc::Receiver<FleetAnswer>> {
        loop {
            {
                let mut begun = self.begun();
                let answers = begun.answers.remove(&place);
                if answers.is_some() || begun.ended {
                    return answers;
                }
            }
            self.changed.notified().await;
        }
    }

    /// A tenant's answers are read.
    pub(super) fn is_read(&self) {
        self.ahead.add_permits(1);
    }

    /// Nobody begins any more.
    pub(super) fn end(&self) {
        self.begun().ended = true;
        self.changed.notify_one();
    }

    /// Nobody reads any more: whoever waits for that, is told.
    pub(super) fn break_off(&self) {
        self.ahead.close();
        self.begun().answers.clear();
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
