//! The rows of a query, which is sent once more where its plan was stale.
//!
//! "cached plan must not change result type": the table has changed since the statement was prepared on this connection,
//! or is another tenant's. It would fail for ever. Nothing of it was done, so where there is no transaction it is
//! sent again, not prepared beforehand; the pool forgets what is prepared before the next operation.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use diesel::QueryResult;
use diesel::deserialize::FromSqlRow;
use diesel::expression::QueryMetadata;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::CompatibleType;
use diesel::result::Error;
use diesel_async::methods::LoadQuery;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use pin_project_lite::pin_project;

use crate::pool::{Pooled, Row, Rows};

/// A query whose rows become values of this type.
pub trait Loads<'query, U>: LoadQuery<'query, Pooled, U> + Query + QueryFragment<Pg> + QueryId {
    #[doc(hidden)]
    fn build(row: &Row) -> QueryResult<U>;
}

impl<'query, Q, U, ST> Loads<'query, U> for Q
where
    Q: LoadQuery<'query, Pooled, U> + Query + QueryFragment<Pg> + QueryId,
    Q::SqlType: CompatibleType<U, Pg, SqlType = ST>,
    U: FromSqlRow<ST, Pg>,
    Pg: QueryMetadata<Q::SqlType>,
{
    fn build(row: &Row) -> QueryResult<U> {
        U::build_from_row(row).map_err(Error::DeserializationError)
    }
}

pin_project! {
    /// A query on its way to its rows.
    pub struct Sending<'conn, Q> {
        query: Q,
        // Where it may be sent again.
        connection: Option<&'conn Pooled>,
        sent: BoxFuture<'conn, QueryResult<Rows>>,
    }
}

impl<'conn, Q: Query + QueryFragment<Pg> + QueryId> Sending<'conn, Q> {
    pub(super) fn new(query: Q, connection: &'conn mut Pooled) -> Self {
        if connection.is_unit() || !connection.is_idle() {
            let sent = diesel_async::AsyncConnectionCore::load(connection, &query);
            return Self { query, connection: None, sent };
        }
        let connection: &'conn Pooled = connection;
        Self { sent: connection.load_shared(&query), query, connection: Some(connection) }
    }
}

impl<Q: Query + QueryFragment<Pg> + QueryId> Future for Sending<'_, Q> {
    type Output = QueryResult<Rows>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.sent.as_mut().poll(context));
        match this.connection.take().filter(|connection| result.is_err() && connection.has_stale_plans()) {
            None => Poll::Ready(result),
            Some(connection) => {
                *this.sent = connection.load_shared(Anew(&*this.query));
                this.sent.as_mut().poll(context)
            }
        }
    }
}

/// The same query, not to be prepared beforehand.
struct Anew<'a, Q>(&'a Q);

impl<Q> QueryId for Anew<'_, Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Anew<'_, Q> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Anew<'_, Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        self.0.walk_ast(out)
    }
}

pin_project! {
    /// All rows of a query.
    #[must_use = "nothing is sent until it is awaited"]
    pub struct AllRows<'conn, Q, U> {
        #[pin]
        sending: Sending<'conn, Q>,
        rows: Option<Rows>,
        values: Vec<U>,
    }
}

impl<'conn, Q: Query + QueryFragment<Pg> + QueryId, U> AllRows<'conn, Q, U> {
    pub(super) fn of(query: Q, connection: &'conn mut Pooled) -> Self {
        Self { sending: Sending::new(query, connection), rows: None, values: Vec::new() }
    }
}

impl<'query, Q: Loads<'query, U>, U> Future for AllRows<'_, Q, U> {
    type Output = QueryResult<Vec<U>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let rows = match this.rows {
            Some(rows) => rows,
            None => this.rows.insert(ready!(this.sending.poll(context))?),
        };
        while let Some(row) = ready!(Pin::new(&mut *rows).poll_next(context)) {
            this.values.push(Q::build(&row?)?);
        }
        Poll::Ready(Ok(std::mem::take(this.values)))
    }
}

pin_project! {
    /// The first row of a query.
    #[must_use = "nothing is sent until it is awaited"]
    pub struct FirstRow<'conn, Q, U> {
        #[pin]
        sending: Sending<'conn, Q>,
        rows: Option<Rows>,
        first: Option<U>,
        // What is a transaction of its own is read to its end, where it is committed.
        to_the_end: bool,
    }
}

impl<'conn, Q: Query + QueryFragment<Pg> + QueryId, U> FirstRow<'conn, Q, U> {
    pub(super) fn of(query: Q, connection: &'conn mut Pooled) -> Self {
        let to_the_end = connection.is_unit();
        Self { sending: Sending::new(query, connection), rows: None, first: None, to_the_end }
    }
}

impl<'query, Q: Loads<'query, U>, U> Future for FirstRow<'_, Q, U> {
    type Output = QueryResult<U>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let rows = match this.rows {
            Some(rows) => rows,
            None => this.rows.insert(ready!(this.sending.poll(context))?),
        };
        while let Some(row) = ready!(Pin::new(&mut *rows).poll_next(context)) {
            let value = Q::build(&row?)?;
            this.first.get_or_insert(value);
            if !*this.to_the_end {
                break;
            }
        }
        Poll::Ready(this.first.take().ok_or(Error::NotFound))
    }
}
