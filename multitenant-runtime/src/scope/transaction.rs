//! Transactions on a connection that keeps its scope.

use std::future::Future;

use diesel::result::{DatabaseErrorKind, Error};

use super::connection::ScopedConnection;

/// An async closure whose future can be named, to ask that it is `Send`.
///
/// It is implemented for each async closure; `AsyncFnOnce` alone has no name for its future in stable Rust.
pub trait TransactionBody<Conn, Result>: AsyncFnOnce(Conn) -> Result + FnOnce(Conn) -> Self::Running {
    /// The closure's future.
    type Running: Future<Output = Result>;
}

impl<F, Conn, Running> TransactionBody<Conn, Running::Output> for F
where
    F: AsyncFnOnce(Conn) -> Running::Output + FnOnce(Conn) -> Running,
    Running: Future,
{
    type Running = Running;
}

/// Runs the closure in a transaction, or in a savepoint of the one that is open; `begin` is the statement that
/// begins it, where that is not plain `BEGIN`.
pub(super) async fn run<Conn, R, E, F>(conn: &mut Conn, begin: Option<&str>, body: F) -> Result<R, E>
where
    Conn: ScopedConnection,
    F: for<'r> TransactionBody<&'r mut Conn, Result<R, E>, Running: Send> + Send,
    E: From<Error> + Send,
    R: Send,
{
    // Not ended where this future is dropped: then the transaction is open, and the connection is in doubt.
    conn.parts().in_flight.begin();
    let result = within(conn, begin, body).await;
    conn.parts().in_flight.end();
    result
}

async fn within<Conn, R, E, F>(conn: &mut Conn, sql: Option<&str>, body: F) -> Result<R, E>
where
    Conn: ScopedConnection,
    F: for<'r> TransactionBody<&'r mut Conn, Result<R, E>, Running: Send> + Send,
    E: From<Error> + Send,
    R: Send,
{
    conn.parts().connection.begin(sql).await?;
    match body(&mut *conn).await {
        Ok(value) => {
            // The server would answer COMMIT, and roll back.
            if conn.held().0.has_failed().await {
                conn.parts().connection.roll_back().await?;
                return Err(failed().into());
            }
            if let Err(error) = conn.parts().connection.nothing_lasts().await {
                conn.parts().connection.roll_back().await?;
                return Err(error.into());
            }
            conn.parts().connection.commit().await?;
            Ok(value)
        }
        Err(error) => match conn.parts().connection.roll_back().await {
            // The manager is broken by what the closure's error tells of.
            Ok(()) | Err(Error::BrokenTransactionManager) => Err(error),
            Err(rollback) => Err(rollback.into()),
        },
    }
}

/// What becomes of a transaction that the server has given up.
pub(crate) fn failed() -> Error {
    let message = "a statement of the transaction had failed, so that it is rolled back and not committed: return the \
                   statement's error from the closure, or run what may fail in a `transaction` of its own";
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
}
