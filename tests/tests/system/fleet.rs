//! A fleet: folders of migrations, and a database with many schemas.

use std::path::Path;

use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{MigrationSet, Migrator, MigratorBuilder, RegistryText, Settings, SettingsText, Tier};
use tokio_postgres::{Client, NoTls};

/// The history table, as Diesel calls it.
pub(crate) const HISTORY: &str = "__diesel_schema_migrations";

/// Folders of migrations, and a database. Where there are shared migrations, tenants are the rows of `tenants`,
/// else they are the schemas.
pub(crate) struct Fleet {
    url: String,
    folder: tempfile::TempDir,
    roles: bool,
    archives: bool,
    _database: Option<TestDatabase>,
}

impl Fleet {
    /// On an empty database of its own.
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::empty().await.unwrap();
        Self {
            url: database.url().to_owned(),
            folder: tempfile::tempdir().unwrap(),
            roles: false,
            archives: false,
            _database: Some(database),
        }
    }

    /// On a database that the caller has.
    pub(crate) fn on(url: impl Into<String>) -> Self {
        Self { url: url.into(), folder: tempfile::tempdir().unwrap(), roles: false, archives: false, _database: None }
    }

    /// With a role for each tenant, for processes of their own, too.
    pub(crate) fn with_roles(self) -> Self {
        Self { roles: true, ..self.write("roles", "") }
    }

    /// With a column of the registry that says who is archived, for processes of their own, too.
    pub(crate) fn archiving(self) -> Self {
        Self { archives: true, ..self.write("archives", "") }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn shared(self, name: &str, up: &str) -> Self {
        self.write(&format!("shared/{name}/up.sql"), up)
    }

    pub(crate) fn tenant(self, name: &str, up: &str) -> Self {
        self.write(&format!("tenant/{name}/up.sql"), up)
    }

    /// A tenant migration that runs outside a transaction.
    pub(crate) fn tenant_outside(self, name: &str, up: &str) -> Self {
        self.tenant(name, up).write(&format!("tenant/{name}/metadata.toml"), "run_in_transaction = false")
    }

    pub(crate) fn down(self, name: &str, down: &str) -> Self {
        self.write(&format!("tenant/{name}/down.sql"), down)
    }

    pub(crate) fn write(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn set(&self) -> MigrationSet {
        MigrationSet::from_folder(Tier::Tenant, &self.folder.path().join("tenant")).unwrap()
    }

    pub(crate) fn builder(&self) -> MigratorBuilder {
        self.builder_with(SettingsText::DEFAULT)
    }

    /// With other settings; what they say of the registry and of roles does not count.
    pub(crate) fn builder_with(&self, settings: SettingsText<'_>) -> MigratorBuilder {
        let shared = self.folder.path().join("shared");
        let shared = shared.exists().then(|| MigrationSet::from_folder(Tier::Shared, &shared).unwrap());
        let registry = if shared.is_some() { RegistryText::DEFAULT } else { RegistryText::Schemas };
        let archived_column = if self.archives { "archived_at" } else { "" };
        let settings = SettingsText { registry, role_per_tenant: self.roles, archived_column, ..settings };
        Migrator::from_sets(shared, self.set(), Settings::try_from(settings).unwrap()).database_url(&self.url)
    }

    pub(crate) fn migrator(&self) -> Migrator {
        self.builder().build().unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        client(&self.url).await
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    /// The texts of a query's one column.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        self.client().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// One text.
    pub(crate) async fn one(&self, sql: &str) -> String {
        self.client().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The same statements in each of the schemas `tenant_0`, `tenant_1`, …, which are made first.
    pub(crate) async fn schemas(&self, n: usize, sql: &str) {
        let client = self.client().await;
        for i in 0..n {
            let sql = format!("CREATE SCHEMA tenant_{i}; SET search_path = tenant_{i}; {sql}");
            client.batch_execute(&sql).await.unwrap();
        }
    }

    /// Waits until a query says `true`; at most half a minute.
    pub(crate) async fn until(&self, condition: &str) {
        let client = self.client().await;
        let sql = format!("SELECT ({condition})::bool");
        for _ in 0..3_000 {
            if client.query_one(&sql, &[]).await.unwrap().get(0) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("not in half a minute: {condition}");
    }
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A URL with one more parameter, as `application_name=x`; the value is encoded already.
pub(crate) fn with_parameter(url: &str, parameter: &str) -> String {
    format!("{url}{}{parameter}", if url.contains('?') { '&' } else { '?' })
}
