use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::ident::TenantId;
use crate::migrator::Fenced;
use crate::run::Failure;

/// The tenants that are not served, and why.
#[derive(Debug, Default)]
pub(crate) struct Fences(RwLock<HashMap<TenantId, Option<Failure>>>);

impl Fences {
    pub(crate) fn add(&self, fenced: impl IntoIterator<Item = Fenced>) {
        let mut fences = self.0.write().unwrap_or_else(PoisonError::into_inner);
        fences.extend(fenced.into_iter().map(|fenced| (fenced.tenant, fenced.failure)));
    }

    /// Whether it was there.
    pub(crate) fn remove(&self, tenant: &TenantId) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(tenant).is_some()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Why the tenant is not served, where it is not.
    pub(crate) fn of(&self, tenant: &TenantId) -> Option<Option<Failure>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }
}
