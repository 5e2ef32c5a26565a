//! A migration that must not run in a transaction: statement by statement, under a session lock.
//!
//! Nothing rolls it back. It is recorded after its last statement, so that a crash before leaves it pending;
//! the next run begins it anew, and says what it finds half done.

use std::time::Duration;

use crate::connection::Session;
use crate::ident::literal;
use crate::inventory::{Subject, observe_one};
use crate::migration::{Migration, StatementKind};
use crate::plan::TargetPlan;
use crate::sqlstate::{FailureClass, is_duplicate_object, retry_once};

use super::Failure;
use super::context::Context;
use super::lock::session_lock;
use super::preparation::Preparation;
use super::step::{StepError, position, send};
use super::transaction::{Frame, Standing, Transaction};
use super::wall::Wall;

/// Applies one migration on a connection that nobody uses before or after.
pub(crate) async fn apply(
    session: &Session,
    frame: Frame<'_>,
    migration: &Migration,
    plan: &TargetPlan,
    standing: &Standing<'_>,
    prepared: &Preparation,
    context: &Context,
) -> Result<(), StepError> {
    if !session.is_direct() {
        return Err(StepError::failed(behind_a_pooler(migration)));
    }
    let held = session.rows(&session_lock(frame.target.schema())).await?;
    if held.first().and_then(|row| row.get(0)) != Some("t") {
        return Err(StepError::Held);
    }
    // The lock, then the history: another statement, and so a snapshot that has seen what the lock waited for.
    let subject = Subject { target: frame.target, table: frame.table, set: context.set(frame.target) };
    let observed = observe_one(session, subject).await?;
    let as_planned = observed.schema_exists
        && observed.applied.len() == plan.applied.len()
        && observed.applied.iter().all(|row| plan.applied.contains(&row.version));
    if !as_planned {
        return Err(StepError::Stale);
    }
    prepare(session, frame).await?;
    for (i, (sql, kind)) in migration.up().statements().enumerate() {
        if context.cancellation.is_cancelled() && i == 0 {
            return Err(StepError::failed(Failure::new(FailureClass::Cancelled, "interrupted before it began")));
        }
        let timeout = match kind {
            // Giving up leaves an invalid index behind, which is worse than waiting.
            StatementKind::Concurrently => Duration::ZERO,
            _ => context.settings.lock_timeout,
        };
        session.rows(&format!("SET lock_timeout = {}", timeout.as_millis())).await?;
        if let Err(error) = session.run(sql).await {
            let mut failure = failed(migration, i, &error);
            explain(&mut failure, session, frame, migration, i).await;
            failure.notices = session.take_notices();
            return Err(StepError::Failed { failure: Box::new(failure), once: retry_once(&error) });
        }
    }
    let invalid = invalid_indexes(session, frame, migration).await?;
    if let Some(index) = invalid.first() {
        // `IF NOT EXISTS` is content with an index that a crash left invalid.
        return Err(StepError::failed(invalid_index(migration, index, frame)));
    }
    let record = Transaction::record(frame, migration, observed.history, standing, prepared);
    // The effects are there: a cancelled run records them before it ends.
    send(session, &record, std::slice::from_ref(migration), &Wall::default(), &Default::default()).await
}

/// The settings of the session; there is no transaction for `SET LOCAL`.
async fn prepare(session: &Session, frame: Frame<'_>) -> Result<(), tokio_postgres::Error> {
    let limit = context_limit(frame);
    for sql in [
        "SET default_transaction_read_only = off".to_owned(),
        format!("SET search_path = {}", frame.search_path()),
        format!("SET statement_timeout = {}", limit.as_millis()),
        "SET standard_conforming_strings = on".to_owned(),
    ] {
        session.rows(&sql).await?;
    }
    Ok(())
}

fn context_limit(frame: Frame<'_>) -> Duration {
    frame.settings.statement_timeout.unwrap_or(Duration::ZERO)
}

/// Indexes of this migration that a failed or interrupted `CONCURRENTLY` left.
///
/// Only those that its text names: others are none of its business. Those of partitioned tables may be meant so,
/// and those that are being built just now are not abandoned.
async fn invalid_indexes(
    session: &Session,
    frame: Frame<'_>,
    migration: &Migration,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let sql = format!(
        "SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relnamespace = \
         (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {}) AND NOT EXISTS \
         (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid) ORDER BY 1",
        literal(frame.target.schema().as_str())
    );
    let rows = session.rows(&sql).await?;
    let named = |index: &&str| migration.up().statements().any(|(sql, _)| sql.contains(index));
    Ok(rows.iter().filter_map(|row| row.get(0)).filter(named).map(str::to_owned).collect())
}

fn failed(migration: &Migration, statement: usize, error: &tokio_postgres::Error) -> Failure {
    let mut failure = Failure::from_postgres(error);
    let place = migration.up().place(statement, position(error));
    failure.migration = Some(migration.version().to_string());
    failure.file = Some(migration.up().path().to_owned());
    failure.line = Some(place.line);
    failure.column = Some(place.column);
    // Its first statements may be done: another try is for a person to decide, except before the first one.
    if statement > 0 && failure.class.is_retryable() {
        failure.class = FailureClass::Permanent;
    }
    failure
}

/// Adds what is half done, and how to go on.
async fn explain(failure: &mut Failure, session: &Session, frame: Frame<'_>, migration: &Migration, statement: usize) {
    let invalid = invalid_indexes(session, frame, migration).await.unwrap_or_default();
    let mut hint = match statement {
        0 => "this migration runs outside a transaction; none of its statements is done".to_owned(),
        n => format!("this migration runs outside a transaction: its first {n} statement(s) are done and stay"),
    };
    if failure.sqlstate.as_deref().is_some_and(is_duplicate_object) {
        hint.push_str(
            "; the object is probably what an interrupted run of this same migration left: drop it, or write \
             IF NOT EXISTS, and run again",
        );
    }
    for index in &invalid {
        hint.push_str(&format!("; {}", drop_invalid(frame, index)));
    }
    failure.hint = Some(match failure.hint.take() {
        Some(theirs) => format!("{theirs}; {hint}"),
        None => hint,
    });
}

fn invalid_index(migration: &Migration, index: &str, frame: Frame<'_>) -> Failure {
    let mut failure = Failure::new(
        FailureClass::Permanent,
        format!("the index {index:?} is invalid, as an interrupted CREATE INDEX CONCURRENTLY leaves it"),
    )
    .with_hint(drop_invalid(frame, index));
    failure.migration = Some(migration.version().to_string());
    failure.file = Some(migration.up().path().to_owned());
    failure
}

fn drop_invalid(frame: Frame<'_>, index: &str) -> String {
    let name = crate::ident::Identifier::new(index).map(|index| index.quoted()).unwrap_or_default();
    format!(
        "the index {name} is invalid: `DROP INDEX CONCURRENTLY {}.{name}`, then run again",
        frame.target.schema().quoted()
    )
}

fn behind_a_pooler(migration: &Migration) -> Failure {
    let mut failure = Failure::new(
        FailureClass::Permanent,
        "a migration outside a transaction needs a session of its own, and this connection goes through a \
         transaction pooler",
    )
    .with_hint("set database.migrate_url (MULTITENANT_MIGRATE_URL) to the server itself, past the pooler");
    failure.migration = Some(migration.version().to_string());
    failure.file = Some(migration.up().path().to_owned());
    failure
}
