//! Drops what runs left behind that were aborted, and nothing else.

use tokio_postgres::Client;

use super::cluster::Cluster;
use super::connect::connect;
use super::database::drop_roles;
use super::names::{TEST_DATABASES, TemplateName, quote};
use super::{TestingError, template};

/// Databases of runs that hold their lock no more. A run takes its lock before it makes a database, and the
/// list of databases is older than the locks it is compared with; so a live run's is never among them. The
/// locks of all databases count, since a run may have been given another one of the same server.
const ORPHANS: &str = "\
SELECT d.datname FROM pg_catalog.pg_database d
WHERE d.datname ~ $1
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_locks l
    WHERE l.locktype = 'advisory' AND l.objsubid = 1
      AND lpad(to_hex(l.classid::bigint), 8, '0') || lpad(to_hex(l.objid::bigint), 8, '0') = substr(d.datname, 9, 16))";

pub(super) async fn drop_all(cluster: &Cluster) -> Result<(), TestingError> {
    let client = connect(&cluster.home_url(), "the server").await?;
    let looked = TestingError::database("look for leftovers on", "the server");
    let (orphans, templates) = look(&client, cluster.home).await.map_err(looked)?;
    for name in orphans {
        // Without force: one that somebody is connected to stays. It may also be another role's, or gone.
        if let Err(error) = client.batch_execute(&format!("DROP DATABASE IF EXISTS {}", quote(&name))).await {
            tracing::debug!(database = name, %error, "a leftover test database stays");
        } else if let Err(error) = drop_roles(&client, &name).await {
            tracing::debug!(database = name, %error, "its roles stay");
        }
    }
    for name in templates {
        if let Err(error) = template::drop_unused(&client, &name).await {
            tracing::debug!(database = name.as_str(), %error, "a leftover template stays");
        }
    }
    Ok(())
}

async fn look(client: &Client, home: u32) -> Result<(Vec<String>, Vec<TemplateName>), tokio_postgres::Error> {
    let orphans = client.query(ORPHANS, &[&TEST_DATABASES]).await?;
    let templates =
        client.query("SELECT datname FROM pg_catalog.pg_database WHERE datname ~ '^mt_template_'", &[]).await?;
    let parse = |name: String| TemplateName::parse(&name, home);
    Ok((
        orphans.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
        templates.iter().filter_map(|row| row.try_get(0).map(parse).transpose()).collect::<Result<_, _>>()?,
    ))
}
