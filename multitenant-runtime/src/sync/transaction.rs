//! Transactions on a connection that keeps its scope.

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::result::Error;

use crate::scope::{TransactionBuilder, failed};

use super::checkout::Checkout;
use super::conn::{SharedConn, TenantConn};
use super::connection::ScopedConnection;

type Manager = AnsiTransactionManager;

/// Runs the closure in a transaction, or in a savepoint of the one that is open; `begin` is the statement that begins it,
/// where that is not plain `BEGIN`.
pub(super) fn run<Conn, R, E>(
    conn: &mut Conn,
    begin: Option<&str>,
    body: impl FnOnce(&mut Conn) -> Result<R, E>,
) -> Result<R, E>
where
    Conn: ScopedConnection,
    E: From<Error>,
{
    // Not ended where the closure panics: then the transaction is open, and the connection is in doubt.
    let before = conn.held().0.begin();
    let result = within(conn, begin, body);
    conn.held().0.end(before);
    result
}

fn within<Conn, R, E>(
    conn: &mut Conn,
    begin: Option<&str>,
    body: impl FnOnce(&mut Conn) -> Result<R, E>,
) -> Result<R, E>
where
    Conn: ScopedConnection,
    E: From<Error>,
{
    conn.held().0.run(|connection| match begin {
        Some(sql) => Manager::begin_transaction_sql(connection, sql),
        None => Manager::begin_transaction(connection),
    })?;
    let outer = conn.held().0.take_failure();
    let result = body(&mut *conn);
    let checkout = conn.held().0;
    let failed_within = checkout.take_failure();
    let ended = match result {
        // The server would answer COMMIT, and roll back.
        Ok(_) if failed_within && has_failed(checkout) => match checkout.run(Manager::rollback_transaction) {
            Ok(()) => Err(failed().into()),
            Err(rollback) => Err(rollback.into()),
        },
        Ok(value) => checkout.run(Manager::commit_transaction).map(|()| value).map_err(E::from),
        Err(error) => match checkout.run(Manager::rollback_transaction) {
            // The manager is broken by what the closure's error tells of.
            Ok(()) | Err(Error::BrokenTransactionManager) => Err(error),
            Err(rollback) => Err(rollback.into()),
        },
    };
    if outer {
        checkout.note_failure();
    }
    ended
}

/// Whether the transaction has failed, and not only a statement of a savepoint that was rolled back. Diesel is not told
/// where a statement fails while it is prepared.
fn has_failed(checkout: &mut Checkout) -> bool {
    checkout.run(|connection| connection.batch_execute("SELECT 1")).is_err()
}

macro_rules! builder {
    ($conn:ident) => {
        impl TransactionBuilder<'_, $conn> {
            /// Runs the closure in it, as a synchronous connection's `transaction` does.
            ///
            /// # Errors
            ///
            /// The closure's; `AlreadyInTransaction` within a transaction; Diesel's where it cannot be begun, committed or
            /// rolled back.
            pub fn run<R, E: From<Error>>(self, body: impl FnOnce(&mut $conn) -> Result<R, E>) -> Result<R, E> {
                let (conn, begin) = self.into_parts();
                run(conn, Some(&begin), body)
            }
        }
    };
}

builder!(TenantConn);
builder!(SharedConn);
