//! The connections that are handed out.

use std::fmt;

use diesel_async::AsyncPgConnection;

use crate::scope::InFlight;

/// A connection while it is handed out.
pub(crate) struct Checkout {
    connection: AsyncPgConnection,
    in_flight: InFlight,
}

impl Checkout {
    pub(crate) fn new(connection: AsyncPgConnection) -> Self {
        Self { connection, in_flight: InFlight::default() }
    }

    pub(crate) fn connection(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }

    /// The connection, and what is noted of the operations on it.
    pub(crate) fn parts(&mut self) -> (&mut AsyncPgConnection, &mut InFlight) {
        (&mut self.connection, &mut self.in_flight)
    }
}

/// A connection that serves one tenant.
pub struct TenantConn {
    pub(crate) checkout: Checkout,
}

/// A connection that serves the shared schema.
pub struct SharedConn {
    pub(crate) checkout: Checkout,
}

impl TenantConn {
    /// Takes a connection on which the tenant is set.
    #[doc(hidden)]
    pub fn over(connection: AsyncPgConnection) -> Self {
        Self { checkout: Checkout::new(connection) }
    }
}

impl SharedConn {
    /// Takes a connection on which the shared schema is set.
    #[doc(hidden)]
    pub fn over(connection: AsyncPgConnection) -> Self {
        Self { checkout: Checkout::new(connection) }
    }
}

impl fmt::Debug for TenantConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantConn").finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedConn").finish_non_exhaustive()
    }
}
