//! The other pool's shop, from a thread.

use diesel::QueryDsl as _;
use diesel::prelude::QueryResult;
use multitenant_runtime::sync::{RunQueryDsl as _, SharedConn, TenantConn, TenantPool};
use tokio::runtime::Runtime;
use tokio_postgres::Client;

use super::shop::{self, Shop, mark};

multitenant_runtime::tenant_tables! { mark }

/// A shop, and a runtime for what is asked of it beside the pool.
pub(crate) struct Place {
    pub(crate) shop: Shop,
    runtime: Runtime,
}

impl Place {
    pub(crate) fn with(tenants: &[&str]) -> Self {
        Self::prepared(tenants, |_| {})
    }

    pub(crate) fn prepared(tenants: &[&str], prepare: impl FnOnce(&mut Shop)) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut shop = runtime.block_on(Shop::new());
        prepare(&mut shop);
        runtime.block_on(shop.add(tenants));
        Self { shop, runtime }
    }

    pub(crate) fn on(shop: Shop, tenants: &[&str]) -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(shop.add(tenants));
        Self { shop, runtime }
    }

    pub(crate) fn pool_of(&self, connections: usize) -> TenantPool {
        self.shop.pool().max_connections(connections).build_sync().unwrap()
    }

    pub(crate) fn sql(&self, sql: &str) {
        self.runtime.block_on(self.shop.sql(sql));
    }

    pub(crate) fn add(&self, tenants: &[&str]) {
        self.runtime.block_on(self.shop.add(tenants));
    }

    pub(crate) fn connections(&self) -> i64 {
        self.runtime.block_on(self.shop.connections())
    }

    /// Waits until the server has so many of the pool's connections.
    pub(crate) fn until_connections(&self, count: i64) {
        let sql = "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name";
        self.runtime.block_on(self.shop.until(&format!("{sql} = '{}') = {count}", shop::NAME)));
    }

    pub(crate) fn client(&self) -> Client {
        self.runtime.block_on(self.shop.client())
    }

    pub(crate) fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

/// What a connection is for, by its rows.
pub(crate) trait Who {
    /// Whose table it sees.
    fn who(&mut self) -> QueryResult<String>;

    /// The server's process.
    fn pid(&mut self) -> i32;
}

fn backend() -> diesel::expression::SqlLiteral<diesel::sql_types::Integer> {
    diesel::dsl::sql("pg_backend_pid()")
}

impl Who for TenantConn {
    fn who(&mut self) -> QueryResult<String> {
        mark::table.select(mark::who).first(self)
    }

    fn pid(&mut self) -> i32 {
        diesel::select(backend()).get_result(self).unwrap()
    }
}

impl Who for SharedConn {
    fn who(&mut self) -> QueryResult<String> {
        diesel::RunQueryDsl::first(mark::table.select(mark::who).order(mark::who), self.trusted_connection())
    }

    fn pid(&mut self) -> i32 {
        diesel::select(backend()).get_result(self).unwrap()
    }
}
