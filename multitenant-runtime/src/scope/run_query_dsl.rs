//! The methods that run a query.

use diesel::query_dsl::methods::LimitDsl;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, RunQueryDsl as Unscoped, return_futures};

use super::connection::ScopedConnection;
use super::operation::{Operation, StreamOperation};
use super::queries::InScope;

/// Runs queries on a [`TenantConn`](crate::TenantConn) or a [`SharedConn`](crate::SharedConn).
pub trait RunQueryDsl<Conn>: Sized {
    /// Runs the command and returns the number of rows it has touched.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn execute<'conn, 'query>(
        self,
        conn: &'conn mut Conn,
    ) -> Operation<'conn, <AsyncPgConnection as AsyncConnectionCore>::ExecuteFuture<'conn, 'query>>
    where
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + ExecuteDsl<AsyncPgConnection> + 'query,
    {
        let parts = conn.parts();
        match self.verify() {
            Ok(()) => Operation::new(parts.in_flight, Unscoped::execute(self, parts.connection)),
            Err(error) => Operation::refused(parts.in_flight, error),
        }
    }

    /// Runs the query and returns its rows.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn load<'query, 'conn, U>(
        self,
        conn: &'conn mut Conn,
    ) -> Operation<'conn, return_futures::LoadFuture<'conn, 'query, Self, AsyncPgConnection, U>>
    where
        U: Send,
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + LoadQuery<'query, AsyncPgConnection, U> + 'query,
    {
        let parts = conn.parts();
        match self.verify() {
            Ok(()) => Operation::new(parts.in_flight, Unscoped::load(self, parts.connection)),
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
    ) -> StreamOperation<'conn, <Self as LoadQuery<'query, AsyncPgConnection, U>>::LoadFuture<'conn>>
    where
        U: 'conn,
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + LoadQuery<'query, AsyncPgConnection, U> + 'query,
    {
        let parts = conn.parts();
        let future = self.verify().map(|()| Unscoped::load_stream(self, parts.connection));
        StreamOperation::new(parts.in_flight, future)
    }

    /// Runs the command and returns its first row.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no row.
    fn get_result<'query, 'conn, U>(
        self,
        conn: &'conn mut Conn,
    ) -> Operation<'conn, return_futures::GetResult<'conn, 'query, Self, AsyncPgConnection, U>>
    where
        U: Send + 'conn,
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + LoadQuery<'query, AsyncPgConnection, U> + 'query,
    {
        let parts = conn.parts();
        match self.verify() {
            Ok(()) => Operation::new(parts.in_flight, Unscoped::get_result(self, parts.connection)),
            Err(error) => Operation::refused(parts.in_flight, error),
        }
    }

    /// Runs the command and returns the rows it has touched: [`load`](Self::load), with a name that fits inserts,
    /// updates and deletes.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn get_results<'query, 'conn, U>(
        self,
        conn: &'conn mut Conn,
    ) -> Operation<'conn, return_futures::LoadFuture<'conn, 'query, Self, AsyncPgConnection, U>>
    where
        U: Send,
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + LoadQuery<'query, AsyncPgConnection, U> + 'query,
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
    ) -> Operation<'conn, return_futures::GetResult<'conn, 'query, diesel::dsl::Limit<Self>, AsyncPgConnection, U>>
    where
        U: Send + 'conn,
        Conn: ScopedConnection,
        Self: LimitDsl,
        diesel::dsl::Limit<Self>: InScope<Conn::Scope> + LoadQuery<'query, AsyncPgConnection, U> + Send + 'query,
    {
        RunQueryDsl::get_result(self.limit(1), conn)
    }
}

impl<T, Conn> RunQueryDsl<Conn> for T {}
