//! What a checkout hands out.

use std::fmt;

use diesel::result::Error;
use diesel_async::AsyncPgConnection;

use crate::ident::{SchemaName, TenantId};
use crate::target::Target;

use super::checkout::Checkout;
use super::transaction::{Holder, TransactionFn, transaction};

/// A connection on which one tenant is set, until it is dropped.
///
/// It is no connection of Diesel's: what cannot be this tenant's cannot be asked on it.
pub struct TenantConn {
    pub(crate) checkout: Checkout,
    pub(super) target: Target,
    pub(super) tenant: TenantId,
}

/// A connection on which the shared schema is set, until it is dropped.
///
/// It is no connection of Diesel's: tenants' tables cannot be asked on it.
pub struct SharedConn {
    pub(crate) checkout: Checkout,
    pub(super) target: Target,
}

impl TenantConn {
    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

impl fmt::Debug for TenantConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantConn")
            .field("tenant", &self.tenant.as_str())
            .field("schema", &self.target.schema().as_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedConn").field("schema", &self.target.schema().as_str()).finish_non_exhaustive()
    }
}

macro_rules! conn {
    ($conn:ident) => {
        impl $conn {
            /// The schema whose tables it sees first.
            #[must_use]
            pub fn schema(&self) -> &SchemaName {
                self.target.schema()
            }

            /// Diesel's own connection, for what the types do not allow: raw SQL, unmarked tables, another crate.
            ///
            /// Nobody checks what is done with it. It may read other schemas by their names, and change `search_path`
            /// and role for the rest of this checkout; so it is closed afterwards, and opening the next one costs some
            /// milliseconds.
            pub fn unchecked_connection(&mut self) -> &mut AsyncPgConnection {
                self.checkout.unchecked_connection()
            }

            /// The connection as a query of this scope uses it, for the tests of the pool.
            #[cfg(feature = "testing")]
            #[doc(hidden)]
            pub fn checked_connection(&mut self) -> &mut AsyncPgConnection {
                self.checkout.connection()
            }

            /// Whether the last failure was a stale plan's; it is cured then. For the tests of the pool.
            #[cfg(feature = "testing")]
            #[doc(hidden)]
            pub fn cure_stale_plan(&mut self) -> bool {
                let is_stale = self.checkout.has_stale_plan();
                if is_stale {
                    self.checkout.forget_statements();
                }
                is_stale
            }

            /// Runs the closure in a transaction: committed when it returns `Ok`, else rolled back. In a transaction
            /// it is a savepoint.
            ///
            /// # Errors
            ///
            /// The closure's, and Diesel's where the transaction cannot begin or end. One in which a statement has
            /// failed is rolled back, and is an error, even if the closure returns `Ok`.
            ///
            /// # Cancel safety
            ///
            /// Dropped in between, the transaction is rolled back and the connection closed when it is returned.
            pub fn transaction<'conn, 'work, R, E, F>(
                &'conn mut self,
                work: F,
            ) -> impl Future<Output = Result<R, E>> + Send + 'conn
            where
                for<'r> F: AsyncFnOnce(&'r mut $conn) -> Result<R, E>
                    + TransactionFn<&'r mut $conn, Result<R, E>, Future: Send>
                    + Send
                    + 'work,
                R: Send + 'work,
                E: From<Error> + Send + 'work,
                'work: 'conn,
            {
                transaction(self, work)
            }
        }

        impl Holder for $conn {
            fn checkout(&mut self) -> &mut Checkout {
                &mut self.checkout
            }
        }
    };
}

conn!(TenantConn);
conn!(SharedConn);
