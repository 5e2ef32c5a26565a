use crate::pool::{PoolError, TenantJob};

use super::conn::TenantConn;
use super::tenant_pool::TenantPool;

impl<P> TenantJob<P> {
    /// As [`enter`](Self::enter), for synchronous code.
    ///
    /// ```no_run
    /// use multitenant_runtime::TenantJob;
    /// use multitenant_runtime::sync::TenantPool;
    ///
    /// fn work(pool: &TenantPool, job: TenantJob<String>) -> Result<(), Box<dyn std::error::Error>> {
    ///     let (mut connection, text) = job.enter_sync(pool)?;
    ///     // …
    /// #   let _ = (&mut connection, text);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`enter`](Self::enter).
    pub fn enter_sync(self, pool: &TenantPool) -> Result<(TenantConn, P), PoolError> {
        let (tenant, payload) = self.begin();
        Ok((pool.tenant(&tenant)?, payload))
    }
}
