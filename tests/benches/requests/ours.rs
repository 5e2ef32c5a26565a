//! Through `TenantPool` and the scope.

use std::time::Duration;

use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, TenantPool};

use super::project::{CONNECTIONS, id, migrator, notes};

/// Longer than all repetitions.
const LOOKUP_TTL: Duration = Duration::from_secs(3600);

pub(crate) struct Ours {
    pool: TenantPool,
    ids: Vec<String>,
}

impl Ours {
    /// As it comes, but for the number of connections, and for how long a tenant is not looked up again: while the
    /// others take their turns its time would run out, which it does not where the pool is asked all the time.
    pub(crate) fn new(url: &str, tenants: usize) -> Self {
        let pool = migrator(url).pool().max_connections(CONNECTIONS).lookup_ttl(LOOKUP_TTL).build().unwrap();
        Self { pool, ids: (0..tenants).map(id).collect() }
    }

    pub(crate) async fn ask(&self, tenant: usize, note: i32) -> String {
        let mut conn = self.pool.tenant(&self.ids[tenant]).await.unwrap();
        notes::table.find(note).select(notes::body).get_result(&mut conn).await.unwrap()
    }
}
