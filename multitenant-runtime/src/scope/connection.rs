//! Connections that keep their queries to a scope.

use std::future::Future;

use diesel::result::Error;

use super::operation::InFlight;
use super::reach::{Scope, SharedScope, TenantScope};
use super::transaction::{self, TransactionBody};
use super::transaction_builder::TransactionBuilder;
use crate::pool::{Checkout, Pooled, SharedConn, TenantConn};

/// A connection that keeps its queries to the tables of its scope: [`TenantConn`] or [`SharedConn`].
///
/// It is no connection of Diesel's or diesel-async's, so that their `RunQueryDsl` and `sql_query` have no way to it.
///
/// ```
/// use multitenant_runtime::TenantConn;
/// use multitenant_runtime::prelude::*;
///
/// diesel::table! { accounts (id) { id -> Integer, cents -> BigInt, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { accounts }
///
/// async fn pay(conn: &mut TenantConn, from: i32, to: i32, cents: i64) -> QueryResult<()> {
///     conn.transaction(async |conn| {
///         let less = accounts::cents.eq(accounts::cents - cents);
///         diesel::update(accounts::table.find(from)).set(less).execute(conn).await?;
///         let more = accounts::cents.eq(accounts::cents + cents);
///         diesel::update(accounts::table.find(to)).set(more).execute(conn).await?;
///         Ok(())
///     })
///     .await
/// }
/// # }
/// ```
pub trait ScopedConnection: sealed::Operations + Send + Sized {
    /// What it may touch.
    type Scope: Scope;

    /// Runs the closure in a transaction: committed where it returns `Ok`, rolled back where it returns `Err`.
    ///
    /// In a transaction it is a savepoint. The closure is given the same connection, with its scope:
    /// `conn.transaction(async |conn| { … }).await`.
    ///
    /// # Errors
    ///
    /// The closure's, or Diesel's where the transaction cannot be begun, committed or rolled back. One in which a
    /// statement has failed is rolled back, and is an error, even where the closure returns `Ok`.
    ///
    /// # Cancel safety
    ///
    /// Dropped half way, it leaves the transaction open and its connection in doubt, which is closed when it is
    /// given back: nothing is committed.
    fn transaction<'a, 'conn, R, E, F>(&'conn mut self, body: F) -> impl Future<Output = Result<R, E>> + Send + 'conn
    where
        F: for<'r> AsyncFnOnce(&'r mut Self) -> Result<R, E>
            + for<'r> TransactionBody<&'r mut Self, Result<R, E>, Running: Send>
            + Send
            + 'a,
        E: From<Error> + Send + 'a,
        R: Send + 'a,
        'a: 'conn,
    {
        transaction::run(self, None, body)
    }

    /// Begins a transaction with an isolation level or a mode of its own:
    /// `conn.build_transaction().serializable().read_only().run(async |conn| { … }).await`.
    fn build_transaction(&mut self) -> TransactionBuilder<'_, Self> {
        TransactionBuilder::new(self)
    }
}

impl ScopedConnection for TenantConn {
    type Scope = TenantScope;
}

impl ScopedConnection for SharedConn {
    type Scope = SharedScope;
}

pub(crate) mod sealed {
    use super::{Checkout, InFlight, Pooled};

    pub trait Operations {
        fn held(&mut self) -> Held<'_>;

        fn parts(&mut self) -> Parts<'_> {
            let (connection, in_flight) = self.held().0.parts();
            Parts { connection, in_flight }
        }
    }

    /// The checkout, for us alone: the trait's methods are seen wherever its bound is.
    #[expect(missing_debug_implementations, reason = "nobody outside has one")]
    pub struct Held<'conn>(pub(crate) &'conn mut Checkout);

    /// What an operation needs.
    #[expect(missing_debug_implementations, reason = "nobody outside has one")]
    pub struct Parts<'conn> {
        pub(crate) connection: &'conn mut Pooled,
        pub(crate) in_flight: &'conn mut InFlight,
    }
}

impl sealed::Operations for TenantConn {
    fn held(&mut self) -> sealed::Held<'_> {
        sealed::Held(&mut self.checkout)
    }
}

impl sealed::Operations for SharedConn {
    fn held(&mut self) -> sealed::Held<'_> {
        sealed::Held(&mut self.checkout)
    }
}
