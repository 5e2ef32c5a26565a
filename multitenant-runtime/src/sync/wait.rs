//! Waiting on a thread for what tasks wait for: no runtime is needed.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

/// Waits until the future is ready, or the time is over.
///
/// For futures that need neither timers nor sockets: semaphores and their like.
pub(super) fn wait<T>(future: impl Future<Output = T>, deadline: Instant) -> Option<T> {
    // On a thread of a runtime, its budget for one task would not be renewed.
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;

    #[test]
    fn it_ends_when_it_is_ready_and_when_the_time_is_over() {
        let soon = || Instant::now() + Duration::from_millis(50);
        let semaphore = &Semaphore::new(1);
        let permit = wait(semaphore.acquire(), soon()).unwrap().unwrap();
        assert!(wait(semaphore.acquire(), soon()).is_none());
        thread::scope(|scope| {
            let late = Instant::now() + Duration::from_secs(30);
            let waiting = scope.spawn(move || wait(semaphore.acquire(), late).is_some());
            thread::sleep(Duration::from_millis(20));
            drop(permit);
            assert!(waiting.join().unwrap());
        });
    }
}
