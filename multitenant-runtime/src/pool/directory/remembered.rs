use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ident::TenantId;

use super::super::pooled::Served;

/// What was looked up a short while ago, and was good.
pub(super) struct Remembered {
    ttl: Duration,
    tenants: Mutex<HashMap<TenantId, (Instant, Served)>>,
}

impl Remembered {
    pub(super) fn new(ttl: Duration) -> Self {
        Self { ttl, tenants: Mutex::default() }
    }

    pub(super) fn get(&self, id: &TenantId) -> Option<Served> {
        let tenants = self.tenants();
        tenants.get(id).filter(|(since, _)| since.elapsed() < self.ttl).map(|(_, served)| served.clone())
    }

    pub(super) fn insert(&self, id: &TenantId, served: &Served) {
        if self.ttl.is_zero() {
            return;
        }
        let mut tenants = self.tenants();
        // Those that nobody asks for any more go when there is no room: then they are few for each that stays.
        if tenants.len() == tenants.capacity() {
            tenants.retain(|_, (since, _)| since.elapsed() < self.ttl);
        }
        tenants.insert(id.clone(), (Instant::now(), served.clone()));
    }

    pub(super) fn remove(&self, id: &TenantId) -> bool {
        self.tenants().remove(id).is_some()
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, (Instant, Served)>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
