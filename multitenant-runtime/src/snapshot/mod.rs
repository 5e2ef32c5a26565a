//! Snapshots: what a replay of all migrations makes, as a text that makes it in a fraction of the time.
//!
//! A project of some years has hundreds of migrations, which make and remove and alter; its schema has some hundred
//! statements. Of a replay in a scratch schema (`scratch`) `pg_dump` writes these (`dump`), the schema's name is taken
//! out (`text`), and what they make is compared with two replays (`contents`, `catalogue`): every object, every row,
//! every sequence. Where nothing differs, the text is kept (`store`) under a digest of what a replay depends on
//! (`ground`), and creates tenants in one transaction, under the same lock, guards and wall as a replay.
//!
//! In doubt there is no snapshot: whatever is not proven equal is replayed, and the reason kept in its place.
//!
//! Deliberately absent: snapshots of a schema with data of its own, and of the shared schema, which is made once.

mod catalogue;
mod contents;
mod dates;
mod dump;
mod fold;
mod ground;
mod make;
mod obstacle;
mod outcome;
mod programs;
mod scratch;
mod store;
mod text;

#[cfg(all(test, feature = "testing"))]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use outcome::{SnapshotOutcome, SnapshotReport, Snapshots};

use crate::connection::Session;
use crate::error::Error;
use crate::run::{Context, Failure, Preparation, snapshot_lock};
use crate::settings::Settings;
use crate::sqlstate::FailureClass;

use ground::Ground;
use obstacle::Obstacle;
pub(crate) use store::TABLE;
use store::{Kept, Standing, Store};

/// From how many migrations on a snapshot is made without being asked for: below there is little to gain.
pub(crate) const WORTH_IT: usize = 100;

/// The statements of the snapshot for these migrations, where there is one that may be used.
///
/// Where there has never been a snapshot, that is one round trip, and is noted. What keeps it from being read is no failure of a
/// creation: then the migrations are replayed.
pub(crate) async fn find(session: &Session, context: &Context, is_there: &mut bool) -> Option<Vec<String>> {
    let found = async {
        let Some(schema) = &context.settings.state_schema else { return Ok(None) };
        let store = Store::in_schema(schema);
        match store.standing(session).await? {
            Standing::Absent => {
                *is_there = false;
                return Ok(None);
            }
            Standing::Untrusted => {
                tracing::warn!("the table of snapshots is not used: others have rights on it, or own it");
                return Ok(None);
            }
            Standing::Trusted => {}
        }
        let ground = ask(session, &context.settings, context).await?;
        store.read(session, &ground).await
    };
    match found.await {
        // Of none at all nobody would be the wiser; but then there is nothing to be gained either.
        Ok(Some(Kept::Text(text))) => text::split_again(&text).filter(|statements| !statements.is_empty()),
        Ok(Some(Kept::Refusal(reason))) => {
            tracing::debug!(reason, "there can be no snapshot of these migrations");
            None
        }
        Ok(None) => None,
        Err(error) => {
            tracing::debug!(error = %Failure::from_postgres(&error), "the snapshot cannot be read");
            None
        }
    }
}

/// How it stands with the snapshot. Writes nothing.
pub(crate) async fn look(session: &Session, context: &Context) -> Result<SnapshotReport, Error> {
    let started = Instant::now();
    let ground = ask(session, &context.settings, context).await.map_err(|error| Error::from(&error))?;
    let mut report = report(&ground, context, started);
    let Some(schema) = &context.settings.state_schema else {
        return Ok(report.unavailable(NO_STATE_SCHEMA.to_owned()));
    };
    let store = Store::in_schema(schema);
    match store.standing(session).await.map_err(|error| Error::from(&error))? {
        Standing::Absent => {}
        Standing::Untrusted => return Ok(report.unavailable("others have rights on the table of snapshots".to_owned())),
        Standing::Trusted => {
            let kept = store.read(session, &ground).await.map_err(|error| Error::from(&error))?;
            report.say(kept);
        }
    }
    report.duration = started.elapsed();
    Ok(report)
}

const NO_STATE_SCHEMA: &str = "snapshots are kept in the state schema, and migrations.state_schema is empty";

