//! What connections there are, and who may have one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::error::PoolError;
use super::keyed::Place;
use super::pooled::{Owner, Pooled};
use super::status::PoolStatus;

/// What connections there are, and who may have one.
///
/// Whoever has a [`Slot`] has, opens or closes at most one connection; all others are idle. So where there are as many
/// connections as there may be, and one with a slot has none yet, one of them is idle.
pub(super) struct Store {
    max: usize,
    /// First come, first served.
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    state: Mutex<State>,
    /// One connection fewer.
    gone: Notify,
}

#[derive(Default)]
struct State {
    /// Those that nobody has, the one that came back first in front.
    idle: VecDeque<Pooled>,
    open: usize,
    closed: bool,
    opened: u64,
    discarded: u64,
}

/// The right to one connection, until it is dropped.
pub(super) struct Slot {
    store: Arc<Store>,
    /// Whether a connection of this slot counts among those that are open.
    has_connection: bool,
    _permit: OwnedSemaphorePermit,
    _place: Option<Place>,
}

/// Which idle connection is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The one that served the owner last, else the one that has been idle for longest.
    Any,
    /// Only the owner's, or nobody's.
    Own,
}

impl Store {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            slots: Arc::new(Semaphore::new(max)),
            waiting: AtomicUsize::new(0),
            state: Mutex::default(),
            gone: Notify::new(),
        })
    }

    /// Waits for a slot.
    pub(super) async fn slot(self: &Arc<Self>, place: Option<Place>) -> Result<Slot, PoolError> {
        let waiting = Waiting::begin(&self.waiting);
        let permit = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| PoolError::Closed)?;
        drop(waiting);
        Ok(self.with(permit, place))
    }

    /// A slot, where nobody waits for it.
    pub(super) fn spare_slot(self: &Arc<Self>) -> Option<Slot> {
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(self.with(permit, None))
    }

    fn with(self: &Arc<Self>, permit: OwnedSemaphorePermit, place: Option<Place>) -> Slot {
        Slot { store: Arc::clone(self), has_connection: false, _permit: permit, _place: place }
    }

    /// An idle connection for this owner.
    pub(super) fn take(&self, slot: &mut Slot, owner: &Owner, choice: Choice) -> Option<Pooled> {
        let mut state = self.state();
        // Those that were lost meanwhile are gone already.
        let before = state.idle.len();
        state.idle.retain(|pooled| !pooled.guest.is_closed());
        let lost = before - state.idle.len();
        state.open -= lost;
        if lost > 0 {
            self.gone.notify_waiters();
        }
        let own = state.idle.iter().rposition(|pooled| pooled.is_of(owner));
        let at = own.or_else(|| match choice {
            Choice::Any if state.idle.is_empty() => None,
            Choice::Any => Some(0),
            Choice::Own => state.idle.iter().rposition(|pooled| pooled.pinned.is_none()),
        })?;
        let pooled = state.idle.remove(at)?;
        slot.has_connection = true;
        Some(pooled)
    }

    /// The connection that has been idle for longest, to be closed for another one.
    pub(super) fn take_oldest(&self, slot: &mut Slot) -> Option<Pooled> {
        let pooled = self.state().idle.pop_front()?;
        slot.has_connection = true;
        Some(pooled)
    }

    /// Whether the slot may open a connection, which counts from now on.
    pub(super) fn may_open(&self, slot: &mut Slot) -> bool {
        let mut state = self.state();
        if !slot.has_connection && state.open >= self.max {
            return false;
        }
        if !slot.has_connection {
            state.open += 1;
            slot.has_connection = true;
        }
        true
    }

    pub(super) fn note_opened(&self) {
        self.state().opened += 1;
    }

    pub(super) fn note_discarded(&self) {
        self.state().discarded += 1;
    }

    /// Takes a connection back. Given back itself, where the pool is closed.
    pub(super) fn park(&self, mut pooled: Pooled, slot: &mut Slot) -> Result<(), Box<Pooled>> {
        let mut state = self.state();
        if state.closed {
            return Err(Box::new(pooled));
        }
        pooled.idle_since = Instant::now();
        state.idle.push_back(pooled);
        slot.has_connection = false;
        Ok(())
    }

    /// An idle connection that has been so for long enough, or is old enough, to be closed.
    pub(super) fn take_expired(
        &self,
        slot: &mut Slot,
        idle: Option<Duration>,
        lifetime: Option<Duration>,
    ) -> Option<Pooled> {
        let mut state = self.state();
        let is_over = |since: Instant, limit: Option<Duration>| limit.is_some_and(|limit| since.elapsed() >= limit);
        let at = state
            .idle
            .iter()
            .position(|pooled| is_over(pooled.idle_since, idle) || is_over(pooled.opened, lifetime))?;
        let pooled = state.idle.remove(at)?;
        slot.has_connection = true;
        Some(pooled)
    }

    /// Nothing is handed out any more. What is idle is given back, to be closed; each counts until it is.
    pub(super) fn close(self: &Arc<Self>) -> Vec<(Pooled, Counted)> {
        self.slots.close();
        let mut state = self.state();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        idle.into_iter().map(|pooled| (pooled, Counted(Arc::clone(self)))).collect()
    }

    /// Waits until there is no connection any more.
    pub(super) async fn emptied(&self) {
        loop {
            let gone = self.gone.notified();
            if self.state().open == 0 {
                return;
            }
            gone.await;
        }
    }

    pub(super) fn status(&self) -> PoolStatus {
        let state = self.state();
        PoolStatus {
            max_connections: self.max,
            open: state.open,
            idle: state.idle.len(),
            in_use: self.max - self.slots.available_permits().min(self.max),
            waiting: self.waiting.load(Ordering::Relaxed),
            opened: state.opened,
            discarded: state.discarded,
        }
    }

    fn gone(&self) {
        self.state().open -= 1;
        self.gone.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    /// The connection does not count any more; then the permit goes to the next.
    fn drop(&mut self) {
        if self.has_connection {
            self.store.gone();
        }
    }
}

/// One of the open connections, in nobody's slot.
pub(super) struct Counted(Arc<Store>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.gone();
    }
}

/// One who waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
