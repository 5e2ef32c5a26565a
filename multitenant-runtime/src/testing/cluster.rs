use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::OnceCell;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::connect::connect;
use super::names::{Run, with_database};
use super::template::Template;
use super::{TestingError, background, leftovers};
use crate::embedded::{EmbeddedServer, environment};

/// Destructors of statics never run, and need not: an embedded server goes with the process, and the sessions
/// on another one end with it.
static SHARED: OnceCell<Cluster> = OnceCell::const_new();

/// The server that the tests of this process are on.
///
/// ```no_run
/// use multitenant_runtime::testing::{Cluster, TestingError};
///
/// # async fn test() -> Result<(), TestingError> {
/// let cluster = Cluster::shared().await?;
/// let url = cluster.url("postgres");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    run: Run,
    databases: AtomicU64,
    /// The OID of the database in which locks are held.
    pub(super) home: u32,
    pub(super) templates: Mutex<Templates>,
    /// Holds the lock that says that this run is alive.
    _owner: Client,
}

#[derive(Debug)]
enum Server {
    Given { url: String },
    Embedded(EmbeddedServer),
}

/// The templates of this process.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// On a given server a template goes with the last database made from it: there is no later moment.
    pub(super) in_use: HashMap<String, Weak<Template>>,
    /// On an embedded one they stay.
    pub(super) kept: Vec<Arc<Template>>,
}

impl Cluster {
    /// The one of `DATABASE_URL` where that is set, else an embedded one, started by the first caller.
    ///
    /// # Errors
    ///
    /// Where there is no PostgreSQL to start, or the one of `DATABASE_URL` cannot be reached.
    pub async fn shared() -> Result<&'static Self, TestingError> {
        SHARED
            .get_or_try_init(|| async {
                match environment::database_url() {
                    Some(url) => background::run(Self::given(url)).await,
                    None => Self::embedded().await,
                }
            })
            .await
    }

    /// The URL of a database on it, which need not exist.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        match &self.server {
            Server::Given { url } => with_database(url, database),
            Server::Embedded(server) => server.url(database),
        }
    }

    /// Whether it is a server of our own, on which tests may change settings and roles.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self.server, Server::Embedded(_))
    }

    async fn embedded() -> Result<Self, TestingError> {
        // Sized for many tests at once, each with a pool, and for schemas by the hundred.
        let builder =
            EmbeddedServer::builder().setting("max_connections", "300").setting("max_locks_per_transaction", "256");
        let server = background::run_blocking(move || Ok(builder.start()?)).await?;
        background::run(Self::on(Server::Embedded(server))).await
    }

    async fn given(url: String) -> Result<Self, TestingError> {
        // The application's own database need not have been created yet.
        let url = match connect(&url, "the database of DATABASE_URL").await {
            Err(TestingError::Database { source, .. }) if source.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {
                with_database(&url, "postgres")
            }
            Err(error) => return Err(error),
            Ok(_) => url,
        };
        let cluster = Self::on(Server::Given { url }).await?;
        leftovers::drop_all(&cluster).await?;
        Ok(cluster)
    }

    async fn on(server: Server) -> Result<Self, TestingError> {
        let url = match &server {
            Server::Given { url } => url.clone(),
            Server::Embedded(server) => server.url("postgres"),
        };
        let owner = connect(&url, "the server").await?;
        let run = Run::new();
        let home = take_lock(&owner, run).await.map_err(TestingError::database("hold a lock on", "the server"))?;
        Ok(Self { server, run, databases: AtomicU64::new(0), home, templates: Mutex::default(), _owner: owner })
    }

    /// A session in the database that locks are held in, for the thread that administers.
    pub(super) fn home_url(&self) -> String {
        match &self.server {
            Server::Given { url } => url.clone(),
            Server::Embedded(server) => server.url("postgres"),
        }
    }

    pub(super) fn next_name(&self) -> String {
        self.run.database(self.databases.fetch_add(1, Ordering::Relaxed))
    }
}

/// Before any database is made: a database without this lock is taken for a leftover.
async fn take_lock(owner: &Client, run: Run) -> Result<u32, tokio_postgres::Error> {
    // Since 14, and off by default: the session is idle as long as tests run.
    owner
        .execute(
            "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'idle_session_timeout'",
            &[],
        )
        .await?;
    owner.execute("SELECT pg_catalog.pg_advisory_lock($1)", &[&run.lock()]).await?;
    let row = owner
        .query_one("SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()", &[])
        .await?;
    row.try_get(0)
}
