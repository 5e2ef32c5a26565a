//! A database with a registry, and tenants each of whom has a table that says whose it is. The shared schema has one of
//! the same name, so that whoever falls through is noticed.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{
    MigrationSet, Migrator, MigratorBuilder, RegistryText, Scope, Settings, SettingsText, SharedConn, TenantConn,
    TenantPool, TenantPoolBuilder, Tier,
};
use tokio_postgres::{Client, NoTls};

diesel::table! {
    mark (who) {
        who -> Text,
    }
}

/// The name by which the server knows the pool's connections.
pub(crate) const NAME: &str = "the pool";

pub(crate) struct Shop {
    url: String,
    pub(crate) settings: SettingsText<'static>,
    folder: tempfile::TempDir,
    _database: Option<TestDatabase>,
}

impl Shop {
    /// With these tenants.
    pub(crate) async fn with(tenants: &[&str]) -> Self {
        let shop = Self::new().await;
        shop.add(tenants).await;
        shop
    }

    /// Without tenants, and nothing migrated.
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::empty().await.unwrap();
        let shop = Self::on(database.url().to_owned());
        Self { _database: Some(database), ..shop }
    }

    /// On a database that the caller has.
    pub(crate) fn on(url: String) -> Self {
        let registry = RegistryText::Table {
            table: "tenants",
            id_column: "id",
            schema_column: None,
            filter: Some("archived_at IS NULL"),
        };
        let settings = SettingsText { registry, ..SettingsText::DEFAULT };
        let shop = Self { url, settings, folder: tempfile::tempdir().unwrap(), _database: None };
        shop.shared(
            "1_tenants",
            "CREATE TABLE tenants (id text PRIMARY KEY, archived_at timestamptz, schema_name text);
             CREATE TABLE mark (who text PRIMARY KEY); INSERT INTO mark VALUES ('public');",
        );
        shop.tenant("1_mark", "CREATE TABLE mark (who text PRIMARY KEY); INSERT INTO mark SELECT current_schema();");
        shop
    }

    /// From now on tenants have roles, and the application logs in as one that owns nothing and inherits nothing.
    pub(crate) async fn isolate(&mut self) {
        let app: String =
            self.client().await.query_one("SELECT current_database() || '_app'", &[]).await.unwrap().get(0);
        self.sql(&format!("CREATE ROLE \"{app}\" LOGIN NOINHERIT PASSWORD 'x'")).await;
        self.settings.role_per_tenant = true;
        self.settings.application_role = app.leak();
    }

    /// What the application itself needs: to look tenants up.
    pub(crate) async fn grant(&self) {
        let app = self.settings.application_role;
        self.sql(&format!(
            "GRANT USAGE ON SCHEMA public, multitenant TO \"{app}\"; \
             GRANT SELECT ON public.tenants, public.mark, multitenant.targets TO \"{app}\""
        ))
        .await;
    }

    /// Where the application logs in.
    pub(crate) fn app_url(&self) -> String {
        let query = if self.url.contains('?') { "&" } else { "?" };
        format!("{}{query}user={}&password=x", self.url, self.settings.application_role)
    }

    /// The role of this tenant.
    pub(crate) async fn role(&self, id: &str) -> String {
        let sql = "SELECT current_database() || '_tenant_' || $1::text";
        self.client().await.query_one(sql, &[&id]).await.unwrap().get(0)
    }

    pub(crate) fn shared(&self, name: &str, up: &str) {
        self.write(&format!("shared/{name}/up.sql"), up);
    }

    pub(crate) fn tenant(&self, name: &str, up: &str) {
        self.write(&format!("tenant/{name}/up.sql"), up);
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Registers tenants, and makes their schemas.
    pub(crate) async fn add(&self, tenants: &[&str]) {
        self.builder().build().unwrap().migrate(Scope::shared()).await.unwrap();
        let client = self.client().await;
        for tenant in tenants {
            Client::execute(&client, "INSERT INTO tenants (id) VALUES ($1)", &[tenant]).await.unwrap();
        }
        self.builder().create_schemas(true).build().unwrap().migrate(Scope::all()).await.unwrap();
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn builder(&self) -> MigratorBuilder {
        let set = |tier, folder| MigrationSet::from_folder(tier, &self.folder.path().join(folder)).unwrap();
        let settings = Settings::try_from(self.settings).unwrap();
        Migrator::from_sets(Some(set(Tier::Shared, "shared")), set(Tier::Tenant, "tenant"), settings)
            .database_url(&self.url)
    }

    pub(crate) fn migrator(&self) -> Migrator {
        self.builder().build().unwrap()
    }

    pub(crate) fn pool(&self) -> TenantPoolBuilder {
        self.migrator().pool().application_name(NAME).checkout_timeout(Duration::from_secs(20))
    }

    /// A pool of so many connections.
    pub(crate) fn pool_of(&self, connections: usize) -> TenantPool {
        self.pool().max_connections(connections).build().unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    /// How many of the pool's connections the server has.
    pub(crate) async fn connections(&self) -> i64 {
        connections(&self.client().await).await
    }

    /// Waits until a query says `true`; at most half a minute.
    pub(crate) async fn until(&self, condition: &str) {
        let client = self.client().await;
        let sql = format!("SELECT ({condition})::bool");
        for _ in 0..3_000 {
            if client.query_one(&sql, &[]).await.unwrap().get(0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not in half a minute: {condition}");
    }
}

pub(crate) async fn connections(client: &Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()";
    client.query_one(sql, &[&NAME]).await.unwrap().get(0)
}

/// Leaves on its connection a temporary table, of the name of the tenants' own.
pub(crate) const FUNCTION_THAT_NOTES: &str = "CREATE FUNCTION public.note() RETURNS bool LANGUAGE plpgsql AS \
    $$ BEGIN CREATE TEMP TABLE mark AS SELECT 'somebody''s'::text AS who; RETURN true; END $$";

/// What a connection is for, by its rows.
pub(crate) trait Who {
    fn raw(&mut self) -> &mut AsyncPgConnection;

    /// Whose table it sees.
    async fn who(&mut self) -> QueryResult<String> {
        mark::table.select(mark::who).first(self.raw()).await
    }

    /// The server's process.
    async fn pid(&mut self) -> i32 {
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("pg_backend_pid()"))
            .get_result(self.raw())
            .await
            .unwrap()
    }
}

impl Who for TenantConn {
    fn raw(&mut self) -> &mut AsyncPgConnection {
        self.trusted_connection()
    }
}

impl Who for SharedConn {
    fn raw(&mut self) -> &mut AsyncPgConnection {
        self.trusted_connection()
    }
}

/// Waits until the pool is as it should be; at most half a minute.
pub(crate) async fn until(pool: &TenantPool, what: impl Fn(multitenant_runtime::PoolStatus) -> bool) {
    for _ in 0..3_000 {
        if what(pool.status()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not in half a minute: {:?}", pool.status());
}
