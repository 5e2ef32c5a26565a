//! A connection of diesel-async's that is set to a tenant, for adoption step by step.

use std::fmt;

use diesel::associations::{HasTable, Identifiable};
use diesel::connection::{CacheSize, Instrumentation};
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection,
    UpdateAndFetchResults,
};
use futures_util::future::BoxFuture;

use crate::pool::Checkout;

type Inner = AsyncPgConnection;

/// A connection that is set to a tenant, and for the rest is one of diesel-async's: **what it touches is not checked**.
///
/// Code that is not yet moved to [`TenantConn`](crate::TenantConn) runs on it unchanged, with diesel-async's own
/// `RunQueryDsl`. Any statement may change what the session is set to, so it is closed when it is given back, never
/// reused: each checkout costs a connection.
///
/// ```
/// use diesel::prelude::*;
/// use diesel_async::{AsyncConnection, RunQueryDsl};
/// use multitenant_runtime::RoutedConn;
///
/// diesel::table! { users (id) { id -> Integer, } }
///
/// /// Code that knows nothing of tenants.
/// async fn count<Conn: AsyncConnection<Backend = diesel::pg::Pg>>(conn: &mut Conn) -> QueryResult<i64> {
///     users::table.count().get_result(conn).await
/// }
///
/// async fn count_of_a_tenant(conn: &mut RoutedConn) -> QueryResult<i64> {
///     count(conn).await
/// }
/// ```
pub struct RoutedConn {
    checkout: Checkout,
}

impl RoutedConn {
    /// Takes a connection on which the tenant is set.
    pub(crate) fn new(mut checkout: Checkout) -> Self {
        // It never ends, so that the connection is in doubt.
        checkout.parts().1.begin();
        Self { checkout }
    }

    /// Whether it would be closed if it were given back now.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn is_in_doubt(&mut self) -> bool {
        self.checkout.is_in_doubt()
    }
}

impl fmt::Debug for RoutedConn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoutedConn").finish_non_exhaustive()
    }
}

impl SimpleAsyncConnection for RoutedConn {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.checkout.connection().batch_execute(query).await
    }
}

impl AsyncConnectionCore for RoutedConn {
    type ExecuteFuture<'conn, 'query> = <Inner as AsyncConnectionCore>::ExecuteFuture<'conn, 'query>;
    type LoadFuture<'conn, 'query> = <Inner as AsyncConnectionCore>::LoadFuture<'conn, 'query>;
    type Stream<'conn, 'query> = <Inner as AsyncConnectionCore>::Stream<'conn, 'query>;
    type Row<'conn, 'query> = <Inner as AsyncConnectionCore>::Row<'conn, 'query>;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        AsyncConnectionCore::load(self.checkout.connection(), source)
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        self.checkout.connection().execute_returning_count(source)
    }
}

impl AsyncConnection for RoutedConn {
    type TransactionManager = AnsiTransactionManager;

    /// Refuses: such a connection comes from a pool, which sets its tenant.
    async fn establish(_database_url: &str) -> ConnectionResult<Self> {
        let reason = "a routed connection is not opened by its URL: check it out of the pool of tenants";
        Err(ConnectionError::BadConnection(reason.to_owned()))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        self.checkout.connection().transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.checkout.connection().instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.checkout.connection().set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.checkout.connection().set_prepared_statement_cache_size(size);
    }
}

impl<Changes, Output> UpdateAndFetchResults<Changes, Output> for RoutedConn
where
    Changes: Identifiable + HasTable,
    Inner: UpdateAndFetchResults<Changes, Output>,
{
    fn update_and_fetch<'conn, 'changes>(
        &'conn mut self,
        changeset: Changes,
    ) -> BoxFuture<'changes, QueryResult<Output>>
    where
        Changes: 'changes,
        'conn: 'changes,
        Self: 'changes,
    {
        self.checkout.connection().update_and_fetch(changeset)
    }
}
