use async_trait::async_trait;
use diesel_async::AsyncPgConnection;

use crate::run::HookResult;
use crate::target::Target;

/// The application's own code when a connection is opened, and when it is handed out.
///
/// ```
/// use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
/// use multitenant_runtime::{HookResult, PoolHooks, async_trait};
///
/// struct Limits;
///
/// #[async_trait]
/// impl PoolHooks for Limits {
///     async fn after_connect(&self, connection: &mut AsyncPgConnection) -> HookResult {
///         connection.batch_execute("SET statement_timeout = '5s'").await?;
///         Ok(())
///     }
/// }
/// ```
///
/// Where each tenant has a role of its own, `on_checkout` runs as that role, and `after_connect` as the application's.
///
/// A hook must leave `search_path` and role as they are, and no transaction open; one that does is an error. There is
/// none for the return: that is no future, so that it happens when a task is cancelled or panics, too.
#[async_trait]
pub trait PoolHooks: Send + Sync {
    /// After a connection was opened, before it serves anybody.
    ///
    /// # Errors
    ///
    /// The connection is closed, and the checkout fails.
    async fn after_connect(&self, connection: &mut AsyncPgConnection) -> HookResult {
        let _ = connection;
        Ok(())
    }

    /// At each checkout, when the target is set.
    ///
    /// # Errors
    ///
    /// The connection is closed, and the checkout fails.
    async fn on_checkout(&self, connection: &mut AsyncPgConnection, target: &Target) -> HookResult {
        let _ = (connection, target);
        Ok(())
    }
}
