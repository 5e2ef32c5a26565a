//! The methods that run a query.

use diesel::PgConnection;
use diesel::QueryResult;
use diesel::dsl::Limit;
use diesel::query_builder::AsQuery;
use diesel::query_dsl::methods::{ExecuteDsl, LimitDsl, LoadQuery};

use crate::scope::{InScope, Touching};

use super::connection::ScopedConnection;

/// Runs queries on a [`TenantConn`](super::TenantConn) or a [`SharedConn`](super::SharedConn).
///
/// It stands in for Diesel's trait of that name, whose methods it has: only the import changes.
///
/// ```
/// use diesel::prelude::*;
/// use multitenant_runtime::sync::{RunQueryDsl, TenantConn};
///
/// diesel::table! { users (id) { id -> Integer, name -> Text, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// fn rename(conn: &mut TenantConn, id: i32, name: &str) -> QueryResult<Vec<String>> {
///     diesel::update(users::table.find(id)).set(users::name.eq(name)).execute(conn)?;
///     users::table.select(users::name).order(users::id).load(conn)
/// }
/// # }
/// ```
pub trait RunQueryDsl<Conn>: Sized {
    /// Runs the command and returns the number of rows it has touched.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn execute(self, conn: &mut Conn) -> QueryResult<usize>
    where
        Conn: ScopedConnection,
        Self: InScope<Conn::Scope> + ExecuteDsl<PgConnection>,
    {
        self.verify(conn.held().0.seen())?;
        conn.held().0.run(|connection| ExecuteDsl::execute(self, connection))
    }

    /// Runs the query and returns its rows.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn load<'query, U>(self, conn: &mut Conn) -> QueryResult<Vec<U>>
    where
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + LoadQuery<'query, PgConnection, U>>,
    {
        let query = self.as_query();
        query.verify(conn.held().0.seen())?;
        conn.held().0.run(|connection| query.internal_load(connection)?.collect())
    }

    /// Runs the command and returns its first row.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no row.
    fn get_result<'query, U>(self, conn: &mut Conn) -> QueryResult<U>
    where
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + LoadQuery<'query, PgConnection, U>>,
    {
        let query = self.as_query();
        query.verify(conn.held().0.seen())?;
        conn.held().0.run(|connection| match query.internal_load(connection)?.next() {
            Some(row) => row,
            None => Err(diesel::result::Error::NotFound),
        })
    }

    /// Runs the command and returns the rows it has touched: [`load`](Self::load), with a name that fits inserts,
    /// updates and deletes.
    ///
    /// # Errors
    ///
    /// Diesel's.
    fn get_results<'query, U>(self, conn: &mut Conn) -> QueryResult<Vec<U>>
    where
        Conn: ScopedConnection,
        Self: AsQuery<Query: InScope<Conn::Scope> + LoadQuery<'query, PgConnection, U>>,
    {
        RunQueryDsl::load(self, conn)
    }

    /// Runs the query with `LIMIT 1` and returns its first row.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no row.
    fn first<'query, U>(self, conn: &mut Conn) -> QueryResult<U>
    where
        Conn: ScopedConnection,
        Self: LimitDsl<Output: AsQuery<Query: InScope<Conn::Scope> + LoadQuery<'query, PgConnection, U>>>,
    {
        let limited: Limit<Self> = self.limit(1);
        RunQueryDsl::get_result(limited, conn)
    }
}

impl<T, Conn> RunQueryDsl<Conn> for T {}

/// Diesel asks for this of whatever is loaded.
impl<Q, Tables, Conn> diesel::query_dsl::RunQueryDsl<Conn> for Touching<Q, Tables> {}
