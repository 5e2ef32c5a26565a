//! The first row of a query.

use diesel::QueryResult;
use diesel::result::Error;
use diesel_async::methods::LoadQuery;
use diesel_async::{RunQueryDsl as Unscoped, return_futures};
use futures_util::future::{AndThen, Either, Ready, TryFutureExt, ready};

use crate::pool::Pooled;

type All<'conn, 'query, Q, U> = return_futures::LoadFuture<'conn, 'query, Q, Pooled, U>;
type First<U> = Ready<QueryResult<U>>;

/// The first row of a query. What is a transaction of its own is read to its end, where it is committed.
pub(super) type OneRow<'conn, 'query, Q, U> = Either<
    return_futures::GetResult<'conn, 'query, Q, Pooled, U>,
    AndThen<All<'conn, 'query, Q, U>, First<U>, fn(Vec<U>) -> First<U>>,
>;

pub(super) fn of<'conn, 'query, Q, U>(query: Q, connection: &'conn mut Pooled) -> OneRow<'conn, 'query, Q, U>
where
    U: Send + 'conn,
    Q: LoadQuery<'query, Pooled, U> + 'query,
{
    if !connection.is_unit() {
        return Either::Left(Unscoped::get_result(query, connection));
    }
    let first: fn(Vec<U>) -> First<U> = |rows| ready(rows.into_iter().next().ok_or(Error::NotFound));
    Either::Right(Unscoped::load(query, connection).and_then(first))
}
