//! The same work on many things, on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many things a thread takes at a time, and how many make a second thread worth while.
const BLOCK: usize = 16;

/// Does the work on each, and gives the results in the order of the things.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
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
    let mut blocks: Vec<(usize, Vec<R>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        // A panic is a bug, and stays one.
        let results = workers.into_iter().map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        results.flatten().collect()
    });
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
