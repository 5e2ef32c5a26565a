//! What a checkout hands out.

use std::fmt;
use std::sync::Arc;

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::ident::{SchemaName, TenantId};

use super::checkout::Checkout;
use super::pooled::Served;

/// A connection on which one tenant is set, until it is dropped.
///
/// It is no connection of Diesel's: what cannot be this tenant's cannot be asked on it.
pub struct TenantConn {
    pub(crate) checkout: Checkout,
    pub(super) served: Arc<Served>,
    pub(super) tenant: TenantId,
}

/// A connection on which the shared schema is set, until it is dropped.
///
/// It is no connection of Diesel's: tenants' tables cannot be asked on it.
pub struct SharedConn {
    pub(crate) checkout: Checkout,
    pub(super) served: Arc<Served>,
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
            .field("schema", &self.served.target.schema().as_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedConn").field("schema", &self.served.target.schema().as_str()).finish_non_exhaustive()
    }
}

macro_rules! conn {
    ($conn:ident) => {
        impl $conn {
            /// The schema whose tables it sees first.
            #[must_use]
            pub fn schema(&self) -> &SchemaName {
                self.served.target.schema()
            }

            /// Diesel's own connection, for what the types do not allow: raw SQL, unmarked tables, another crate.
            ///
            /// Nobody checks what is done with it. It may read other schemas by their names, and change `search_path`
            /// and role for the rest of this checkout; so it is closed afterwards, and opening the next one costs some
            /// milliseconds.
            ///
            /// # Errors
            ///
            /// Behind a pooler in transaction mode ([`Pooling::Transaction`](crate::Pooling::Transaction)), outside of a
            /// transaction. Within one, only what is local to it may be set.
            pub fn unchecked_connection(&mut self) -> QueryResult<&mut AsyncPgConnection> {
                self.checkout.unchecked_connection()
            }

            /// Diesel's own connection, taken for one on which only queries of this scope run: for the tests of what
            /// the pool notices by itself.
            #[cfg(feature = "testing")]
            #[doc(hidden)]
            pub fn trusted_connection(&mut self) -> &mut AsyncPgConnection {
                self.checkout.connection()
            }

            /// Whether it would be closed if it were given back now.
            #[cfg(feature = "testing")]
            #[doc(hidden)]
            pub fn is_in_doubt(&mut self) -> bool {
                self.checkout.is_in_doubt()
            }
        }
    };
}

conn!(TenantConn);
conn!(SharedConn);
