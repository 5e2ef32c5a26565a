//! One statement of the script, with as much protection as it can have.
//!
//! It is sent in a transaction of its own, with the guard before it and the wall behind it: whatever fails there is
//! rolled back, and may be tried again. A statement that the server refuses in a transaction had no effect, and is
//! sent again outside of one; `CONCURRENTLY` is sent so at once, when what it names is known to be the tenant's.

use tokio_util::sync::CancellationToken;

use crate::migration::StatementKind;
use crate::sqlstate::{FailureClass, is_failed_guard, refuses_transactions};

use super::super::cancellation::unless_cancelled;
use super::super::event::Event;
use super::super::known::Known;
use super::super::retry;
use super::super::step::{Again, StepError, position, send_known};
use super::super::transaction::Transaction;
use super::super::waits::watched;
use super::Run;

/// How a statement in a transaction of its own came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Done,
    /// It is done, and the session with all that the script had set there is lost.
    DoneAndLost,
    /// It cannot run in a transaction, and so has done nothing.
    Refused,
}

/// What is in the way of `CONCURRENTLY`: giving up leaves an invalid index behind, which is worse than waiting.
const LIMITS: [&str; 2] = ["lock_timeout", "statement_timeout"];

impl Run<'_> {
    /// Runs one statement outside of any transaction.
    pub(super) async fn outside(&self, guard: &str, i: usize, sql: &str, kind: StatementKind) -> Result<(), StepError> {
        self.session
            .rows(guard)
            .await
            .map_err(|error| if is_failed_guard(&error) { StepError::Stale } else { error.into() })?;
        self.refuse_shared(sql).await?;
        let limits = if kind == StatementKind::Concurrently { self.lift_limits().await? } else { Vec::new() };
        self.session.rows("SET default_transaction_read_only = off").await?;
        let work = async {
            self.session.run(sql).await.map_err(|error| {
                let mut failure = self.about(super::Failure::from_postgres(&error));
                let place = self.migration.script().place(i, position(&error));
                (failure.line, failure.column) = (Some(place.line), Some(place.column));
                failure.notices = self.session.take_notices();
                unless_cancelled(&CancellationToken::new(), StepError::failed(failure))
            })
        };
        // The only try.
        watched(self.context, self.session, work).await?;
        // As it is opened: if the BEGIN of the next one fails, whatever follows it cannot write.
        self.session.rows("SET default_transaction_read_only = on").await?;
        for sql in limits {
            self.session.rows(&sql).await?;
        }
        Ok(())
    }

    /// Runs one statement in a transaction, whose end is learnt even where its answer is lost.
    pub(super) async fn in_a_transaction(&self, guard: &str, i: usize) -> Result<Sent, StepError> {
        let Self { session, frame, migration, prepared, context } = *self;
        let transaction = Transaction::one_statement(frame, migration, i, guard, prepared);
        // What has begun is brought to its end: it stays in any case.
        let never = CancellationToken::new();
        let mut delays = retry::delays();
        let (mut attempt, mut failed_once) = (0, false);
        loop {
            let mut known = None;
            let migrations = std::slice::from_ref(migration);
            let sent = send_known(session, &transaction, migrations, prepared, &never, &mut known);
            let (mut failure, again) = match prepared.waits.attend(context, session, frame.target, sent).await {
                Ok(()) => return Ok(Sent::Done),
                Err(StepError::Failed { failure, again }) => (failure, again),
                Err(other) => return Err(other),
            };
            if failure.sqlstate.as_deref().is_some_and(refuses_transactions) {
                return Ok(Sent::Refused);
            }
            if failure.class == FailureClass::ConnectionLost {
                return match self.has_committed(known).await {
                    Some(true) => Ok(Sent::DoneAndLost),
                    // Nothing of it is done: before the first one that is as if nothing had begun.
                    Some(false) => {
                        failure.class = FailureClass::Retryable;
                        Err(StepError::Failed { failure, again })
                    }
                    None => Err(StepError::Failed { failure, again }),
                };
            }
            let once_more = again != Again::Once || !failed_once;
            let left_alone = session.is_closed() || context.cancellation.is_cancelled();
            let passes = failure.class.is_retryable() && once_more && !left_alone;
            let Some(delay) = passes.then(|| delays.next()).flatten() else {
                return Err(StepError::Failed { failure, again });
            };
            attempt += 1;
            failed_once |= again == Again::Once;
            let target = frame.target.clone();
            context.emit(&Event::Retrying { target, attempt, delay, failure: failure.clone() });
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = context.cancellation.cancelled() => return Err(StepError::Failed { failure, again }),
            }
        }
    }

    /// Whether a transaction whose answer was lost has committed, where that can be learnt.
    async fn has_committed(&self, known: Option<Known>) -> Option<bool> {
        // Without a number nothing but the guard was sent.
        let Some(known) = known else { return Some(false) };
        let session = self.context.connect_to_look().await.ok()?;
        let committed = known.has_committed(&session, &self.context.cancellation).await.ok();
        session.close().await;
        committed
    }

    /// Lifts the time limits, and gives the statements that set them again.
    async fn lift_limits(&self) -> Result<Vec<String>, tokio_postgres::Error> {
        let mut restore = Vec::new();
        for name in LIMITS {
            let rows = self.session.rows(&format!("SHOW {name}")).await?;
            let value = rows.first().and_then(|row| row.get(0)).unwrap_or("0");
            restore.push(format!("SET {name} = {}", crate::ident::literal(value)));
            self.session.rows(&format!("SET {name} = 0")).await?;
        }
        Ok(restore)
    }
}
