//! The methods that run a query.

use diesel::dsl::Limit;
use diesel::query_builder::AsQuery;
use diesel::query_dsl::methods::LimitDsl;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::{AsyncConnectionCore, RunQueryDsl as Unscoped};

use super::connection::ScopedConnection;
use super::loading::{AllRows, FirstRow, Loads};
use super::operation::{Operation, StreamOperation};
use super::queries::InScope;
use crate::pool::Pooled;

/// Runs queries on a [`TenantConn`](crate::TenantConn) or a [`SharedConn`](crate::SharedConn).
///
/// It stands in for diesel-async's trait of that name, whose methods it has: only the import changes.
///
/// ```
/// use diesel::prelude::*;
/// use multitenant_runtime::{RunQueryDsl, TenantConn};
///
/// diesel::table! { users (id) { id -> Integer, name -> Text, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// async fn rename(conn: &mut TenantConn, id: i32, name: &str) -> QueryResult<Vec<String>> {
///     diesel::update(users::table.find(id)).set(users::name.eq(name)).execute(conn).await?;
///     users::table.select(users::name).order(users::id).load(conn).await
/// }
/// # }
/// ```
pub trait RunQueryDsl<Conn>: Sized {
    /// Runs the command and returns the number of rows it has touched.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn execute<'conn, 'query>(
        self,
        conn: &'conn mut Conn,
    ) -> Operation<'conn, <Pooled as AsyncConnectionCore>::ExecuteFuture<'conn, 'query>>
    where
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + ExecuteDsl<Pooled> + 'query,
    {
        let parts = conn.parts();
        match self.verify(parts.connection.seen()) {
            Ok(()) => Operation::new(parts.in_flight, Unscoped::execute(self, parts.connection)),
            Err(error) => Operation::refused(parts.in_flight, error),
        }
    }

    /// Runs the query and returns its rows.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn load<'query, 'conn, U>(self, conn: &'conn mut Conn) -> Operation<'conn, AllRows<'conn, Self::Query, U>>
    where
        U: Send,
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + Loads<'query, U> + 'query>,
    {
        let (query, parts) = (self.as_query(), conn.parts());
        match query.verify(parts.connection.seen()) {
            Ok(()) => Operation::new(parts.in_flight, AllRows::of(query, parts.connection)),
            Err(error) => Operation::refused(parts.in_flight, error),
        }
    }

    /// Runs the query and returns its rows as they arrive.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn load_stream<'conn, 'query, U>(
        self,
        conn: &'conn mut Conn,
    ) -> StreamOperation<'conn, <Self::Query as LoadQuery<'query, Pooled, U>>::LoadFuture<'conn>>
    where
        U: 'conn,
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + LoadQuery<'query, Pooled, U> + 'query>,
    {
        let (query, parts) = (self.as_query(), conn.parts());
        let future = query.verify(parts.connection.seen()).map(|()| Unscoped::load_stream(query, parts.connection));
        StreamOperation::new(parts.in_flight, future)
    }

    /// Runs the command and returns its first row.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no row.
    fn get_result<'query, 'conn, U>(self, conn: &'conn mut Conn) -> Operation<'conn, FirstRow<'conn, Self::Query, U>>
    where
        U: Send + 'conn,
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + Loads<'query, U> + 'query>,
    {
        let (query, parts) = (self.as_query(), conn.parts());
        match query.verify(parts.connection.seen()) {
            Ok(()) => Operation::new(parts.in_flight, FirstRow::of(query, parts.connection)),
            Err(error) => Operation::refused(parts.in_flight, error),
        }
    }

    /// Runs the command and returns the rows it has touched: [`load`](Self::load), with a name that fits inserts,
    /// updates and deletes.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn get_results<'query, 'conn, U>(self, conn: &'conn mut Conn) -> Operation<'conn, AllRows<'conn, Self::Query, U>>
    where
        U: Send,
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + Loads<'query, U> + 'query>,
    {
        RunQueryDsl::load(self, conn)
    }

    /// Runs the query with a limit of one row, and returns that.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no row.
    fn first<'query, 'conn, U>(
        self,
        conn: &'conn mut Conn,
    ) -> Operation<'conn, FirstRow<'conn, <Limit<Self> as AsQuery>::Query, U>>
    where
        U: Send + 'conn,
        Conn: ScopedConnection,
        Self: LimitDsl<Output: AsQuery<Query: InScope<Conn::Scope> + Loads<'query, U> + 'query>>,
    {
        RunQueryDsl::get_result(self.limit(1), conn)
    }
}

impl<T, Conn> RunQueryDsl<Conn> for T {}
