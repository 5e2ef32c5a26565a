use std::sync::Arc;

use crate::pool::{Parts, PoolError, TenantPoolBuilder};

use super::hooks::PoolHooks;
use super::tenant_pool::TenantPool;

impl TenantPoolBuilder {
    /// Makes the pool for synchronous code. Nothing is connected yet.
    ///
    /// There, tenants whose schemas have types of their own need no
    /// [`pin_connections`](TenantPoolBuilder::pin_connections), which changes nothing.
    ///
    /// ```no_run
    /// # fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = migrator.pool().max_connections(20).build_sync()?;
    /// let mut acme = pool.tenant("acme")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`PoolError::Url`]; [`PoolError::Hook`] where there are hooks for diesel-async's connections.
    pub fn build_sync(self) -> Result<TenantPool, PoolError> {
        self.build_for(None)
    }

    /// The same, with the application's own code for new connections, and at each checkout.
    ///
    /// # Errors
    ///
    /// As of [`build_sync`](Self::build_sync).
    pub fn build_sync_with(self, hooks: impl PoolHooks + 'static) -> Result<TenantPool, PoolError> {
        self.build_for(Some(Arc::new(hooks)))
    }

    fn build_for(self, hooks: Option<Arc<dyn PoolHooks>>) -> Result<TenantPool, PoolError> {
        let Parts { migrator, mut options, hooks: unusable } = self.into_parts()?;
        if unusable.is_some() {
            let error = "the hooks given by `hooks` are for diesel-async's connections: give synchronous ones to \
                         `build_sync_with`";
            return Err(PoolError::Hook { hook: "after_connect", error: error.into() });
        }
        // With pins, nobody would ask for types.
        options.pin_connections = false;
        Ok(TenantPool::new(migrator, options, hooks))
    }
}
