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
pub(crate) struct Store<P = Pooled> {
    max: usize,
    /// First come, first served.
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    state: Mutex<State<P>>,
    /// One connection fewer.
    gone: Notify,
}

struct State<P> {
    /// Those that nobody has, the one that came back first in front.
    idle: VecDeque<P>,
    open: usize,
    closed: bool,
    opened: u64,
    discarded: u64,
}

/// The right to one connection, until it is dropped.
pub(crate) struct Slot<P = Pooled> {
    store: Arc<Store<P>>,
    /// Whether a connection of this slot counts among those that are open.
    has_connection: bool,
    _permit: OwnedSemaphorePermit,
    _place: Option<Place>,
}

/// A connection that nobody has, or may not have for long.
pub(crate) trait Idle {
    /// Whether it is known to be of no use any more.
    fn is_lost(&self) -> bool;

    /// Whether it is this owner's, or served it last.
    fn is_of(&self, owner: Owner<'_>) -> bool;

    /// Whether it may still become anybody's, where connections are pinned.
    fn is_nobodys(&self) -> bool;

    fn opened(&self) -> Instant;

    /// Since when nobody has it.
    fn idle_since(&mut self) -> &mut Instant;
}

/// Which idle connection is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The one that served the owner last, else the one that has been idle for longest.
    Any,
    /// Only the owner's, or nobody's.
    Own,
}

impl<P: Idle> Store<P> {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            slots: Arc::new(Semaphore::new(max)),
            waiting: AtomicUsize::new(0),
            state: Mutex::new(State { idle: VecDeque::new(), open: 0, closed: false, opened: 0, discarded: 0 }),
            gone: Notify::new(),
        })
    }

    /// Waits for a slot.
    pub(crate) async fn slot(self: &Arc<Self>, place: Option<Place>) -> Result<Slot<P>, PoolError> {
        let waiting = Waiting::begin(&self.waiting);
        let permit = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| PoolError::Closed)?;
        drop(waiting);
        Ok(self.with(permit, place))
    }

    /// A slot, where nobody waits for it.
    pub(crate) fn spare_slot(self: &Arc<Self>) -> Option<Slot<P>> {
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(self.with(permit, None))
    }

    fn with(self: &Arc<Self>, permit: OwnedSemaphorePermit, place: Option<Place>) -> Slot<P> {
        Slot { store: Arc::clone(self), has_connection: false, _permit: permit, _place: place }
    }

    /// An idle connection for this owner.
    pub(crate) fn take(&self, slot: &mut Slot<P>, owner: Owner<'_>, choice: Choice) -> Option<P> {
        let mut state = self.state();
        // Those that were lost meanwhile are gone already.
        let before = state.idle.len();
        state.idle.retain(|pooled| !pooled.is_lost());
        let lost = before - state.idle.len();
        state.open -= lost;
        if lost > 0 {
            self.gone.notify_waiters();
        }
        let own = state.idle.iter().rposition(|pooled| pooled.is_of(owner));
        let at = own.or_else(|| match choice {
            Choice::Any if state.idle.is_empty() => None,
            Choice::Any => Some(0),
            Choice::Own => state.idle.iter().rposition(Idle::is_nobodys),
        })?;
        let pooled = state.idle.remove(at)?;
        slot.has_connection = true;
        Some(pooled)
    }

    /// The connection that has been idle for longest, to be closed for another one.
    pub(crate) fn take_oldest(&self, slot: &mut Slot<P>) -> Option<P> {
        let pooled = self.state().idle.pop_front()?;
        slot.has_connection = true;
        Some(pooled)
    }

    /// Whether the slot may open a connection, which counts from now on.
    pub(crate) fn may_open(&self, slot: &mut Slot<P>) -> bool {
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

    pub(crate) fn note_opened(&self) {
        self.state().opened += 1;
    }

    pub(crate) fn note_discarded(&self) {
        self.state().discarded += 1;
    }

    /// Takes a connection back. Given back itself, where the pool is closed.
    pub(crate) fn park(&self, mut pooled: P, slot: &mut Slot<P>) -> Result<(), Box<P>> {
        let mut state = self.state();
        if state.closed {
            return Err(Box::new(pooled));
        }
        *pooled.idle_since() = Instant::now();
        state.idle.push_back(pooled);
        slot.has_connection = false;
        Ok(())
    }

    /// An idle connection that has been so for long enough, or is old enough, to be closed.
    pub(crate) fn take_expired(
        &self,
        slot: &mut Slot<P>,
        idle: Option<Duration>,
        lifetime: Option<Duration>,
    ) -> Option<P> {
        let mut state = self.state();
        let is_over = |since: Instant, limit: Option<Duration>| limit.is_some_and(|limit| since.elapsed() >= limit);
        let at = state
            .idle
            .iter_mut()
            .position(|pooled| is_over(*pooled.idle_since(), idle) || is_over(pooled.opened(), lifetime))?;
        let pooled = state.idle.remove(at)?;
        slot.has_connection = true;
        Some(pooled)
    }

    /// Nothing is handed out any more. What is idle is given back, to be closed; each counts until it is.
    pub(crate) fn close(self: &Arc<Self>) -> Vec<(P, Counted<P>)> {
        self.slots.close();
        let mut state = self.state();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        idle.into_iter().map(|pooled| (pooled, Counted(Arc::clone(self)))).collect()
    }

    /// Whether nothing is handed out any more: what is open then is not idle, nor will it be.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits until there is no connection any more.
    pub(crate) async fn emptied(&self) {
        loop {
            let gone = self.gone.notified();
            if self.state().open == 0 {
                return;
            }
            gone.await;
        }
    }

    pub(crate) fn status(&self) -> PoolStatus {
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
}

impl<P> Store<P> {
    fn gone(&self) {
        self.state().open -= 1;
        self.gone.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P> Drop for Slot<P> {
    /// The connection does not count any more; then the permit goes to the next.
    fn drop(&mut self) {
        if self.has_connection {
            self.store.gone();
        }
    }
}

/// One of the open connections, in nobody's slot.
pub(crate) struct Counted<P = Pooled>(Arc<Store<P>>);

impl<P> Drop for Counted<P> {
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Connection(Instant);

    impl Idle for Connection {
        fn is_lost(&self) -> bool {
            false
        }

        fn is_of(&self, _: Owner<'_>) -> bool {
            false
        }

        fn is_nobodys(&self) -> bool {
            true
        }

        fn opened(&self) -> Instant {
            self.0
        }

        fn idle_since(&mut self) -> &mut Instant {
            &mut self.0
        }
    }

    /// Who has a slot when the pool is closed finds neither a connection nor room for one, for as long as the last
    /// connection takes to end: that is when it has to be told.
    #[tokio::test]
    async fn a_slot_of_a_closed_pool_is_good_for_nothing() {
        let store = Store::new(1);
        let mut slot = store.slot(None).await.ok().unwrap();
        assert!(store.may_open(&mut slot));
        assert!(store.park(Connection(Instant::now()), &mut slot).is_ok());
        assert!(!store.is_closed());
        let counted = store.close();
        assert!(store.is_closed());
        assert!(!store.may_open(&mut slot) && store.take_oldest(&mut slot).is_none());
        assert!(store.take(&mut slot, None, Choice::Any).is_none());
        assert!(matches!(store.slot(None).await, Err(PoolError::Closed)));
        drop(counted);
        assert_eq!(store.status().open, 0);
    }
}
