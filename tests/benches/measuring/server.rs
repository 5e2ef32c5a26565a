//! The server.

use multitenant_runtime::embedded::EmbeddedServer;
use tokio_postgres::{Client, NoTls};

/// A server of our own. Autovacuum is off, since it would come at different times for each contender.
pub(crate) struct Server {
    server: EmbeddedServer,
    control: tokio::sync::OnceCell<Client>,
}

impl Server {
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let mut builder = EmbeddedServer::builder()
            .setting("max_connections", "300")
            .setting("max_locks_per_transaction", "1024")
            .setting("shared_buffers", "512MB")
            .setting("max_wal_size", "4GB")
            .setting("autovacuum", "off");
        for (name, value) in settings {
            builder = builder.setting(*name, *value);
        }
        Self { server: builder.start().expect("a PostgreSQL server"), control: tokio::sync::OnceCell::new() }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    pub(crate) fn version(&self) -> &str {
        self.server.version()
    }

    /// All that the server has logged.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.server.folder().join("log")).unwrap()).into_owned()
    }

    /// One statement in the database `postgres`.
    pub(crate) async fn control(&self, sql: &str) {
        self.controller().await.batch_execute(sql).await.unwrap();
    }

    /// One text from the database `postgres`.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        self.controller().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn controller(&self) -> &Client {
        self.control.get_or_init(async || connect(&self.url("postgres")).await).await
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
