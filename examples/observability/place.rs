//! A database of its own, which is gone afterwards: on the server of `DATABASE_URL`, or, where that is not set, on a
//! PostgreSQL that is started for it.

use std::error::Error;
use std::time::Duration;

use multitenant_runtime::metrics::{PoolMetrics, RunMetrics};
use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{
    EmbeddedMigrations, Migrator, NewTenant, OnFailedTenants, StartUp, TenantPool, embed_migrations,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The database goes with this value.
pub(crate) struct Place {
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests migrate once more"))]
    pub(crate) migrator: Migrator,
    pub(crate) pool: TenantPool,
    _database: TestDatabase,
}

impl Place {
    /// With two tenants, `acme` and `globex`. Whoever exports metrics and traces is there already.
    pub(crate) async fn new() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::empty().await?;
        let migrator =
            Migrator::embedded(MIGRATIONS).database_url(database.url()).observer(RunMetrics::new()).build()?;
        let started = migrator.start(StartUp::default().on_failed_tenants(OnFailedTenants::Fence)).await?;
        let pool = migrator
            .pool()
            .application_name("observability")
            .metrics(PoolMetrics::new().busiest_tenants(10))
            .slow_query(Duration::from_millis(250))
            .build()?;
        pool.fence(started.fenced);
        for id in ["acme", "globex"] {
            migrator.create_tenant(NewTenant::new(id)?).await?;
        }
        Ok(Self { migrator, pool, _database: database })
    }
}
