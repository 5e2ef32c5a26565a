//! A database of one's own on a server, to try migrations in, and gone afterwards.
//!
//! Deliberately absent: a copy of another database's contents. It begins empty.

use std::fmt;

use crate::connection::{ConnectErrorKind, ConnectOptions, ConnectionUrl, Session};
use crate::error::Error;
use crate::ident::{Identifier, literal};
use crate::migration::RunId;
use crate::run::Failure;
use crate::sqlstate::FailureClass;

/// A database of one's own on a server.
///
/// Whoever made it holds a lock for as long as it is in use; what a killed process has left is dropped by the next one
/// that makes one on that server. Encoding and locale are those of the database that the URL names, whose contents are
/// not touched.
///
/// ```no_run
/// use multitenant_runtime::{ConnectionUrl, ScratchDatabase};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let server = ConnectionUrl::parse("postgres://localhost/app")?;
/// let scratch = ScratchDatabase::create(&server).await?;
/// println!("{}", scratch.url());
/// scratch.drop().await?;
/// # Ok(()) }
/// ```
#[must_use = "the database stays until it is dropped"]
pub struct ScratchDatabase {
    url: ConnectionUrl,
    name: Identifier,
    /// In another database of the server; holds the lock.
    home: Session,
}

const PREFIX: &str = "multitenant_scratch_";

impl ScratchDatabase {
    /// Makes one on the server of this URL, whose database need not exist.
    ///
    /// # Errors
    ///
    /// Where the server cannot be reached, its role may not create databases, or a transaction pooler stands between.
    pub async fn create(server: &ConnectionUrl) -> Result<Self, Error> {
        let home = connect(server).await?;
        if !home.is_direct() {
            return Err(Error::Database(Box::new(Failure::behind_a_pooler("making a scratch database"))));
        }
        let name = Identifier::new(format!("{PREFIX}{}", RunId::default().as_str()))
            .map_err(|error| Error::Database(Box::new(Failure::new(FailureClass::Permanent, error.to_string()))))?;
        // The lock first: a database without one is taken for a leftover.
        let locked = [
            "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'idle_session_timeout'",
            &format!("SELECT pg_catalog.pg_advisory_lock({})", lock_of(&literal(name.as_str()))),
        ];
        home.pipeline(&locked).await.map_err(|failed| Error::from(&failed.error))?;
        drop_leftovers(&home).await;
        let create = format!(
            "CREATE DATABASE {} TEMPLATE template0{}",
            name.quoted(),
            locale(&home).await.map_err(|error| Error::from(&error))?
        );
        home.run(&create).await.map_err(|error| Error::Database(Box::new(refused(&error))))?;
        Ok(Self { url: server.with_database(name.as_str()), name, home })
    }

    /// The URL of the database, with the same user and settings.
    #[must_use]
    pub fn url(&self) -> &ConnectionUrl {
        &self.url
    }

    /// Drops it, with whoever is still connected.
    ///
    /// # Errors
    ///
    /// Where the server does not answer; then the next scratch database's maker drops it.
    pub async fn drop(self) -> Result<(), Error> {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name.quoted());
        let dropped = self.home.run(&sql).await;
        self.home.close().await;
        dropped.map_err(|error| Error::from(&error))
    }
}

impl fmt::Debug for ScratchDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScratchDatabase").field(&self.name.as_str()).finish()
    }
}

/// The database of the URL, or the one that every server has.
async fn connect(server: &ConnectionUrl) -> Result<Session, Error> {
    let options = ConnectOptions { writes: true, ..ConnectOptions::default() };
    match Box::pin(Session::connect(server, &options)).await {
        Err(error) if error.kind() == ConnectErrorKind::DatabaseMissing => {
            Ok(Box::pin(Session::connect(&server.with_database("postgres"), &options)).await?)
        }
        connected => Ok(connected?),
    }
}

/// The key of the lock, from the expression for the name.
fn lock_of(name: &str) -> String {
    format!("pg_catalog.hashtextextended({name}, 0)")
}

/// Encoding and locale of the database that we are in. One that another provider than libc collates has its own words
/// for that, and gets the server's.
async fn locale(home: &Session) -> Result<String, tokio_postgres::Error> {
    let sql = "SELECT pg_catalog.format(' ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_catalog.pg_encoding_to_char(encoding), \
               datcollate, datctype) FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database() \
               AND coalesce(pg_catalog.to_jsonb(pg_database) ->> 'datlocprovider', 'c') = 'c'";
    Ok(home.rows(sql).await?.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
}

/// Drops what killed processes have left. It may be somebody else's to drop, or gone by now.
async fn drop_leftovers(home: &Session) {
    // The list of databases is older than the locks that it is compared with, and a lock is older than its database: one
    // in use is never among them. The locks of all databases count.
    let sql = format!(
        "SELECT d.datname FROM pg_catalog.pg_database d WHERE d.datname ~ {} AND NOT EXISTS (SELECT FROM \
         pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1 \
         AND (l.classid::bigint << 32) | l.objid::bigint = {})",
        literal(&format!("^{PREFIX}[0-9a-f]{{32}}$")),
        lock_of("d.datname::text")
    );
    let Ok(rows) = home.rows(&sql).await else { return };
    for name in rows.iter().filter_map(|row| Identifier::new(row.get(0)?).ok()) {
        // Without force: one that somebody looks into stays.
        if let Err(error) = home.run(&format!("DROP DATABASE IF EXISTS {}", name.quoted())).await {
            tracing::debug!(database = name.as_str(), error = %Failure::from_postgres(&error), "a scratch database stays");
        }
    }
}

fn refused(error: &tokio_postgres::Error) -> Failure {
    Failure::from_postgres(error)
        .with_hint("a scratch database is made on the server: give the role CREATEDB, or name a server where it may")
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    async fn scratch_databases(session: &Session) -> Vec<String> {
        let sql = format!("SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}%' ORDER BY 1");
        session.rows(&sql).await.unwrap().iter().map(|row| row.get(0).unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn leftovers_go_and_what_is_in_use_stays() {
        let database = TestDatabase::empty().await.unwrap();
        let server = ConnectionUrl::parse(database.url()).unwrap();
        let session = connect(&server).await.unwrap();
        let mine = ScratchDatabase::create(&server).await.unwrap();
        let left = format!("{PREFIX}{}", "0".repeat(32));
        session.run(&format!("CREATE DATABASE {left}")).await.unwrap();
        let other = ScratchDatabase::create(&server.with_database("nobody_made_this")).await.unwrap();
        let there = scratch_databases(&session).await;
        assert!(there.contains(&mine.name.as_str().to_owned()) && there.contains(&other.name.as_str().to_owned()));
        assert!(!there.contains(&left), "{there:?}");
        let name = mine.name.as_str().to_owned();
        // Somebody who is still connected does not keep it.
        let guest = connect(mine.url()).await.unwrap();
        mine.drop().await.unwrap();
        other.drop().await.unwrap();
        drop(guest);
        assert!(!scratch_databases(&session).await.contains(&name));
    }
}
