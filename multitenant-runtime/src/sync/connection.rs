//! Connections that keep their queries to a scope.

use diesel::result::Error;

use crate::scope::{Scope, SharedScope, TenantScope, TransactionBuilder};

use super::conn::{SharedConn, TenantConn};
use super::transaction;

/// A connection that keeps its queries to the tables of its scope: [`TenantConn`] or [`SharedConn`].
///
/// It is no connection of Diesel's, so that Diesel's `RunQueryDsl` and `sql_query` have no way to it.
///
/// ```
/// use multitenant_runtime::sync::TenantConn;
/// use multitenant_runtime::sync::prelude::*;
///
/// diesel::table! { accounts (id) { id -> Integer, cents -> BigInt, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { accounts }
///
/// fn pay(conn: &mut TenantConn, from: i32, to: i32, cents: i64) -> QueryResult<()> {
///     conn.transaction(|conn| {
///         let less = accounts::cents.eq(accounts::cents - cents);
///         diesel::update(accounts::table.find(from)).set(less).execute(conn)?;
///         let more = accounts::cents.eq(accounts::cents + cents);
///         diesel::update(accounts::table.find(to)).set(more).execute(conn)?;
///         Ok(())
///     })
/// }
/// # }
/// ```
///
/// What is not marked is an error of the compiler, and so is what Diesel's own connection is needed for:
///
/// ```compile_fail
/// use multitenant_runtime::sync::TenantConn;
/// use multitenant_runtime::sync::prelude::*;
///
/// diesel::table! { secrets (id) { id -> Integer, } }
///
/// fn read(conn: &mut TenantConn) -> QueryResult<Vec<i32>> {
///     secrets::table.select(secrets::id).load(conn)
/// }
/// ```
///
/// ```compile_fail
/// use multitenant_runtime::sync::TenantConn;
/// use multitenant_runtime::sync::prelude::*;
///
/// fn write(conn: &mut TenantConn) -> QueryResult<usize> {
///     diesel::sql_query("DELETE FROM secrets").execute(conn)
/// }
/// ```
pub trait ScopedConnection: sealed::Operations + Sized {
    /// What it may touch.
    type Scope: Scope;

    /// Runs the closure in a transaction: committed where it returns `Ok`, rolled back where it returns `Err`.
    ///
    /// In a transaction it is a savepoint. The closure is given the same connection, with its scope. One that panics leaves
    /// the transaction open and the connection in doubt, which is closed when it is given back: nothing is committed.
    ///
    /// # Errors
    ///
    /// The closure's, or Diesel's where the transaction cannot be begun, committed or rolled back. One in which a
    /// statement has failed is rolled back, and is an error, even where the closure returns `Ok`.
    fn transaction<R, E: From<Error>>(&mut self, body: impl FnOnce(&mut Self) -> Result<R, E>) -> Result<R, E> {
        transaction::run(self, None, body)
    }

    /// Begins a transaction with an isolation level or a mode of its own:
    /// `conn.build_transaction().serializable().read_only().run(|conn| { … })`.
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

pub(super) mod sealed {
    use super::super::checkout::Checkout;

    pub trait Operations {
        fn held(&mut self) -> Held<'_>;
    }

    /// The checkout, for us alone: the trait's methods are seen wherever its bound is.
    #[expect(missing_debug_implementations, reason = "nobody outside has one")]
    pub struct Held<'conn>(pub(crate) &'conn mut Checkout);
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
