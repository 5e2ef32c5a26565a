use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ident::TenantId;

use super::conn::TenantConn;
use super::error::PoolError;
use super::tenant_pool::TenantPool;

/// Work of one tenant's, for later: what a queue keeps.
///
/// The payload is out of reach until the tenant is [entered](Self::enter), so nobody does the work for another one, or
/// for none. As JSON it is `{"tenant": …, "payload": …}`; an id that can be none is refused when it is read.
///
/// ```
/// use multitenant_runtime::{PoolError, TenantId, TenantJob, TenantPool};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Invoice { order: i32 }
///
/// fn enqueue(tenant: TenantId) -> TenantJob<Invoice> {
///     TenantJob::new(tenant, Invoice { order: 7 })
/// }
///
/// async fn work(pool: &TenantPool, job: TenantJob<Invoice>) -> Result<(), PoolError> {
///     let (_connection, invoice) = job.enter(pool).await?;
///     assert_eq!(invoice.order, 7);
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantJob<P> {
    tenant: TenantId,
    payload: P,
}

impl<P> TenantJob<P> {
    /// This work, for this tenant.
    #[must_use]
    pub fn new(tenant: TenantId, payload: P) -> Self {
        Self { tenant, payload }
    }

    /// Whose work it is: for the log, and for a queue that is fair.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// A connection on which the tenant is set, and the payload. The field `tenant` of the current tracing span is
    /// recorded, where it has one.
    ///
    /// # Errors
    ///
    /// [`PoolError`]. The job is gone then: what is to be tried again is still in the queue, or was cloned.
    pub async fn enter(self, pool: &TenantPool) -> Result<(TenantConn, P), PoolError> {
        let (tenant, payload) = self.begin();
        let connection = Box::pin(pool.tenant(&tenant)).await?;
        Ok((connection, payload))
    }

    /// What is in it, when the work begins.
    pub(crate) fn begin(self) -> (TenantId, P) {
        tracing::Span::current().record("tenant", self.tenant.as_str());
        (self.tenant, self.payload)
    }
}

impl<P> fmt::Debug for TenantJob<P> {
    /// Without the payload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantJob").field("tenant", &self.tenant.as_str()).finish_non_exhaustive()
    }
}
