//! Transactions that are more than `BEGIN`.

use std::future::Future;

use diesel::result::Error;

use super::connection::ScopedConnection;
use super::transaction::{self, TransactionBody};

/// A transaction with an isolation level or a mode of its own: see [`ScopedConnection::build_transaction`].
///
/// ```
/// use multitenant_runtime::TenantConn;
/// use multitenant_runtime::prelude::*;
///
/// diesel::table! { users (id) { id -> Integer, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// async fn count(conn: &mut TenantConn) -> QueryResult<i64> {
///     let transaction = conn.build_transaction().repeatable_read().read_only();
///     transaction.run(async |conn| users::table.count().get_result(conn).await).await
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is begun until it is run"]
pub struct TransactionBuilder<'conn, Conn> {
    conn: &'conn mut Conn,
    isolation: &'static str,
    access: &'static str,
    deferrable: &'static str,
}

impl<'conn, Conn> TransactionBuilder<'conn, Conn> {
    pub(crate) fn new(conn: &'conn mut Conn) -> Self {
        Self { conn, isolation: "", access: "", deferrable: "" }
    }

    /// `ISOLATION LEVEL READ COMMITTED`.
    pub fn read_committed(self) -> Self {
        Self { isolation: " ISOLATION LEVEL READ COMMITTED", ..self }
    }

    /// `ISOLATION LEVEL REPEATABLE READ`.
    pub fn repeatable_read(self) -> Self {
        Self { isolation: " ISOLATION LEVEL REPEATABLE READ", ..self }
    }

    /// `ISOLATION LEVEL SERIALIZABLE`.
    pub fn serializable(self) -> Self {
        Self { isolation: " ISOLATION LEVEL SERIALIZABLE", ..self }
    }

    /// `READ ONLY`.
    pub fn read_only(self) -> Self {
        Self { access: " READ ONLY", ..self }
    }

    /// `READ WRITE`.
    pub fn read_write(self) -> Self {
        Self { access: " READ WRITE", ..self }
    }

    /// `DEFERRABLE`: of use to a serializable transaction that only reads.
    pub fn deferrable(self) -> Self {
        Self { deferrable: " DEFERRABLE", ..self }
    }

    /// `NOT DEFERRABLE`.
    pub fn not_deferrable(self) -> Self {
        Self { deferrable: " NOT DEFERRABLE", ..self }
    }

    /// The connection, and the statement that begins the transaction.
    pub(crate) fn into_parts(self) -> (&'conn mut Conn, String) {
        let Self { conn, isolation, access, deferrable } = self;
        (conn, format!("BEGIN{isolation}{access}{deferrable}"))
    }
}

impl<'conn, Conn: ScopedConnection> TransactionBuilder<'conn, Conn> {
    /// Runs the closure in it, as [`ScopedConnection::transaction`] does.
    ///
    /// # Errors
    ///
    /// The closure's; `AlreadyInTransaction` within a transaction; Diesel's where it cannot be begun, committed or
    /// rolled back.
    ///
    /// # Cancel safety
    ///
    /// As with [`ScopedConnection::transaction`].
    pub fn run<'a, R, E, F>(self, body: F) -> impl Future<Output = Result<R, E>> + Send + 'conn
    where
        F: for<'r> AsyncFnOnce(&'r mut Conn) -> Result<R, E>
            + for<'r> TransactionBody<&'r mut Conn, Result<R, E>, Running: Send>
            + Send
            + 'a,
        E: From<Error> + Send + 'a,
        R: Send + 'a,
        'a: 'conn,
    {
        let (conn, begin) = self.into_parts();
        async move { transaction::run(conn, Some(&begin), body).await }
    }
}
