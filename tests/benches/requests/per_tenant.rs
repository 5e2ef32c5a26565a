//! A pool for each tenant, as many as the server has connections for; the one that was used longest ago is closed for
//! the next.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::measuring::server::connect;
use super::plain::{on_schema, pool};
use super::project::{CONNECTIONS, notes};

/// Connections that are left to others: the other contenders, and those that end while the next ones begin.
const SPARE: usize = 120;

pub(crate) struct PerTenant {
    url: String,
    /// Connections of a tenant.
    each: usize,
    /// Pools at once.
    most: usize,
    pools: Mutex<Vec<(usize, u64, Pool<AsyncPgConnection>)>>,
    clock: AtomicU64,
}

impl PerTenant {
    pub(crate) async fn new(url: &str, tenants: usize) -> Self {
        let asked = connect(url).await.query_one("SHOW max_connections", &[]).await.unwrap();
        let allowed = asked.get::<_, String>(0).parse::<usize>().unwrap() - SPARE;
        let each = (allowed / tenants).clamp(1, CONNECTIONS);
        Self { url: url.to_owned(), each, most: allowed / each, pools: Mutex::default(), clock: AtomicU64::new(0) }
    }

    pub(crate) async fn ask(&self, tenant: usize, note: i32) -> String {
        let mut conn = self.pool(tenant).get().await.unwrap();
        notes::table.find(note).select(notes::body).get_result(&mut conn).await.unwrap()
    }

    fn pool(&self, tenant: usize) -> Pool<AsyncPgConnection> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut pools = self.pools.lock().unwrap();
        if let Some((_, used, pool)) = pools.iter_mut().find(|(its, ..)| *its == tenant) {
            *used = now;
            return pool.clone();
        }
        if pools.len() == self.most {
            // Closed when the last who borrows from it is done.
            let oldest = (0..pools.len()).min_by_key(|&at| pools[at].1).unwrap();
            pools.swap_remove(oldest);
        }
        let pool = pool(&on_schema(&self.url, tenant), self.each, false);
        pools.push((tenant, now, pool.clone()));
        pool
    }
}
