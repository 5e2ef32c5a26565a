//! Transactions over a connection that is none of Diesel's.

use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::{AnsiTransactionManager, TransactionManager};

use super::checkout::Checkout;

/// An async closure over one argument, with a name for its future: `async |conn| …`.
///
/// It is implemented for all of them, and there to say that the future is `Send`.
pub trait TransactionFn<C, R>: AsyncFnOnce(C) -> R + FnOnce(C) -> <Self as TransactionFn<C, R>>::Future {
    /// The closure's future.
    type Future: Future<Output = R>;
}

impl<F, C, Fut, R> TransactionFn<C, R> for F
where
    F: AsyncFnOnce(C) -> R + FnOnce(C) -> Fut,
    Fut: Future<Output = R>,
{
    type Future = Fut;
}

/// Who has a checkout.
pub(super) trait Holder: Send {
    fn checkout(&mut self) -> &mut Checkout;
}

/// Runs the closure in a transaction, or in a savepoint where there is one.
pub(super) async fn transaction<'a, C, R, E, F>(conn: &'a mut C, work: F) -> Result<R, E>
where
    C: Holder,
    for<'r> F:
        AsyncFnOnce(&'r mut C) -> Result<R, E> + TransactionFn<&'r mut C, Result<R, E>, Future: Send> + Send + 'a,
    R: Send,
    E: From<Error> + Send,
{
    AnsiTransactionManager::begin_transaction(conn.checkout().connection()).await?;
    match work(&mut *conn).await {
        Ok(value) => {
            let checkout = conn.checkout();
            // The server would answer COMMIT, and roll back.
            if checkout.has_failed().await {
                AnsiTransactionManager::rollback_transaction(checkout.connection()).await?;
                return Err(failed().into());
            }
            AnsiTransactionManager::commit_transaction(checkout.connection()).await?;
            Ok(value)
        }
        Err(error) => match AnsiTransactionManager::rollback_transaction(conn.checkout().connection()).await {
            Ok(()) | Err(Error::BrokenTransactionManager) => Err(error),
            Err(rollback) => Err(rollback.into()),
        },
    }
}

fn failed() -> Error {
    let message = "a statement of the transaction had failed, so that it is rolled back and not committed: return the \
                   statement's error from the closure, or run what may fail in a `transaction` of its own";
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
}
