use crate::ident::TenantId;
use crate::pool::{TenantConn, TenantJob, TenantPool};

use super::rejection::Rejection;

/// The tenant of one request, and the pool that serves it.
///
/// The layer puts it into the request's extensions. It is an extractor of axum's and of actix-web's, and takes no
/// connection until it is asked for one.
#[derive(Debug, Clone)]
pub struct RequestTenant {
    pub(super) tenant: TenantId,
    pub(super) pool: TenantPool,
}

impl RequestTenant {
    /// The tenant. It is an id; whether there is such a tenant, a connection shows.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &TenantPool {
        &self.pool
    }

    /// A connection on which the tenant is set.
    ///
    /// # Errors
    ///
    /// [`Rejection::Pool`].
    pub async fn connection(&self) -> Result<TenantConn, Rejection> {
        Box::pin(self.pool.tenant(&self.tenant)).await.map_err(|error| Rejection::from(error).told())
    }

    /// Work of this tenant's for later.
    #[must_use]
    pub fn job<P>(&self, payload: P) -> TenantJob<P> {
        TenantJob::new(self.tenant.clone(), payload)
    }
}
