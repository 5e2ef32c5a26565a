//! Behind PgBouncer, where that program is installed.

mod endings;
mod fire;
mod isolation;
mod log;
mod refusals;
mod roles;

use multitenant_runtime::embedded::{EmbeddedServer, EmbeddedServerBuilder};
use multitenant_runtime::{Pooling, TenantPool, TenantPoolBuilder};
use multitenant_tests::pooler::Pooler;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::environment::say;
use super::shop::Shop;

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
    }
}

diesel::table! {
    tenants (id) {
        id -> Text,
    }
}

multitenant_runtime::tenant_tables! { notes, super::shop::mark }
multitenant_runtime::shared_tables! { tenants }

/// PgBouncer in transaction mode, and tenants behind it.
struct Behind {
    pooler: Pooler,
    shop: Shop,
}

impl Behind {
    /// With one connection to the server.
    async fn with(tenants: &[&str]) -> Option<Self> {
        Self::of(1, tenants).await
    }

    async fn of(connections: usize, tenants: &[&str]) -> Option<Self> {
        Self::prepared(connections, tenants, |_| {}).await
    }

    async fn prepared(connections: usize, tenants: &[&str], prepare: impl FnOnce(&mut Shop)) -> Option<Self> {
        // Each line says whose it is, and of which of the server's processes.
        let server = EmbeddedServer::builder().setting("log_statement", "all").setting("log_line_prefix", "%a|%p|");
        Self::before(server, connections, tenants, prepare).await
    }

    async fn before(
        server: EmbeddedServerBuilder,
        connections: usize,
        tenants: &[&str],
        prepare: impl FnOnce(&mut Shop),
    ) -> Option<Self> {
        let Some(pooler) = Pooler::start(server.start().unwrap(), "transaction", connections).await else {
            say("skipped: PgBouncer is not installed");
            return None;
        };
        let mut shop = Shop::on(pooler.direct_url());
        prepare(&mut shop);
        shop.tenant("2_notes", "CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL UNIQUE);");
        shop.add(tenants).await;
        Some(Self { pooler, shop })
    }

    fn builder(&self) -> TenantPoolBuilder {
        self.shop.pool().database_url(self.pooler.url()).pooling(Pooling::Transaction)
    }

    fn pool(&self, connections: usize) -> TenantPool {
        self.builder().max_connections(connections).build().unwrap()
    }

    /// A client that knows nothing of tenants.
    async fn stranger(&self) -> Client {
        let url = format!("{}&application_name=stranger", self.pooler.url());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

/// What a stranger finds set, and prepared, on the server's connection that it happens to get.
async fn found(stranger: &Client) -> String {
    let sql = "SELECT concat_ws(' ', current_setting('search_path'), current_user, current_setting('timezone'), \
               (SELECT count(*) FROM pg_prepared_statements))";
    let messages = stranger.simple_query(sql).await.unwrap();
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.unwrap().to_owned()
}
