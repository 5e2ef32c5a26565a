//! Where it is tried: a database on a throw-away server, or one that is made on the configured server.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{
    ConnectionUrl, MigrationSet, Migrator, RegistrySettings, ScratchDatabase, Settings, Snapshots, TenantId,
};

use crate::error::CliError;

/// On which server.
#[derive(Debug, Clone)]
pub(crate) enum Where {
    /// One that is started for it, and gone with the process.
    Embedded,
    /// The one of this URL.
    Server(Box<ConnectionUrl>),
}

/// A database to try migrations in.
pub(crate) struct Scratch {
    database: ScratchDatabase,
    _server: Option<EmbeddedServer>,
}

/// The tenants there are in it.
#[derive(Debug, Clone)]
pub(crate) struct Tenants {
    /// Whose migrations are reverted and applied again.
    pub(crate) rehearsing: TenantId,
    /// Who is only migrated.
    pub(crate) plain: TenantId,
}

impl Scratch {
    /// Makes one; on a server of its own, starts that.
    pub(crate) async fn create(place: &Where) -> Result<Self, CliError> {
        let (server, url) = match place {
            Where::Server(url) => (None, ConnectionUrl::clone(url)),
            Where::Embedded => {
                // Durations of a start are the system's, and nothing else runs yet.
                let server = tokio::task::block_in_place(EmbeddedServer::start)?;
                let url = ConnectionUrl::parse(&server.url("postgres"));
                (Some(server), url.map_err(|error| CliError::Runtime(error.into()))?)
            }
        };
        let database = Box::pin(ScratchDatabase::create(&url)).await.map_err(CliError::Runtime)?;
        Ok(Self { database, _server: server })
    }

    /// A migrator of these migrations in it, for these tenants, whose schemas it makes.
    pub(crate) fn migrator(
        &self,
        shared: Option<&MigrationSet>,
        tenant: &MigrationSet,
        settings: &Settings,
        tenants: &Tenants,
    ) -> Result<Migrator, CliError> {
        let mut settings = settings.clone();
        settings.registry = RegistrySettings::List { ids: vec![tenants.rehearsing.clone(), tenants.plain.clone()] };
        // Roles are the whole server's, and no migration's.
        settings.roles = None;
        settings.jobs = 1;
        Migrator::from_sets(shared.cloned(), tenant.clone(), settings)
            .database_url(self.database.url().expose())
            .create_schemas(true)
            .snapshots(Snapshots::Never)
            .build()
            .map_err(CliError::Runtime)
    }

    /// Drops it.
    pub(crate) async fn drop(self) -> Result<(), CliError> {
        self.database.drop().await.map_err(CliError::Runtime)
    }
}

impl Tenants {
    /// Two tenants.
    pub(crate) fn new() -> Result<Self, CliError> {
        let id = |name: &str| {
            TenantId::new(name).map_err(|error| CliError::Usage(format!("verify cannot name its tenants: {error}")))
        };
        Ok(Self { rehearsing: id("rehearsed")?, plain: id("plain")? })
    }
}
