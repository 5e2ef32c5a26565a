//! What the migrations make, in a database of its own: for what cannot be replayed in a transaction.
//!
//! The database is made on the same server, or on another one, migrated as any other is, read and dropped.

use std::sync::Arc;

use crate::connection::{ConnectionUrl, Witness};
use crate::error::Error;
use crate::migration::RunId;
use crate::migrator::{Migrator, NewTenant, Scope};
use crate::run::{Context, Failure, Hooked};
use crate::scratch::ScratchDatabase;
use crate::sqlstate::FailureClass;
use crate::target::{Target, Tier};

use super::catalogue::SETTINGS;
use super::compare::Reference;
use super::names::Example;
use super::replay::{Views, major, read};

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
    let scratch = Box::pin(ScratchDatabase::create(&url)).await.map_err(|error| failure(&error))?;
    let made = Box::pin(fill(context, scratch.url())).await;
    if let Err(error) = scratch.drop().await {
        tracing::warn!(%error, "a scratch database stays, for the next one's maker to drop");
    }
    made
}

async fn fill(context: &Context, url: &ConnectionUrl) -> Result<Made, Failure> {
    let mut scratch = context.clone();
    scratch.url = url.clone();
    scratch.witness = Arc::new(Witness::new(url.clone()));
    (scratch.observer, scratch.hooks) = (None, Hooked::default());
    // Roles belong to the whole server, and nobody starts from this database.
    (scratch.settings.roles, scratch.settings.state_schema) = (None, None);
    let scratch = Arc::new(scratch);
    let migrator = Migrator::on_scratch(Arc::clone(&scratch));
    let refused = |error: crate::ident::IdentError| Failure::new(FailureClass::Permanent, error.to_string());
    let tenant = NewTenant::new(format!("Drift {}", &RunId::default().as_str()[..16])).map_err(refused)?.unregistered();
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
        let tenant =
            read(&session, settings, &target, unique, Views::Both, major).await.map_err(|error| error.error)?;
        session.rows(SETTINGS[0]).await?;
        let shared = match &shared {
            Some(target) => {
                let example = Example::new(target.schema().clone(), false);
                Some(read(&session, settings, target, example, Views::Both, major).await.map_err(|error| error.error)?)
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
