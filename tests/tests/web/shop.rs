//! Tenants with a table that says whose it is. The shared schema has one of the same name, so that whoever falls through
//! is noticed.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{
    MigrationSet, Migrator, RegistryText, Scope, Settings, SettingsText, TenantPoolBuilder, Tier,
};
use tokio_postgres::Client;

diesel::table! {
    mark (who) {
        who -> Text,
    }
}

pub(crate) struct Shop {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Shop {
    pub(crate) async fn with(tenants: &[&str]) -> Self {
        let shop = Self { database: TestDatabase::empty().await.unwrap(), folder: tempfile::tempdir().unwrap() };
        shop.write("shared", "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE mark (who text); INSERT INTO mark VALUES ('public')");
        shop.write("tenant", "CREATE TABLE mark (who text); INSERT INTO mark SELECT current_schema()");
        shop.migrator().migrate(Scope::shared()).await.unwrap();
        let client = shop.database.connect().await.unwrap();
        for tenant in tenants {
            Client::execute(&client, "INSERT INTO tenants VALUES ($1)", &[tenant]).await.unwrap();
        }
        shop.migrator().migrate(Scope::all()).await.unwrap();
        shop
    }

    fn write(&self, tier: &str, up: &str) {
        let folder = self.folder.path().join(tier).join("1_first");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("up.sql"), up).unwrap();
    }

    fn migrator(&self) -> Migrator {
        self.migrator_of(RegistryText::Table { table: "tenants", id_column: "id", schema_column: None, filter: None })
    }

    fn migrator_of(&self, registry: RegistryText<'static>) -> Migrator {
        let set = |tier, folder| MigrationSet::from_folder(tier, &self.folder.path().join(folder)).unwrap();
        let settings = Settings::try_from(SettingsText { registry, ..SettingsText::DEFAULT }).unwrap();
        Migrator::from_sets(Some(set(Tier::Shared, "shared")), set(Tier::Tenant, "tenant"), settings)
            .database_url(self.database.url())
            .create_schemas(true)
            .build()
            .unwrap()
    }

    pub(crate) fn pool(&self) -> TenantPoolBuilder {
        self.migrator().pool()
    }

    /// Where each schema is a tenant, and there is no table of them.
    pub(crate) fn pool_without_registry(&self) -> TenantPoolBuilder {
        self.migrator_of(RegistryText::Schemas).pool()
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.database.connect().await.unwrap().batch_execute(sql).await.unwrap();
    }
}

/// Whose table a connection sees.
pub(crate) async fn who(connection: &mut AsyncPgConnection) -> String {
    mark::table.select(mark::who).first(connection).await.unwrap()
}
