use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::cluster::Cluster;
use super::connect::connect;
use super::names::quote;
use super::template::{self, Template};
use super::{TestingError, background};

/// A database of one test's own, dropped with this guard.
///
/// The drop disconnects whoever is still connected. It works inside and outside of a runtime, and after a
/// panic. Roles are the server's, not the database's: those whose names begin with [`name`](Self::name) and `_` go with
/// it, tenants' roles among them; give a test's own roles such names.
///
/// ```no_run
/// use multitenant_runtime::testing::{TestDatabase, TestingError};
///
/// # async fn test() -> Result<(), TestingError> {
/// let database = TestDatabase::empty().await?;
/// let client = database.connect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the database is dropped with the guard"]
pub struct TestDatabase {
    cluster: &'static Cluster,
    name: String,
    url: String,
    /// After the database itself: then its template may be dropped too.
    _template: Option<Arc<Template>>,
}

impl TestDatabase {
    /// A database with nothing in it.
    ///
    /// # Errors
    ///
    /// Where there is no server, or its role may not create databases.
    pub async fn empty() -> Result<Self, TestingError> {
        Self::create(Cluster::shared().await?, None).await
    }

    /// A copy of the template of this key.
    ///
    /// The template is made by the first caller of all tests and processes of the test binary: a database is
    /// created, `init` is handed its URL, and fills it, with migrations for example. Then nobody may connect to
    /// it any more, and connections that `init` left open are closed. The key stands for everything that `init`
    /// does: two tests that fill differently need two keys. A binary that was built anew makes its templates
    /// anew.
    ///
    /// # Errors
    ///
    /// As for [`empty`](Self::empty); also where `init` fails: then nothing is left of the template, and the
    /// next caller tries again.
    ///
    /// # Cancel safety
    ///
    /// A template that was being made when this future is dropped is discarded by the next caller.
    pub async fn from_template<E>(
        key: &str,
        init: impl AsyncFnOnce(&str) -> Result<(), E>,
    ) -> Result<Self, TestingError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let cluster = Cluster::shared().await?;
        let template = template::get(cluster, key, init).await?;
        Self::create(cluster, Some(template)).await
    }

    /// Its URL, for diesel, tokio-postgres, libpq and psql.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name, of letters that need no quotes, and like no other's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server it is on.
    #[must_use]
    pub fn cluster(&self) -> &'static Cluster {
        self.cluster
    }

    /// A new connection, driven by the runtime of the caller.
    ///
    /// # Errors
    ///
    /// Where the server takes no more connections, or is gone.
    pub async fn connect(&self) -> Result<Client, TestingError> {
        connect(&self.url, &self.name).await
    }

    async fn create(cluster: &'static Cluster, template: Option<Arc<Template>>) -> Result<Self, TestingError> {
        // The guard is made there too: if the caller is cancelled, it ends as soon as the database is complete.
        background::run(async move {
            let name = cluster.next_name();
            // Nobody can be connected to template0 either.
            let from = template.as_ref().map_or("template0", |template| template.name());
            let statement = format!("CREATE DATABASE {} TEMPLATE {}", quote(&name), quote(from));
            create(&cluster.home_url(), &name, &statement).await?;
            Ok(Self { cluster, url: cluster.url(&name), name, _template: template })
        })
        .await
    }
}

async fn create(home: &str, name: &str, statement: &str) -> Result<(), TestingError> {
    let client = connect(home, "the server").await?;
    let mut tries = 0;
    loop {
        let Err(error) = client.batch_execute(statement).await else {
            return Ok(());
        };
        tries += 1;
        // A look at the template by autovacuum, or a session of `init` that has not ended yet.
        if error.code() != Some(&SqlState::OBJECT_IN_USE) || tries == 5 {
            return Err(TestingError::database("create", name)(error));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (home, name) = (self.cluster.home_url(), self.name.clone());
        background::complete(async move {
            if let Err(error) = drop_database(&home, &name).await {
                tracing::warn!(database = name, %error, "a test database stays, for a later run to drop");
            }
        });
    }
}

async fn drop_database(home: &str, name: &str) -> Result<(), TestingError> {
    let client = connect(home, "the server").await?;
    let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name));
    client.batch_execute(&statement).await.map_err(TestingError::database("drop", name))?;
    drop_roles(&client, name).await.map_err(TestingError::database("drop the roles of", name))
}

/// Drops the roles that are named after a database, which is gone.
pub(super) async fn drop_roles(client: &Client, database: &str) -> Result<(), tokio_postgres::Error> {
    let sql = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE pg_catalog.starts_with(rolname::text, $1)";
    let roles: Vec<String> =
        client.query(sql, &[&format!("{database}_")]).await?.iter().map(|row| row.get(0)).collect();
    if roles.is_empty() {
        return Ok(());
    }
    let roles: Vec<String> = roles.iter().map(|role| quote(role)).collect();
    client.batch_execute(&format!("DROP ROLE {}", roles.join(", "))).await
}
