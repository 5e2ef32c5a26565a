use diesel::PgConnection;

use crate::run::HookResult;
use crate::target::Target;

/// The application's own code when a connection is opened, and when it is handed out.
///
/// ```
/// use diesel::PgConnection;
/// use diesel::connection::SimpleConnection;
/// use multitenant_runtime::{HookResult, sync::PoolHooks};
///
/// struct Limits;
///
/// impl PoolHooks for Limits {
///     fn after_connect(&self, connection: &mut PgConnection) -> HookResult {
///         connection.batch_execute("SET statement_timeout = '5s'")?;
///         Ok(())
///     }
/// }
/// ```
///
/// A hook must leave `search_path` and role as they are, and no transaction open.
pub trait PoolHooks: Send + Sync {
    /// After a connection was opened, before it serves anybody.
    ///
    /// # Errors
    ///
    /// The connection is closed, and the checkout fails.
    fn after_connect(&self, connection: &mut PgConnection) -> HookResult {
        let _ = connection;
        Ok(())
    }

    /// At each checkout, when the target is set.
    ///
    /// # Errors
    ///
    /// The connection is closed, and the checkout fails.
    fn on_checkout(&self, connection: &mut PgConnection, target: &Target) -> HookResult {
        let _ = (connection, target);
        Ok(())
    }
}