/// Makes the snapshot where there is none yet; once more where there was a reason against it.
pub(crate) async fn make(
    session: &Session,
    context: &Arc<Context>,
    pg_dump: Option<&Path>,
) -> Result<SnapshotReport, Error> {
    let started = Instant::now();
    let ground = ask(session, &context.settings, context).await.map_err(|error| Error::from(&error))?;
    let mut report = report(&ground, context, started);
    match Box::pin(try_to_make(session, context, &ground, pg_dump, &mut report)).await {
        Ok(()) => {}
        Err(Obstacle::Lasting(reason)) => {
            report.outcome = SnapshotOutcome::Impossible;
            report.reason = Some(reason);
        }
        Err(Obstacle::Passing(failure)) if failure.class == FailureClass::ConnectionLost => {
            return Err(Error::Database(failure));
        }
        Err(Obstacle::Passing(failure)) => report = report.unavailable(failure.to_string()),
    }
    report.duration = started.elapsed();
    tracing::info!(outcome = ?report.outcome, reason = report.reason, "snapshot of the tenants' migrations");
    Ok(report)
}

async fn try_to_make(
    session: &Session,
    context: &Arc<Context>,
    ground: &Ground,
    pg_dump: Option<&Path>,
    report: &mut SnapshotReport,
) -> Result<(), Obstacle> {
    let Some(schema) = &context.settings.state_schema else { return Err(Obstacle::here(NO_STATE_SCHEMA)) };
    if !session.is_direct() {
        return Err(Obstacle::here(
            "making a snapshot needs a session of its own, and this connection goes through a transaction pooler: set \
             database.migrate_url (MULTITENANT_MIGRATE_URL) to the server itself",
        ));
    }
    let store = Store::in_schema(schema);
    store.prepare(session).await?;
    // What resets a session lets go of its lock: nothing but reading is done on it.
    let held = session.rows(&snapshot_lock(schema)).await?;
    if held.first().and_then(|row| row.get(0)) != Some("t") {
        report.outcome = SnapshotOutcome::Held;
        return Ok(());
    }
    if let Some(Kept::Text(text)) = store.read(session, ground).await? {
        report.say(Some(Kept::Text(text)));
        return Ok(());
    }
    let prepared = Preparation::walled(&context.settings, session, None).await?;
    let made = make::make(context, session, ground, &prepared, pg_dump).await;
    let kept = match made {
        Ok(made) => {
            report.outcome = SnapshotOutcome::Made;
            (report.statements, report.bytes) = (Some(made.statements.len()), Some(made.text.len()));
            (report.replay, report.restore) = (Some(made.replay), Some(made.restore));
            Kept::Text(made.text)
        }
        Err(Obstacle::Lasting(reason)) => {
            report.outcome = SnapshotOutcome::Impossible;
            report.reason = Some(reason.clone());
            Kept::Refusal(reason)
        }
        Err(passing) => return Err(passing),
    };
    // Whoever has changed the shared schema meanwhile has changed the ground as well.
    if ask(session, &context.settings, context).await? != *ground {
        return Err(Obstacle::here("the shared schema was changed while the snapshot was made: make it again"));
    }
    store.keep(session, ground, context.tenant.migrations().len(), &kept).await
}

async fn ask(session: &Session, settings: &Settings, context: &Context) -> Result<Ground, tokio_postgres::Error> {
    Ground::ask(session, settings, &context.tenant).await.map_err(|error| error.error)
}

fn report(ground: &Ground, context: &Context, started: Instant) -> SnapshotReport {
    SnapshotReport {
        outcome: SnapshotOutcome::Absent,
        digest: ground.digest.clone(),
        migrations: context.tenant.migrations().len(),
        statements: None,
        bytes: None,
        replay: None,
        restore: None,
        reason: None,
        duration: Duration::max(started.elapsed(), Duration::ZERO),
    }
}

impl SnapshotReport {
    fn unavailable(mut self, reason: String) -> Self {
        self.outcome = SnapshotOutcome::Unavailable;
        self.reason = Some(reason);
        self
    }

    fn say(&mut self, kept: Option<Kept>) {
        match kept {
            None => {}
            Some(Kept::Refusal(reason)) => {
                self.outcome = SnapshotOutcome::Impossible;
                self.reason = Some(reason);
            }
            Some(Kept::Text(text)) => {
                self.outcome = SnapshotOutcome::Present;
                self.bytes = Some(text.len());
                self.statements = text::split_again(&text).map(|statements| statements.len());
            }
        }
    }
}
