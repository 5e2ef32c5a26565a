//! Random moments. They come from a seed, which each test says, and takes from `MULTITENANT_SEED`.

use std::time::{Duration, SystemTime};

use super::environment::{say, variable};

/// Random moments (xorshift).
pub(crate) struct Moments(u64);

impl Moments {
    pub(crate) fn new(test: &str) -> Self {
        let now = || u64::from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos());
        let seed = variable("MULTITENANT_SEED").and_then(|seed| seed.parse().ok()).unwrap_or_else(now);
        say(&format!("{test}: MULTITENANT_SEED={seed}"));
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    pub(crate) fn below(&mut self, limit: Duration) -> Duration {
        limit.mul_f64((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// A number from 0 to `limit - 1`.
    pub(crate) fn below_n(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap() % limit
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
