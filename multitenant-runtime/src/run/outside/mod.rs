//! A migration that must not run in one transaction: statement by statement, under a session lock.
//!
//! Nothing rolls back what its first statements have done. It is recorded after its last one, so that a crash
//! before leaves it pending; the next run begins it anew, and says what it finds half done. Once its first statement
//! is sent, nothing begins it again by itself.

mod explain;
mod indexes;
mod names;
mod record;
mod statement;

use tokio_util::sync::CancellationToken;

use crate::connection::Session;
use crate::ident::literal;
use crate::inventory::{Subject, observe_one};
use crate::migration::{Migration, StatementKind};
use crate::plan::TargetPlan;
use crate::sqlstate::FailureClass;

pub(super) use self::names::elsewhere;
use self::statement::Sent;
use super::Failure;
use super::context::Context;
use super::frame::{Frame, Standing};
use super::lock::session_lock;
use super::preparation::Preparation;
use super::step::{StepError, send};
use super::transaction::Transaction;

/// What every part of the work needs.
#[derive(Clone, Copy)]
struct Run<'a> {
    /// A connection that nobody uses before or after.
    session: &'a Session,
    frame: Frame<'a>,
    migration: &'a Migration,
    prepared: &'a Preparation,
    context: &'a Context,
}

/// What a statement that failed may have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It was rolled back.
    None,
    /// It ran outside of any transaction.
    Partial,
}

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
    let run = Run { session, frame, migration, prepared, context };
    if !session.is_direct() {
        let failure = Failure::behind_a_pooler("a migration outside a transaction");
        return Err(StepError::failed(run.about(failure)));
    }
    run.begin(plan).await?;
    let guard = run.prepare().await?;
    let before = indexes::invalid(session, frame.target.schema()).await?;
    if let Some(index) = indexes::in_the_way(&before, migration) {
        // Nothing is done yet; at the end it would be too late to say so.
        return Err(StepError::failed(run.about(index.failure(frame.target.schema()))));
    }
    if context.cancellation.is_cancelled() {
        return Err(StepError::failed(Failure::new(FailureClass::Cancelled, "interrupted before it began")));
    }
    for (i, (sql, kind)) in migration.script().statements().enumerate() {
        let inside = match kind {
            StatementKind::Concurrently => Ok(Sent::Refused),
            _ => run.in_a_transaction(&guard, i).await,
        };
        let (result, effect) = match inside {
            Ok(Sent::Done) => continue,
            Ok(Sent::DoneAndLost) if i + 1 == migration.script().statements().count() => break,
            Ok(Sent::DoneAndLost) => return Err(run.session_lost(i)),
            Ok(Sent::Refused) => (run.outside(&guard, i, sql, kind).await, Effect::Partial),
            Err(error) => (Err(error), Effect::None),
        };
        if let Err(error) = result {
            return Err(run.explained(error, i, effect, &before).await);
        }
    }
    let after = match run.invalid_now().await {
        Ok(after) => after,
        Err(error) => return Err(run.not_recorded(error)),
    };
    if let Some(index) = indexes::left(&before, &after, migration).first() {
        // `IF NOT EXISTS` is content with an index that a crash left invalid.
        return Err(run.not_recorded(StepError::failed(index.failure(frame.target.schema()))));
    }
    run.record(standing).await
}

impl Run<'_> {
    /// The lock, then the history: another statement, and so a snapshot that has seen what the lock waited for.
    async fn begin(&self, plan: &TargetPlan) -> Result<(), StepError> {
        let Self { session, frame, migration, prepared, context } = *self;
        let held = session.rows(&session_lock(frame.target.schema())).await?;
        if held.first().and_then(|row| row.get(0)) != Some("t") {
            return Err(StepError::Held);
        }
        let subject = Subject { target: frame.target, table: frame.table, set: context.set(frame.target) };
        let observed = observe_one(session, subject).await?;
        let as_planned = observed.schema_exists
            && observed.unreadable.is_none()
            && observed.applied.len() == plan.applied.len()
            && observed.applied.iter().all(|row| plan.applied.contains(&row.version));
        if !as_planned {
            return Err(StepError::Stale);
        }
        // Now, since it may fail or wait: after the last statement only a row is to be added.
        if let Some(history) = Transaction::history(frame, observed.history) {
            let (migrations, never) = (std::slice::from_ref(migration), CancellationToken::new());
            let sent = send(session, &history, migrations, prepared, &never);
            prepared.waits.attend(context, session, frame.target, sent).await?;
        }
        Ok(())
    }

    /// Makes the settings of the session, which the script may change, and asserts the current schema.
    ///
    /// Gives the guard that asserts it again before each statement, where the script has not chosen a path itself.
    async fn prepare(&self) -> Result<String, StepError> {
        let Self { session, frame, .. } = *self;
        for sql in frame.session_settings() {
            session.rows(&sql).await?;
        }
        let current = frame.is_current();
        let sql =
            format!("SELECT {current}, setting, reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path'");
        let rows = session.rows(&sql).await?;
        let answer = rows.first().map(|row| (row.get(0), row.get(1), row.get(2)));
        let Some((Some("t"), Some(ours), default)) = answer else { return Err(StepError::Stale) };
        Ok(format!(
            "SELECT 1 / ({current} OR pg_catalog.current_setting('search_path') NOT IN ({}, {}))::int",
            literal(ours),
            literal(default.unwrap_or_default())
        ))
    }

    /// Says which migration a failure is about.
    fn about(&self, mut failure: Failure) -> Failure {
        failure.migration.get_or_insert_with(|| self.migration.version().to_string());
        failure.file.get_or_insert_with(|| self.migration.script().path().to_owned());
        failure
    }
}
