//! Which of a run's workers have a connection.
//!
//! A server has only so many. A worker that gets none leaves its target to those that have one; only where nobody has
//! any is that the target's failure. And where even that was tried for long, the next targets do not wait as long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use backon::ExponentialBackoff;

use super::retry;

/// Which of a run's workers have a connection.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    taken: AtomicUsize,
    /// One target has had all its tries, and nobody got a connection.
    away: AtomicBool,
}

/// One worker's.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    taken: bool,
    refused: bool,
}

impl Seat {
    pub(crate) fn new(seats: &Arc<Seats>) -> Self {
        Self { seats: Arc::clone(seats), taken: false, refused: false }
    }

    /// Another target begins: how the last attempt to connect came out is not its affair.
    pub(crate) fn begin(&mut self) {
        self.refused = false;
    }

    /// Notes how an attempt to connect came out.
    pub(crate) fn note<T, E>(&mut self, result: Result<T, E>) -> Result<T, E> {
        self.refused = result.is_err();
        if result.is_ok() {
            self.seats.away.store(false, Ordering::Relaxed);
            if !std::mem::replace(&mut self.taken, true) {
                self.seats.taken.fetch_add(1, Ordering::Relaxed);
            }
        } else {
            self.leave();
        }
        result
    }

    /// The delays between the tries of the next target: none where the server has just been waited for in vain.
    pub(crate) fn delays(&self) -> ExponentialBackoff {
        if self.seats.away.load(Ordering::Relaxed) { retry::none() } else { retry::delays() }
    }

    /// Whether a target failed only because this worker has no connection, and others have one.
    pub(crate) fn leaves_it_to_others(&self) -> bool {
        let others = self.seats.taken.load(Ordering::Relaxed) > 0;
        if self.refused && !others {
            self.seats.away.store(true, Ordering::Relaxed);
        }
        self.refused && others
    }

    fn leave(&mut self) {
        if std::mem::replace(&mut self.taken, false) {
            self.seats.taken.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_without_a_connection_leaves_its_target_to_those_that_have_one() {
        let seats = Arc::default();
        let (mut first, mut second) = (Seat::new(&seats), Seat::new(&seats));
        assert_eq!(first.note::<_, ()>(Ok(1)), Ok(1));
        assert_eq!(second.note::<(), _>(Err(1)), Err(1));
        assert!(second.leaves_it_to_others() && !first.leaves_it_to_others());
        assert!(second.delays().next().is_some());
        // The connection is lost, and none is to be had.
        let _ = first.note::<(), _>(Err(()));
        assert!(!first.leaves_it_to_others() && !second.leaves_it_to_others());
        assert!(second.delays().next().is_none(), "somebody has waited for it already");
        let _ = first.note::<_, ()>(Ok(()));
        assert!(second.delays().next().is_some());
        second.begin();
        assert!(!second.leaves_it_to_others(), "what fails now has nothing to do with connections");
        drop(first);
        assert!(!second.leaves_it_to_others());
    }
}
