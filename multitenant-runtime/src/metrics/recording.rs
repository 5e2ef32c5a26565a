use std::time::Duration;

use ::metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::ident::TenantId;
use crate::pool::{PoolError, PoolStatus};
use crate::sqlstate::CLASS_WORDS;

use super::PoolMetrics;
use super::busiest::Busiest;
use super::table::{
    CHECKOUT_FAILURES, CHECKOUT_WAIT, CHECKOUTS, POOL_DISCARDED, POOL_IDLE, POOL_IN_USE, POOL_MAX, POOL_OPEN,
    POOL_OPENED, POOL_WAITING, QUERIES, QUERY_DURATION, QUERY_ERRORS, SWITCHES,
};

/// The handles of one pool.
pub(crate) struct Recording {
    max: Gauge,
    open: Gauge,
    idle: Gauge,
    in_use: Gauge,
    waiting: Gauge,
    opened: Counter,
    discarded: Counter,
    checkouts: Counter,
    wait: Histogram,
    failures: Vec<(&'static str, Counter)>,
    switches: Counter,
    queries: Counter,
    duration: Histogram,
    errors: Vec<(&'static str, Counter)>,
    busiest: Option<Busiest>,
}

impl Recording {
    pub(crate) fn new(pool: &str, wanted: PoolMetrics) -> Self {
        let name = || pool.to_owned();
        let of = |words: &[&'static str], metric: &'static str, label: &'static str| {
            words.iter().map(|word| (*word, counter!(metric, "pool" => name(), label => *word))).collect()
        };
        Self {
            max: gauge!(POOL_MAX, "pool" => name()),
            open: gauge!(POOL_OPEN, "pool" => name()),
            idle: gauge!(POOL_IDLE, "pool" => name()),
            in_use: gauge!(POOL_IN_USE, "pool" => name()),
            waiting: gauge!(POOL_WAITING, "pool" => name()),
            opened: counter!(POOL_OPENED, "pool" => name()),
            discarded: counter!(POOL_DISCARDED, "pool" => name()),
            checkouts: counter!(CHECKOUTS, "pool" => name()),
            wait: histogram!(CHECKOUT_WAIT, "pool" => name()),
            failures: of(PoolError::REASONS, CHECKOUT_FAILURES, "reason"),
            switches: counter!(SWITCHES, "pool" => name()),
            queries: counter!(QUERIES, "pool" => name()),
            duration: histogram!(QUERY_DURATION, "pool" => name()),
            errors: of(CLASS_WORDS, QUERY_ERRORS, "class"),
            busiest: (wanted.busiest > 0).then(|| Busiest::new(pool, wanted.busiest)),
        }
    }

    pub(crate) fn stands(&self, status: PoolStatus) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and no pool is that large")]
        let set = |gauge: &Gauge, count: usize| gauge.set(count as f64);
        set(&self.max, status.max_connections);
        set(&self.open, status.open);
        set(&self.idle, status.idle);
        set(&self.in_use, status.in_use);
        set(&self.waiting, status.waiting);
        self.opened.absolute(status.opened);
        self.discarded.absolute(status.discarded);
    }

    pub(crate) fn checked_out(&self, waited: Duration, tenant: Option<&TenantId>, switched: bool) {
        self.checkouts.increment(1);
        self.wait.record(waited.as_secs_f64());
        if switched {
            self.switches.increment(1);
        }
        if let (Some(busiest), Some(tenant)) = (&self.busiest, tenant) {
            busiest.note(tenant);
        }
    }

    pub(crate) fn refused(&self, reason: &str) {
        increment(&self.failures, reason);
    }

    pub(crate) fn queried(&self, duration: Duration, failed: Option<&str>) {
        self.queries.increment(1);
        self.duration.record(duration.as_secs_f64());
        if let Some(class) = failed {
            increment(&self.errors, class);
        }
    }
}

fn increment(counters: &[(&'static str, Counter)], word: &str) {
    if let Some((_, counter)) = counters.iter().find(|(known, _)| *known == word) {
        counter.increment(1);
    }
}
