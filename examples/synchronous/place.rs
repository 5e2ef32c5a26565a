//! A database of its own, which is gone afterwards: on the server of `DATABASE_URL`, or, where that is not set, on a
//! PostgreSQL that is started for it.

use std::error::Error;

use multitenant_runtime::sync::TenantPool;
use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{EmbeddedMigrations, Migrator, NewTenant, OnFailedTenants, StartUp, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The database goes with this value.
pub(crate) struct Place {
    pub(crate) pool: TenantPool,
    _database: TestDatabase,
}

impl Place {
    /// With two tenants, `acme` and `globex`, and fewer connections than threads.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        // Only the throw-away database is asynchronous.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let database = runtime.block_on(TestDatabase::empty())?;
        let migrator = Migrator::embedded(MIGRATIONS).database_url(database.url()).build()?;
        let started = migrator.blocking().start(StartUp::default().on_failed_tenants(OnFailedTenants::Fence))?;
        let pool = migrator.pool().max_connections(2).build_sync()?;
        // Tenants that could not be migrated are refused; all others are served.
        pool.fence(started.fenced);
        for id in ["acme", "globex"] {
            migrator.blocking().create_tenant(NewTenant::new(id)?)?;
        }
        Ok(Self { pool, _database: database })
    }
}
