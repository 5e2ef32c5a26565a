//! Which tenants are busiest, in a bounded space, however many there are.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::metrics::{Counter, counter};

use crate::ident::TenantId;

use super::table::TENANT_CHECKOUTS;

/// How often it is judged who is busiest.
const PERIOD: Duration = Duration::from_secs(10);

/// How many are watched for each that may be told.
const WATCHED: usize = 4;

/// How many may get a series of their own for each that may have one at a time.
const EVER: usize = 8;

/// Counts the busiest tenants under their ids, and all others as one.
pub(super) struct Busiest {
    pool: String,
    other: Counter,
    state: Mutex<State>,
}

struct State {
    /// How many may be told at a time.
    most: usize,
    watched: HashMap<TenantId, Watched>,
    /// How many have a counter.
    told: usize,
    /// Who has a series.
    known: HashSet<TenantId>,
    judged: Instant,
}

#[derive(Default)]
struct Watched {
    weight: u64,
    /// Where it is told.
    counter: Option<Counter>,
}

impl Busiest {
    pub(super) fn new(pool: &str, most: usize) -> Self {
        let other = counter!(TENANT_CHECKOUTS, "pool" => pool.to_owned(), "tenant" => "other");
        let state = State { most, watched: HashMap::new(), told: 0, known: HashSet::new(), judged: Instant::now() };
        Self { pool: pool.to_owned(), other, state: Mutex::new(state) }
    }

    pub(super) fn note(&self, tenant: &TenantId) {
        self.note_at(tenant, Instant::now());
    }

    fn note_at(&self, tenant: &TenantId, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let make = |tenant: &TenantId| counter!(TENANT_CHECKOUTS, "pool" => self.pool.clone(), "tenant" => tenant.as_str().to_owned());
        if now.saturating_duration_since(state.judged) >= PERIOD {
            state.judge(make);
            state.judged = now;
        }
        state.watch(tenant);
        match state.counter(tenant, make) {
            Some(counter) => counter.increment(1),
            None => self.other.increment(1),
        }
    }
}

impl State {
    /// One more of this tenant. Where the space is full it takes the place of the one with the least weight, which it
    /// inherits: so whoever is busy enough is in, sooner or later.
    fn watch(&mut self, tenant: &TenantId) {
        if let Some(watched) = self.watched.get_mut(tenant) {
            watched.weight += 1;
            return;
        }
        let mut weight = 0;
        if self.watched.len() >= self.most * WATCHED {
            let least = self.watched.iter().filter(|(_, watched)| watched.counter.is_none());
            let Some(out) = least.min_by_key(|(_, watched)| watched.weight).map(|(tenant, _)| tenant.clone()) else {
                return;
            };
            weight = self.watched.remove(&out).map_or(0, |watched| watched.weight);
        }
        self.watched.insert(tenant.clone(), Watched { weight: weight + 1, counter: None });
    }

    /// The tenant's own counter; whoever comes has one as long as there is one left.
    fn counter(&mut self, tenant: &TenantId, make: impl Fn(&TenantId) -> Counter) -> Option<&Counter> {
        let may_have = self.told < self.most && self.may_be_known(tenant);
        let watched = self.watched.get_mut(tenant)?;
        if watched.counter.is_none() && may_have {
            self.known.insert(tenant.clone());
            watched.counter = Some(make(tenant));
            self.told += 1;
        }
        watched.counter.as_ref()
    }

    /// Gives the counters to those with the most weight, which counts half from now on.
    fn judge(&mut self, make: impl Fn(&TenantId) -> Counter) {
        let mut order: Vec<(u64, TenantId)> =
            self.watched.iter().map(|(tenant, watched)| (watched.weight, tenant.clone())).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        let mut told = 0;
        for (_, tenant) in order {
            let is_told = told < self.most && self.may_be_known(&tenant);
            told += usize::from(is_told);
            let Some(watched) = self.watched.get_mut(&tenant) else { continue };
            watched.weight /= 2;
            match (is_told, &watched.counter) {
                (true, None) => {
                    watched.counter = Some(make(&tenant));
                    self.known.insert(tenant);
                }
                (true, Some(_)) => {}
                (false, _) => watched.counter = None,
            }
        }
        self.told = told;
        self.watched.retain(|_, watched| watched.weight > 0 || watched.counter.is_some());
    }

    fn may_be_known(&self, tenant: &TenantId) -> bool {
        self.known.contains(tenant) || self.known.len() < self.most * EVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> TenantId {
        TenantId::new(format!("t{number}")).unwrap()
    }

    impl Busiest {
        /// Who is told at this moment.
        fn told(&self) -> Vec<String> {
            let state = self.state.lock().unwrap();
            let told = state.watched.iter().filter(|(_, watched)| watched.counter.is_some());
            let mut told: Vec<_> = told.map(|(tenant, _)| tenant.as_str().to_owned()).collect();
            told.sort();
            told
        }
    }

    #[test]
    fn the_busiest_are_told_and_the_space_is_bounded() {
        let busiest = Busiest::new("p", 2);
        let begun = Instant::now();
        for number in 0..1_000 {
            busiest.note_at(&id(number), begun);
        }
        assert_eq!(busiest.told(), ["t0", "t1"], "whoever comes first, until it is judged");
        for _ in 0..300 {
            busiest.note_at(&id(500), begun);
            busiest.note_at(&id(600), begun);
        }
        busiest.note_at(&id(500), begun + PERIOD);
        assert_eq!(busiest.told(), ["t500", "t600"]);
        assert!(busiest.state.lock().unwrap().watched.len() <= 2 * WATCHED);
        // Others become busier.
        for round in 1..100_u32 {
            for _ in 0..500 {
                busiest.note_at(&id(2_000 + round as usize), begun + PERIOD * (round + 1));
            }
        }
        let state = busiest.state.lock().unwrap();
        assert_eq!(state.known.len(), 2 * EVER, "no more series than that, ever");
        assert!(state.watched.len() <= 2 * WATCHED);
    }
}
