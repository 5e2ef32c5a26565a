//! How often, and after how long, a failure that may pass is tried again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How often a target is tried when its failures may pass, the first time included.
const TRIES: usize = 10;

/// The delays between the tries of one target: 0.1 s, doubled each time, at most 5 s, with jitter so that
/// parallel workers, and replicas, do not collide again.
pub(crate) fn delays() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(5))
        .with_factor(2.0)
        .with_max_times(TRIES - 1)
        .with_jitter()
        .build()
}

/// No second try.
pub(crate) fn none() -> ExponentialBackoff {
    ExponentialBuilder::default().with_max_times(0).build()
}

/// The delays between looks at a target that another run holds, without end.
pub(crate) fn polls() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(1))
        .with_factor(1.5)
        .without_max_times()
        .with_jitter()
        .build()
}
