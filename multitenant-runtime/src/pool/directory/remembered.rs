use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::ident::TenantId;

use super::super::pooled::Served;

/// What was looked up a short while ago, and was good.
pub(crate) struct Remembered {
    ttl: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tenants: HashMap<TenantId, (Instant, Arc<Served>)>,
    /// The look-ups that are on their way.
    looks: HashMap<TenantId, Weak<AtomicBool>>,
}

/// A look-up of one tenant. What it finds is not remembered where the tenant was forgotten meanwhile: it may be what was so
/// before.
pub(crate) struct Look {
    is_outdated: Arc<AtomicBool>,
}

impl Remembered {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self { ttl, state: Mutex::default() }
    }

    pub(crate) fn get(&self, id: &TenantId) -> Option<Arc<Served>> {
        let state = self.state();
        state.tenants.get(id).filter(|(since, _)| since.elapsed() < self.ttl).map(|(_, served)| Arc::clone(served))
    }

    /// To be called before the tenant is looked up.
    pub(crate) fn look(&self, id: &TenantId) -> Look {
        let looks = &mut self.state().looks;
        if let Some(is_outdated) = looks.get(id).and_then(Weak::upgrade) {
            return Look { is_outdated };
        }
        // Those that have ended go when there is no room: then they are few for each that stays.
        if looks.len() == looks.capacity() {
            looks.retain(|_, look| look.strong_count() > 0);
        }
        let is_outdated = Arc::new(AtomicBool::new(false));
        looks.insert(id.clone(), Arc::downgrade(&is_outdated));
        Look { is_outdated }
    }

    pub(crate) fn insert(&self, id: &TenantId, served: &Arc<Served>, look: &Look) {
        let tenants = &mut self.state().tenants;
        if self.ttl.is_zero() || look.is_outdated.load(Ordering::Acquire) {
            return;
        }
        // As above, with those that nobody asks for any more.
        if tenants.len() == tenants.capacity() {
            tenants.retain(|_, (since, _)| since.elapsed() < self.ttl);
        }
        tenants.insert(id.clone(), (Instant::now(), Arc::clone(served)));
    }

    pub(crate) fn remove(&self, id: &TenantId) -> bool {
        let mut state = self.state();
        // Who looks the tenant up from now on begins anew.
        if let Some(look) = state.looks.remove(id).and_then(|look| look.upgrade()) {
            look.store(true, Ordering::Release);
        }
        state.tenants.remove(id).is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::ident::SchemaName;
    use crate::target::Target;

    use super::*;

    fn id(text: &str) -> TenantId {
        TenantId::new(text).unwrap()
    }

    fn served() -> Arc<Served> {
        let target = Target::shared(SchemaName::new("public").unwrap());
        Arc::new(Served::shared(target))
    }

    #[test]
    fn what_was_asked_before_a_tenant_was_forgotten_is_not_remembered_and_others_are() {
        let remembered = Remembered::new(Duration::from_secs(60));
        let (one, other) = (remembered.look(&id("one")), remembered.look(&id("other")));
        assert!(!remembered.remove(&id("one")));
        let anew = remembered.look(&id("one"));
        remembered.insert(&id("one"), &served(), &one);
        remembered.insert(&id("other"), &served(), &other);
        assert!(remembered.get(&id("one")).is_none());
        assert!(remembered.get(&id("other")).is_some());
        remembered.insert(&id("one"), &served(), &anew);
        assert!(remembered.get(&id("one")).is_some());
        assert!(remembered.remove(&id("one")) && !remembered.remove(&id("one")));
    }

    #[test]
    fn look_ups_of_ids_that_somebody_makes_up_leave_nothing() {
        let remembered = Remembered::new(Duration::from_secs(60));
        for i in 0..10_000 {
            remembered.look(&id(&i.to_string()));
        }
        assert!(remembered.state().looks.len() < 100);
    }
}
