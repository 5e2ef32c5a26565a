//! What one writes who has no tenants: diesel-async over deadpool.

use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::project::{CONNECTIONS, notes, schema};

pub(crate) struct Plain(Pool<AsyncPgConnection>);

impl Plain {
    /// On the schema of the first tenant. `verified`: whether an idle connection is asked first.
    pub(crate) fn new(url: &str, verified: bool) -> Self {
        Self(pool(&on_schema(url, 0), CONNECTIONS, verified))
    }

    pub(crate) async fn ask(&self, note: i32) -> String {
        let mut conn = self.0.get().await.unwrap();
        notes::table.find(note).select(notes::body).get_result(&mut conn).await.unwrap()
    }
}

pub(crate) fn pool(url: &str, connections: usize, verified: bool) -> Pool<AsyncPgConnection> {
    let mut config = ManagerConfig::default();
    if !verified {
        config.recycling_method = RecyclingMethod::Fast;
    }
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    Pool::builder(manager).max_size(connections).build().unwrap()
}

/// The URL of connections that are always on the schema of this tenant.
pub(crate) fn on_schema(url: &str, tenant: usize) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options=-csearch_path%3D{},public", schema(tenant))
}
