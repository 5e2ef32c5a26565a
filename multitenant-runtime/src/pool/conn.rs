//! The connections that are handed out.

use std::fmt;

use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};

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

    /// Whether it must not be given to anybody else.
    pub(crate) fn is_in_doubt(&mut self) -> bool {
        self.in_flight.is_any() || AnsiTransactionManager::is_broken_transaction_manager(&mut self.connection)
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

    /// Whether it would be closed when it is given back.
    #[doc(hidden)]
    pub fn is_in_doubt(&mut self) -> bool {
        self.checkout.is_in_doubt()
    }
}

impl SharedConn {
    /// Takes a connection on which the shared schema is set.
    #[doc(hidden)]
    pub fn over(connection: AsyncPgConnection) -> Self {
        Self { checkout: Checkout::new(connection) }
    }

    /// Whether it would be closed when it is given back.
    #[doc(hidden)]
    pub fn is_in_doubt(&mut self) -> bool {
        self.checkout.is_in_doubt()
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
