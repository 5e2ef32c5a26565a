//! The loop that a Diesel user writes today: a connection for each tenant, its `search_path`, Diesel's harness.

use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::MigrationHarness;

use super::project::{Set, id, schema};

/// Brings the first so many tenants up to date.
pub(crate) async fn migrate(url: &str, set: Set, tenants: usize) {
    for i in 0..tenants {
        let mut connection = AsyncPgConnection::establish(url).await.unwrap();
        connection.batch_execute(&format!("SET search_path = {}, public", schema(i))).await.unwrap();
        AsyncMigrationHarness::new(connection).run_pending_migrations(set.embedded()).unwrap();
    }
}

/// Makes tenants.
pub(crate) async fn create(url: &str, set: Set, tenants: usize) {
    for i in 0..tenants {
        let (id, schema) = (id(i), schema(i));
        let mut connection = AsyncPgConnection::establish(url).await.unwrap();
        connection.batch_execute(&format!("CREATE SCHEMA {schema}; SET search_path = {schema}, public")).await.unwrap();
        let mut harness = AsyncMigrationHarness::new(connection);
        harness.run_pending_migrations(set.embedded()).unwrap();
        let insert = format!("INSERT INTO public.tenants (id) VALUES ('{id}')");
        harness.into_inner().batch_execute(&insert).await.unwrap();
    }
}
