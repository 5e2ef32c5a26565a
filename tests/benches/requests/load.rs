//! Tasks that ask, one query after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::contender::Asking;
use super::project::{NOTES, body};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) tenants: usize,
    pub(crate) queries: usize,
    pub(crate) tasks: usize,
    /// Another one makes another order.
    pub(crate) seed: u64,
}

impl Load {
    /// Asks, and says how long each query took, shortest first.
    pub(crate) async fn run(self, asking: &Arc<Asking>) -> Vec<Duration> {
        self.ask(asking, Self::at_random).await
    }

    /// Asks each tenant once.
    pub(crate) async fn once_each(self, asking: &Arc<Asking>) {
        let all = Self { queries: self.tenants, ..self };
        all.ask(asking, |_, i| (i, 1)).await;
    }

    async fn ask(self, asking: &Arc<Asking>, what: fn(Self, usize) -> (usize, i32)) -> Vec<Duration> {
        let next = Arc::new(AtomicUsize::new(0));
        let tasks = (0..self.tasks).map(|_| {
            let (asking, next) = (Arc::clone(asking), Arc::clone(&next));
            tokio::spawn(async move {
                let mut took = Vec::with_capacity(self.queries / self.tasks * 2);
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= self.queries {
                        return took;
                    }
                    let (tenant, note) = what(self, i);
                    let begun = Instant::now();
                    let read = asking.ask(tenant, note).await;
                    took.push(begun.elapsed());
                    assert_eq!(read, body(tenant, note), "a row of another tenant");
                }
            })
        });
        let mut took = Vec::with_capacity(self.queries);
        for task in join_all(tasks).await {
            took.extend(task.unwrap());
        }
        took.sort_unstable();
        took
    }

    fn at_random(self, i: usize) -> (usize, i32) {
        let random = mixed((self.seed << 32) | i as u64);
        let below = |random: u64, limit: u64| (random * limit) >> 32;
        let tenant = below(random >> 32, self.tenants as u64);
        let note = below(random & u64::from(u32::MAX), u64::from(NOTES.unsigned_abs()));
        (usize::try_from(tenant).unwrap(), 1 + i32::try_from(note).unwrap())
    }
}

/// `SplitMix64`.
fn mixed(i: u64) -> u64 {
    let mut z = i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
