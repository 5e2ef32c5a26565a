use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ident::TenantId;

/// So many at a time for each tenant, in the order in which they came.
///
/// It knows only tenants for whom somebody waits or holds a place, since anybody may ask for any id.
#[derive(Debug)]
pub(crate) struct Keyed {
    places: usize,
    tenants: Mutex<HashMap<TenantId, Weak<Semaphore>>>,
}

/// A tenant's place, held until the last clone is dropped.
pub(crate) type Place = Arc<(OwnedSemaphorePermit, Arc<Semaphore>)>;

impl Keyed {
    pub(crate) fn new(places: usize) -> Self {
        Self { places, tenants: Mutex::default() }
    }

    /// Waits for a place. `None` never happens: these semaphores are not closed.
    pub(crate) async fn place(&self, tenant: &TenantId) -> Option<Place> {
        let semaphore = self.semaphore(tenant);
        // The semaphore lives as long as one of its permits, and so does its entry.
        let permit = Arc::clone(&semaphore).acquire_owned().await.ok()?;
        Some(Arc::new((permit, semaphore)))
    }

    fn semaphore(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = tenants.get(tenant).and_then(Weak::upgrade) {
            return semaphore;
        }
        if tenants.len() == tenants.capacity() {
            tenants.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.places));
        tenants.insert(tenant.clone(), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn places_are_a_tenants_own_and_nothing_stays() {
        let keyed = Keyed::new(1);
        let one = keyed.place(&TenantId::new("one").unwrap()).await;
        let _other = keyed.place(&TenantId::new("other").unwrap()).await;
        let again = TenantId::new("one").unwrap();
        let mut waiting = Box::pin(keyed.place(&again));
        assert!((&mut waiting).now_or_never().is_none());
        drop(one);
        assert!(waiting.await.is_some());
        for i in 0..10_000 {
            keyed.place(&TenantId::new(i.to_string()).unwrap()).await;
        }
        assert!(keyed.tenants.lock().unwrap().len() < 100);
    }
}
