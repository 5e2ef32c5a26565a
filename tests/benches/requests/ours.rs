//! Through `TenantPool` and the scope.

use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, TenantPool};

use super::project::{CONNECTIONS, id, migrator, notes};

pub(crate) struct Ours {
    pool: TenantPool,
    ids: Vec<String>,
}

impl Ours {
    /// As it comes, but for the number of connections.
    pub(crate) fn new(url: &str, tenants: usize) -> Self {
        let pool = migrator(url).pool().max_connections(CONNECTIONS).build().unwrap();
        Self { pool, ids: (0..tenants).map(id).collect() }
    }

    pub(crate) async fn ask(&self, tenant: usize, note: i32) -> String {
        let mut conn = self.pool.tenant(&self.ids[tenant]).await.unwrap();
        notes::table.find(note).select(notes::body).get_result(&mut conn).await.unwrap()
    }
}
