//! The floor: connections of diesel-async in a stack, `SET search_path` and the query, nothing checked.

use std::sync::Mutex;

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join;
use tokio::sync::Semaphore;

use super::project::{CONNECTIONS, notes, schema};

pub(crate) struct Floor {
    idle: Mutex<Vec<AsyncPgConnection>>,
    free: Semaphore,
    /// For each tenant, its `SET`.
    paths: Vec<String>,
    is_pipelined: bool,
}

impl Floor {
    pub(crate) async fn new(url: &str, tenants: usize, is_pipelined: bool) -> Self {
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS {
            idle.push(AsyncPgConnection::establish(url).await.unwrap());
        }
        let paths = (0..tenants).map(|tenant| format!("SET search_path = {}, public", schema(tenant))).collect();
        Self { idle: Mutex::new(idle), free: Semaphore::new(CONNECTIONS), paths, is_pipelined }
    }

    pub(crate) async fn ask(&self, tenant: usize, note: i32) -> String {
        let _permit = self.free.acquire().await.unwrap();
        let mut conn = self.idle.lock().unwrap().pop().unwrap();
        let query = notes::table.find(note).select(notes::body);
        let path = &self.paths[tenant];
        let body = if self.is_pipelined {
            let (mut one, mut other) = (&conn, &conn);
            let (set, body) = join(one.batch_execute(path), query.get_result(&mut other)).await;
            set.unwrap();
            body.unwrap()
        } else {
            conn.batch_execute(path).await.unwrap();
            query.get_result(&mut conn).await.unwrap()
        };
        self.idle.lock().unwrap().push(conn);
        body
    }
}
