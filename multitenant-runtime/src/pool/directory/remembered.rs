use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ident::TenantId;

use super::super::pooled::Served;

/// What was looked up a short while ago, and was good.
pub(crate) struct Remembered {
    ttl: Duration,
    /// How often something was forgotten: what was asked before is not to be remembered after.
    generation: AtomicU64,
    tenants: Mutex<HashMap<TenantId, (Instant, Served)>>,
}

impl Remembered {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self { ttl, generation: AtomicU64::new(0), tenants: Mutex::default() }
    }

    pub(crate) fn get(&self, id: &TenantId) -> Option<Served> {
        let tenants = self.tenants();
        tenants.get(id).filter(|(since, _)| since.elapsed() < self.ttl).map(|(_, served)| served.clone())
    }

    /// To be asked before what is remembered then is looked up.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn insert(&self, id: &TenantId, served: &Served, generation: u64) {
        let mut tenants = self.tenants();
        if self.ttl.is_zero() || self.generation() != generation {
            return;
        }
        // Those that nobody asks for any more go when there is no room: then they are few for each that stays.
        if tenants.len() == tenants.capacity() {
            tenants.retain(|_, (since, _)| since.elapsed() < self.ttl);
        }
        tenants.insert(id.clone(), (Instant::now(), served.clone()));
    }

    pub(crate) fn remove(&self, id: &TenantId) -> bool {
        let mut tenants = self.tenants();
        self.generation.fetch_add(1, Ordering::AcqRel);
        tenants.remove(id).is_some()
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, (Instant, Served)>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
