//! Templates: made once for all processes, copied by each test, dropped when nobody copies them any more.
//!
//! Two advisory locks per template. The maker's is held, alone, by who makes it, drops it, or looks whether it
//! is there. The users' is held, shared, by every process that copies it, and is taken under the maker's. A
//! template is finished when it allows no connections: that is one commit, and `CREATE DATABASE` needs it so.

use std::error::Error;
use std::sync::{Arc, PoisonError};

use tokio_postgres::Client;

use super::cluster::Cluster;
use super::connect::connect;
use super::names::{TemplateName, quote};
use super::{TestingError, background};

type Result<T, E = tokio_postgres::Error> = std::result::Result<T, E>;

/// A finished template that this process copies, and that stays as long as this value.
#[derive(Debug)]
pub(super) struct Template {
    name: TemplateName,
    home_url: String,
    /// Holds the users' lock; taken out when this is dropped.
    user: Option<Client>,
}

impl Template {
    pub(super) fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// The template of a key, filled by `init` where it has to be made.
pub(super) async fn get<E>(
    cluster: &Cluster,
    key: &str,
    init: impl AsyncFnOnce(&str) -> Result<(), E>,
) -> Result<Arc<Template>, TestingError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let name = TemplateName::new(key, cluster.home);
    if let Some(template) = known(cluster, &name) {
        return Ok(template);
    }
    // Both sessions end with their clients: so a caller that is cancelled, or panics, holds no lock.
    let maker = session(cluster.home_url()).await?;
    let failed = |action| TestingError::database(action, name.as_str());
    lock(&maker, name.maker_lock()).await.map_err(failed("lock"))?;
    // Another thread may have been faster.
    if let Some(template) = known(cluster, &name) {
        return Ok(template);
    }
    let user = session(cluster.home_url()).await?;
    lock_shared(&user, name.users_lock()).await.map_err(failed("lock"))?;
    if !is_finished(&maker, &name).await.map_err(failed("look at"))? {
        create(&maker, &name).await.map_err(failed("create"))?;
        if let Err(error) = init(&cluster.url(name.as_str())).await {
            discard(&maker, &name).await.map_err(failed("drop"))?;
            return Err(TestingError::Init { key: key.to_owned(), source: error.into() });
        }
        finish(&maker, &name).await.map_err(failed("finish"))?;
    }
    let template = Arc::new(Template { name, home_url: cluster.home_url(), user: Some(user) });
    let mut templates = cluster.templates.lock().unwrap_or_else(PoisonError::into_inner);
    if cluster.is_embedded() {
        templates.kept.push(Arc::clone(&template));
    }
    templates.in_use.insert(template.name().to_owned(), Arc::downgrade(&template));
    Ok(template)
}

fn known(cluster: &Cluster, name: &TemplateName) -> Option<Arc<Template>> {
    let templates = cluster.templates.lock().unwrap_or_else(PoisonError::into_inner);
    templates.in_use.get(name.as_str())?.upgrade()
}

/// On the thread of our own, since the caller's runtime may end before the process.
async fn session(url: String) -> Result<Client, TestingError> {
    background::run(async move { connect(&url, "the server").await }).await
}

async fn is_finished(maker: &Client, name: &TemplateName) -> Result<bool> {
    let query = "SELECT datallowconn FROM pg_catalog.pg_database WHERE datname = $1";
    match maker.query_opt(query, &[&name.as_str()]).await? {
        Some(row) => Ok(!row.try_get::<_, bool>(0)?),
        None => Ok(false),
    }
}

async fn create(maker: &Client, name: &TemplateName) -> Result<()> {
    // A maker may have been killed before it had finished.
    discard(maker, name).await?;
    maker.batch_execute(&format!("CREATE DATABASE {} TEMPLATE template0", quote(name.as_str()))).await
}

async fn discard(maker: &Client, name: &TemplateName) -> Result<()> {
    maker.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name.as_str()))).await
}

async fn finish(maker: &Client, name: &TemplateName) -> Result<()> {
    maker.batch_execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", quote(name.as_str()))).await?;
    // Whoever is still connected, a pool of the caller's for example, would keep it from being copied.
    let terminate = "\
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname = $1 AND usename = current_user AND backend_type = 'client backend'";
    maker.execute(terminate, &[&name.as_str()]).await.map(drop)
}

/// Drops a template that no process copies or makes.
pub(super) async fn drop_unused(client: &Client, name: &TemplateName) -> Result<()> {
    if !try_lock(client, name.maker_lock()).await? {
        return Ok(());
    }
    let dropped = drop_if_free(client, name).await;
    client.batch_execute("SELECT pg_catalog.pg_advisory_unlock_all()").await?;
    dropped
}

async fn drop_if_free(client: &Client, name: &TemplateName) -> Result<()> {
    if !try_lock(client, name.users_lock()).await? {
        return Ok(());
    }
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {}", quote(name.as_str()))).await
}

impl Drop for Template {
    fn drop(&mut self) {
        let (Some(user), name, url) = (self.user.take(), self.name.clone(), self.home_url.clone()) else {
            return;
        };
        background::complete(async move {
            let dropped = match connect(&url, "the server").await {
                Ok(client) => {
                    drop_after(&client, user, &name).await.map_err(TestingError::database("drop", name.as_str()))
                }
                Err(error) => Err(error),
            };
            if let Err(error) = dropped {
                tracing::warn!(template = name.as_str(), %error, "a template stays, for a later run to drop");
            }
        });
    }
}

/// Waits for the maker's lock, so that of two processes that end at once, the second sees that it is the last.
async fn drop_after(client: &Client, user: Client, name: &TemplateName) -> Result<()> {
    lock(client, name.maker_lock()).await?;
    user.execute("SELECT pg_catalog.pg_advisory_unlock_shared($1)", &[&name.users_lock()]).await?;
    drop_if_free(client, name).await
}

async fn lock(client: &Client, key: i64) -> Result<()> {
    client.execute("SELECT pg_catalog.pg_advisory_lock($1)", &[&key]).await.map(drop)
}

async fn lock_shared(client: &Client, key: i64) -> Result<()> {
    client.execute("SELECT pg_catalog.pg_advisory_lock_shared($1)", &[&key]).await.map(drop)
}

async fn try_lock(client: &Client, key: i64) -> Result<bool> {
    client.query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&key]).await?.try_get(0)
}
