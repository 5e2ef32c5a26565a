//! What the migrations make, in a database of its own: for what cannot be replayed in a transaction.
//!
//! The database is made on the same server, or on another one, migrated as any other is, read and dropped. What a run that
//! was killed has left is dropped by the next one on the same database: its name says whose it is, and a lock whether
//! somebody is still at work.

use std::sync::Arc;

use crate::connection::{ConnectOptions, ConnectionUrl, Session, Witness};
use crate::error::Error;
use crate::ident::{Identifier, literal};
use crate::migration::RunId;
use crate::migrator::{Migrator, NewTenant, Scope};
use crate::run::{Context, Failure, Hooked};
use crate::sqlstate::FailureClass;
use crate::target::{Target, Tier};

use super::catalogue::SETTINGS;
use super::compare::Reference;
use super::names::Example;
use super::replay::{major, read};

/// How the name of a scratch database begins.
const PREFIX: &str = "multitenant_drift_";

/// What the migrations of both tiers make.
pub(super) struct Made {
    pub(super) shared: Option<Reference>,
    pub(super) tenant: Reference,
}

/// Makes a database, migrates it, reads it and drops it.
pub(super) async fn make(context: &Context, server: Option<&str>) -> Result<Made, Failure> {
    let url = match server {
        Some(url) => {
            ConnectionUrl::parse(url).map_err(|error| Failure::new(FailureClass::Permanent, error.to_string()))?
        }
        None => context.url.clone(),
    };
    let options = ConnectOptions::default();
    let admin = Box::pin(Session::connect(&url, &options)).await.map_err(|error| Failure::from_connect(&error))?;
    if !admin.is_direct() {
        return Err(Failure::behind_a_pooler("a scratch database"));
    }
    let made = Box::pin(make_on(&admin, context, &url, server.is_none())).await;
    admin.close().await;
    made
}

async fn make_on(admin: &Session, context: &Context, url: &ConnectionUrl, is_same: bool) -> Result<Made, Failure> {
    let ask = |error: &tokio_postgres::Error| Failure::from_postgres(error);
    // Databases are made outside of transactions.
    let writes = "SET default_transaction_read_only = off";
    let whose = "SELECT d.oid, pg_catalog.format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', \
                 pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype) FROM pg_catalog.pg_database d \
                 WHERE d.datname = pg_catalog.current_database()";
    admin.rows(writes).await.map_err(|error| ask(&error))?;
    let rows = admin.rows(whose).await.map_err(|error| ask(&error))?;
    let (oid, locale) = rows.first().map(|row| (row.get(0), row.get(1))).unwrap_or_default();
    let prefix = format!("{PREFIX}{}_", oid.unwrap_or_default());
    drop_leftovers(admin, &prefix).await.map_err(|error| ask(&error))?;
    let token = RunId::default().as_str()[..16].to_owned();
    let name = format!("{prefix}{token}");
    let refused = |error: crate::ident::IdentError| Failure::new(FailureClass::Permanent, error.to_string());
    let quoted = Identifier::new(&name).map_err(refused)?.quoted();
    admin.rows(&lock(&name)).await.map_err(|error| ask(&error))?;
    let locale = locale.filter(|_| is_same).unwrap_or_default();
    admin.rows(&format!("CREATE DATABASE {quoted} TEMPLATE template0 {locale}")).await.map_err(|error| {
        ask(&error).with_hint(
            "let the role create databases (ALTER ROLE … CREATEDB), give another server for it, or compare with a tenant",
        )
    })?;
    let made = Box::pin(fill(context, &url.with_database(&name), &token)).await;
    let dropped = admin.rows(&format!("DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")).await;
    if let Err(error) = dropped {
        tracing::warn!(database = name, %error, "a scratch database stays, for the next comparison to drop");
    }
    made
}

/// Drops those that nobody holds.
async fn drop_leftovers(admin: &Session, prefix: &str) -> Result<(), tokio_postgres::Error> {
    let list = format!(
        "SELECT datname, pg_catalog.quote_ident(datname) FROM pg_catalog.pg_database \
         WHERE pg_catalog.starts_with(datname::text, {})",
        literal(prefix)
    );
    for row in admin.rows(&list).await? {
        let (Some(name), Some(quoted)) = (row.get(0), row.get(1)) else { continue };
        let held = admin.rows(&lock(name)).await?;
        if held.first().and_then(|row| row.get(0)) == Some("t") {
            admin.rows(&format!("DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")).await?;
        }
    }
    Ok(())
}

/// Takes the lock of a scratch database, which ends with the session.
fn lock(name: &str) -> String {
    format!("SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended({}, 0))", literal(name))
}

async fn fill(context: &Context, url: &ConnectionUrl, token: &str) -> Result<Made, Failure> {
    let mut scratch = context.clone();
    scratch.url = url.clone();
    scratch.witness = Arc::new(Witness::new(url.clone()));
    (scratch.observer, scratch.hooks) = (None, Hooked::default());
    // Roles belong to the whole server, and nobody starts from this database.
    (scratch.settings.roles, scratch.settings.state_schema) = (None, None);
    let scratch = Arc::new(scratch);
    let migrator = Migrator::on_scratch(Arc::clone(&scratch));
    let refused = |error: crate::ident::IdentError| Failure::new(FailureClass::Permanent, error.to_string());
    let tenant = NewTenant::new(format!("Drift {token}")).map_err(refused)?.unregistered();
    let target = migrator.target_of(&tenant).map_err(|error| failure(&error))?;
    let shared = scratch.shared.as_ref().map(|_| Target::shared(scratch.settings.shared_schema.clone()));
    let session = scratch.connect().await.map_err(|error| Failure::from_connect(&error))?;
    let create = format!("CREATE SCHEMA IF NOT EXISTS {}", scratch.settings.shared_schema.quoted());
    let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    session.pipeline(&[begin, &create, "COMMIT"]).await.map_err(|error| Failure::from_postgres(&error.error))?;
    if shared.is_some() {
        Box::pin(migrator.migrate(Scope::shared())).await.map_err(|error| failure(&error))?;
    }
    Box::pin(migrator.create_tenant(tenant)).await.map_err(|error| failure(&error))?;
    let looked = async {
        let major = major(&session).await?;
        session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let settings = &scratch.settings;
        let unique = Example::new(target.schema().clone(), true);
        let tenant = read(&session, settings, &target, unique, major).await.map_err(|error| error.error)?;
        session.rows(SETTINGS[0]).await?;
        let shared = match &shared {
            Some(target) => {
                let example = Example::new(target.schema().clone(), false);
                Some(read(&session, settings, target, example, major).await.map_err(|error| error.error)?)
            }
            None => None,
        };
        Ok(Made { shared, tenant })
    };
    let made = looked.await.map_err(|error: tokio_postgres::Error| Failure::from_postgres(&error));
    session.close().await;
    made
}

/// What ended a call on the scratch database, as one failure.
fn failure(error: &Error) -> Failure {
    match error {
        Error::Incomplete(report) => {
            let failed = report.targets.iter().find_map(|target| target.failure.clone());
            failed.unwrap_or_else(|| Failure::new(FailureClass::Permanent, error.to_string()))
        }
        Error::Database(failure) => (**failure).clone(),
        _ => Failure::new(FailureClass::Permanent, error.to_string()),
    }
}

impl Made {
    /// That of a tier.
    pub(super) fn of(&self, tier: Tier) -> Option<&Reference> {
        match tier {
            Tier::Shared => self.shared.as_ref(),
            Tier::Tenant => Some(&self.tenant),
        }
    }
}
