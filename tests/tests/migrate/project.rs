//! A project for one test: folders of migrations, settings, and a database of its own.

use std::path::PathBuf;

use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{
    MigrationSet, Migrator, MigratorBuilder, Outcome, RegistryText, Report, Settings, SettingsText, Tier,
};
use tokio_postgres::Client;

/// A project for one test.
pub(crate) struct Project {
    pub(crate) database: TestDatabase,
    pub(crate) settings: SettingsText<'static>,
    folder: tempfile::TempDir,
}

impl Project {
    /// Without migrations, on an empty database, whose tenants are its schemas.
    pub(crate) async fn new() -> Self {
        Self {
            database: TestDatabase::empty().await.unwrap(),
            settings: SettingsText { registry: RegistryText::Schemas, ..SettingsText::DEFAULT },
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn tenants_in_table(mut self) -> Self {
        self.settings.registry = RegistryText::DEFAULT;
        self
    }

    pub(crate) fn shared(self, name: &str, up: &str) -> Self {
        self.write("shared", name, "up.sql", up)
    }

    pub(crate) fn tenant(self, name: &str, up: &str) -> Self {
        self.write("tenant", name, "up.sql", up)
    }

    pub(crate) fn down(self, name: &str, down: &str) -> Self {
        self.write("tenant", name, "down.sql", down)
    }

    pub(crate) fn shared_down(self, name: &str, down: &str) -> Self {
        self.write("shared", name, "down.sql", down)
    }

    pub(crate) fn metadata(self, name: &str, toml: &str) -> Self {
        self.write("tenant", name, "metadata.toml", toml)
    }

    fn write(self, tier: &str, name: &str, file: &str, text: &str) -> Self {
        let folder = self.path(tier).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), text).unwrap();
        self
    }

    pub(crate) fn path(&self, tier: &str) -> PathBuf {
        self.folder.path().join(tier)
    }

    pub(crate) fn builder(&self) -> MigratorBuilder {
        let shared = self.path("shared");
        std::fs::create_dir_all(self.path("tenant")).unwrap();
        let shared = shared.exists().then(|| MigrationSet::from_folder(Tier::Shared, &shared).unwrap());
        let tenant = MigrationSet::from_folder(Tier::Tenant, &self.path("tenant")).unwrap();
        Migrator::from_sets(shared, tenant, Settings::try_from(self.settings).unwrap())
            .database_url(self.database.url())
    }

    pub(crate) fn migrator(&self) -> Migrator {
        self.builder().build().unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        self.database.connect().await.unwrap()
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    /// One text.
    pub(crate) async fn one(&self, sql: &str) -> String {
        self.client().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Schemas `tenant_0`, `tenant_1`, ….
    pub(crate) async fn schemas(&self, n: usize) {
        let sql: String = (0..n).map(|i| format!("CREATE SCHEMA tenant_{i};")).collect();
        self.sql(&sql).await;
    }
}

/// The outcomes, as `schema:outcome` with the number of applied migrations.
pub(crate) fn outcomes(report: &Report) -> Vec<String> {
    report
        .targets
        .iter()
        .map(|t| match t.outcome {
            Outcome::Applied => format!("{}:applied {}", t.target, t.applied.len()),
            Outcome::UpToDate => format!("{}:up to date", t.target),
            Outcome::Failed => format!("{}:failed after {}", t.target, t.applied.len()),
            Outcome::Skipped => format!("{}:skipped", t.target),
            Outcome::NotTried => format!("{}:not tried", t.target),
            other => format!("{}:{other:?}", t.target),
        })
        .collect()
}
