//! A database as the application has it: migrated, with tenants.

use crate::error::Error;
use crate::migration::{EmbeddedMigrations, sha256_hex};
use crate::migrator::{Migrator, NewTenant, Scope};

use super::{TestDatabase, TestingError};

impl TestDatabase {
    /// A database with the application's migrations applied and these tenants created, copied from a template
    /// that all tests with the same migrations and tenants share.
    ///
    /// ```no_run
    /// use multitenant_runtime::NewTenant;
    /// use multitenant_runtime::testing::TestDatabase;
    ///
    /// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
    /// # const MIGRATIONS: multitenant_runtime::EmbeddedMigrations = multitenant_runtime::EmbeddedMigrations::new(
    /// #     None, multitenant_runtime::EmbeddedSet::new("", &[]), multitenant_runtime::SettingsText::DEFAULT);
    /// // const MIGRATIONS: EmbeddedMigrations = embed_migrations!();
    /// let tenants = [NewTenant::new("acme")?, NewTenant::new("globex")?.column("plan", "1")?];
    /// let database = TestDatabase::migrated(MIGRATIONS, tenants).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`from_template`](Self::from_template), and where a migration or a tenant fails.
    pub async fn migrated(
        migrations: EmbeddedMigrations,
        tenants: impl IntoIterator<Item = NewTenant>,
    ) -> Result<Self, TestingError> {
        let tenants: Vec<NewTenant> = tenants.into_iter().collect();
        let key = sha256_hex(&format!("{migrations:?} {tenants:?}"));
        Self::from_template(&key, async |url: &str| Box::pin(fill(migrations, tenants, url)).await).await
    }
}

async fn fill(migrations: EmbeddedMigrations, tenants: Vec<NewTenant>, url: &str) -> Result<(), Error> {
    let migrator = Migrator::embedded(migrations).database_url(url).build()?;
    migrator.migrate(Scope::shared()).await?;
    for tenant in tenants {
        migrator.create_tenant(tenant).await?;
    }
    Ok(())
}
