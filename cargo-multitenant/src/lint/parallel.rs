//! The same work on many things, on all processors.

use std::cell::Cell;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, ScopedJoinHandle};

/// How many things a thread takes at a time, and how many make a second thread worth while.
const BLOCK: usize = 16;

/// How many bytes of stack a thread has: a parser goes down as deep as its text is nested, and so do we.
const STACK: usize = 32 << 20;

thread_local! {
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Does the work where the stack is deep.
pub(crate) fn on_deep_stack<R: Send>(work: impl Fn() -> R + Sync) -> R {
    if IS_DEEP.get() {
        return work();
    }
    thread::scope(|scope| spawned(scope, &work).map(joined)).unwrap_or_else(|_| work())
}

fn spawned<'scope, R: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: &'scope (impl Fn() -> R + Sync),
) -> std::io::Result<ScopedJoinHandle<'scope, R>> {
    Builder::new().stack_size(STACK).spawn_scoped(scope, || {
        IS_DEEP.set(true);
        work()
    })
}

fn joined<R>(handle: ScopedJoinHandle<'_, R>) -> R {
    // A panic is a bug, and stays one.
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Does the work on each, and gives the results in the order of the things.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(items.len() / BLOCK);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let blocks = std::iter::from_fn(|| {
            let at = next.fetch_add(BLOCK, Ordering::Relaxed);
            let block = items.get(at..).filter(|rest| !rest.is_empty())?;
            Some((at, block.iter().take(BLOCK).map(&work).collect::<Vec<R>>()))
        });
        blocks.collect::<Vec<_>>()
    };
    let mut blocks: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).filter_map(|_| spawned(scope, &worker).ok()).collect();
        workers.into_iter().flat_map(joined).collect()
    });
    // Where there are no more threads to be had.
    blocks.extend(worker());
    blocks.sort_by_key(|(at, _)| *at);
    blocks.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, BLOCK, BLOCK * 2, BLOCK * 50 + 3] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "of the work")]
    fn panics_go_on() {
        map(&[(); BLOCK * 10], |()| panic!("of the work"));
    }
}
