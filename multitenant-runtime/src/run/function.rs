//! A migration that is a Rust function: the same transaction, in Diesel's hands while the function runs.
//!
//! Begun through Diesel, so that the function's own transactions are savepoints. Before the record it is asserted that
//! the transaction is still the one that was begun: by its number, and with it the lock.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::connection::{Backend, Care, Guest, ServerError};
use crate::migration::{Function, Migration};
use crate::plan::{Step, TargetPlan};
use crate::sqlstate::{
    FailureClass, follows_a_failure, is_failed_guard_code, is_other_object_code, is_undefined_table_code,
    retry_heard_once,
};

use super::Failure;
use super::blame::{blamed, described};
use super::cancellation::{cancellable, unless_cancelled};
use super::context::Context;
use super::event::Event;
use super::frame::{Frame, Standing};
use super::hooks::said;
use super::job::InDoubt;
use super::known::Known;
use super::preparation::Preparation;
use super::step::{
    Again, StepError, registered_otherwise, schema_dropped_by_seed, schema_moved, touched_by, unregistered_by_seed,
};
use super::transaction::{Role, Transaction};

/// What the work on one schema needs.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) inside: Inside<'a>,
    pub(super) function: &'a Function,
    pub(super) plan: &'a TargetPlan,
    pub(super) standing: &'a Standing<'a>,
}

/// What is done inside of a transaction that Diesel has the connection of.
#[derive(Clone, Copy)]
pub(crate) struct Inside<'a> {
    pub(crate) frame: Frame<'a>,
    /// What the failures are about.
    pub(crate) migration: &'a Migration,
    pub(crate) prepared: &'a Preparation,
    pub(crate) context: &'a Context,
}

/// How far a try came before it failed.
pub(crate) enum Failed {
    /// The function was not called, or the end of its transaction is our own COMMIT's.
    Framed(StepError),
    /// The function was called, and nothing was committed by us.
    Called(StepError),
}

impl Run<'_> {
    /// Applies or reverts it, on a connection of its own.
    pub(super) async fn apply(self, doubt: &mut Option<InDoubt>) -> Result<(), StepError> {
        let (mut guest, backend) = self.inside.connect("a migration that is a Rust function").await?;
        let mut known = None;
        let result = Box::pin(self.work(&mut guest, backend, &mut known, doubt)).await;
        self.inside.finish(guest, result, known).await
    }

    async fn work(
        self,
        guest: &mut Guest,
        backend: Option<Backend>,
        known: &mut Option<Known>,
        doubt: &mut Option<InDoubt>,
    ) -> Result<(), Failed> {
        let Self { inside, standing, .. } = self;
        let Inside { frame, migration, prepared, .. } = inside;
        let before = Transaction::before_function(frame, self.plan);
        let number = inside.begin(guest, &before).await.map_err(Failed::Framed)?;
        *known = Some(Known::new(number.clone(), backend));
        inside.call(guest, self.function).await.map_err(Failed::Called)?;
        let after = Transaction::after_function(frame, migration, &number, standing, prepared);
        inside.send(guest, &after).await.map_err(Failed::Called)?;
        if migration.is_reversal() {
            // What is gone from the history does not say who removed it.
            let steps = vec![Step::Revert(migration.version().clone())];
            *doubt = known.clone().map(|known| (known, steps));
        }
        inside.commit(guest).await.map_err(Failed::Framed)
    }
}

impl Inside<'_> {
    /// A connection in Diesel's hands.
    pub(crate) async fn connect(self, what: &str) -> Result<(Guest, Option<Backend>), StepError> {
        let session = self.context.connect_for_diesel().await?;
        if !session.is_direct() {
            session.close().await;
            return Err(StepError::failed(self.about(Failure::behind_a_pooler(what))));
        }
        let backend = session.backend().cloned();
        let into_guest = session.into_guest().await;
        let guest = into_guest.map_err(|error| {
            StepError::failed(Failure::new(FailureClass::ConnectionLost, format!("Diesel cannot set it up: {error}")))
        })?;
        Ok((guest, backend))
    }

    /// Ends the connection, and says what the result means.
    pub(crate) async fn finish(
        self,
        mut guest: Guest,
        result: Result<(), Failed>,
        known: Option<Known>,
    ) -> Result<(), StepError> {
        let notices = guest.take_notices();
        if result.is_err() && !guest.is_closed() {
            // The server ends a session some time after its goodbye, and the next try wants the lock at once.
            let _ = tokio::time::timeout(Duration::from_secs(5), self.stop(&mut guest)).await;
        }
        guest.close().await;
        match result {
            Ok(()) => {
                for notice in notices {
                    self.context.emit(&Event::Notice { target: self.frame.target.clone(), notice });
                }
                Ok(())
            }
            Err(Failed::Framed(error)) => Err(error),
            Err(Failed::Called(error)) => Err(self.judged(error, known).await),
        }
    }

    /// Sends statements of ours.
    pub(crate) async fn send(self, guest: &mut Guest, transaction: &Transaction) -> Result<(), StepError> {
        let care = guest.care();
        let sent = self.cared_for(&care, guest.pipeline(transaction.statements())).await;
        sent.map_err(|(i, error)| self.meaning(guest, transaction.role(i), &error))
    }

    /// Commits.
    pub(crate) async fn commit(self, guest: &mut Guest) -> Result<(), StepError> {
        let care = guest.care();
        let committed = self.cared_for(&care, guest.run("COMMIT")).await;
        committed.map_err(|error| self.failed(guest, &error))
    }

    /// What an expression is, as text.
    pub(crate) async fn text(self, guest: &mut Guest, expression: &str) -> Result<Option<String>, StepError> {
        let care = guest.care();
        let text = self.cared_for(&care, guest.text(expression)).await;
        text.map_err(|error| self.failed(guest, &error))
    }

    /// Begins the transaction, and gives its number.
    pub(crate) async fn begin(self, guest: &mut Guest, before: &Transaction) -> Result<String, StepError> {
        let Some((begin, rest)) = before.statements().split_first() else { return Err(StepError::Stale) };
        let care = guest.care();
        let begun = self.cared_for(&care, guest.begin(begin)).await;
        begun.map_err(|error| self.failed(guest, &error))?;
        // What writes is sent when lock and guard are known to hold.
        let (reads, writes) = rest.split_at(before.preamble().saturating_sub(1));
        for (statements, first) in [(reads, 1), (writes, 1 + reads.len())] {
            let sent = self.cared_for(&care, guest.pipeline(statements)).await;
            sent.map_err(|(i, error)| self.meaning(guest, before.role(first + i), &error))?;
        }
        let number = self.cared_for(&care, guest.transaction_number()).await;
        let number = number.map_err(|error| self.failed(guest, &error))?;
        guest.take_errors();
        Ok(number)
    }

    /// Calls the function, which must leave no transaction open but ours. A run that is cancelled drops it where it
    /// waits.
    pub(crate) async fn call(self, guest: &mut Guest, function: &Function) -> Result<(), StepError> {
        self.called(guest, function).await?;
        match guest.depth() {
            Some(1) => Ok(()),
            Some(0) | None => Err(self.ended()),
            Some(_) => Err(StepError::failed(self.about(left_open()))),
        }
    }

    async fn called(self, guest: &mut Guest, function: &Function) -> Result<(), StepError> {
        let care = guest.care();
        let watch = function.blocks().then(|| Watch::over(&care, self.context.cancellation.clone()));
        let call = AssertUnwindSafe(async { function.run(&mut guest.connection).await }).catch_unwind();
        let result = tokio::select! {
            biased;
            result = call => result,
            () = self.context.cancellation.cancelled() => {
                let failure = Failure::new(FailureClass::Cancelled, "the run was interrupted; what had begun is rolled back");
                return Err(StepError::failed(self.about(failure)));
            }
        };
        drop(watch);
        match result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.fell(guest, error).await),
            Err(panic) => {
                let message = format!("the function failed: {}", said(&*panic));
                Err(StepError::failed(self.about(Failure::new(FailureClass::Permanent, message))))
            }
        }
    }

    /// What the failure of a statement of ours means.
    fn meaning(self, guest: &Guest, role: Role, error: &diesel::result::Error) -> StepError {
        let heard = guest.take_errors();
        let failed = heard.iter().find(|error| !follows_a_failure(&error.code));
        let guarded = failed.filter(|error| is_failed_guard_code(&error.code));
        match (role, guarded) {
            (Role::Lock, Some(_)) => StepError::Held,
            (Role::Guard | Role::Record { .. }, Some(_)) => StepError::Stale,
            // The history itself may be gone, with its schema.
            (Role::Guard | Role::Record { .. }, None)
                if failed.is_some_and(|error| is_undefined_table_code(&error.code)) =>
            {
                StepError::Stale
            }
            (Role::Transaction, Some(_)) => self.ended(),
            (Role::Seeded { .. }, Some(_)) => StepError::failed(self.about(schema_moved())),
            (Role::Spares { .. }, Some(_)) => StepError::failed(self.about(schema_dropped_by_seed())),
            (Role::Stays { .. }, Some(_)) => StepError::failed(self.about(unregistered_by_seed())),
            (Role::Registered, Some(_)) => StepError::failed(registered_otherwise()),
            // They are about the tenant, and about no seed.
            (Role::Register | Role::Registered | Role::Isolate, _) => match failed {
                Some(error) => {
                    let mut failure = Failure::from(error);
                    // It has come, or gone, since somebody looked.
                    if role == Role::Isolate && is_other_object_code(&error.code) {
                        failure.class = FailureClass::Retryable;
                    }
                    unless_cancelled(&self.context.cancellation, StepError::failed(failure))
                }
                None => self.explained(error, &heard, is_lost(guest, error)),
            },
            (Role::Wall { .. }, Some(error)) => touched_by(self.prepared, &error.message, Some(self.migration)),
            (Role::Migration { statement, .. }, _) => {
                let mut error = self.explained(error, &heard, is_lost(guest, error));
                if let StepError::Failed { failure, .. } = &mut error {
                    let place = self.migration.script().place(statement, None);
                    (failure.line, failure.column) = (Some(place.line), Some(place.column));
                }
                error
            }
            _ => self.explained(error, &heard, is_lost(guest, error)),
        }
    }

    /// A failure around the function.
    fn failed(self, guest: &Guest, error: &diesel::result::Error) -> StepError {
        let heard = guest.take_errors();
        self.explained(error, &heard, is_lost(guest, error))
    }

    /// A failure of the function's. What became of its transaction, and of the connection, is asked.
    async fn fell(self, guest: &mut Guest, error: Box<dyn Error + Send + Sync>) -> StepError {
        let mut heard = guest.take_errors();
        let care = guest.care();
        let alive = self.cared_for(&care, guest.run("SELECT 1")).await.is_ok();
        let answer = guest.take_errors();
        let lost = !alive && answer.is_empty();
        heard.extend(answer);
        self.explained(&*error, &heard, lost)
    }

    /// The failure that an error is, with what the server has said of it.
    fn explained(self, error: &(dyn Error + 'static), heard: &[ServerError], lost: bool) -> StepError {
        let (mut failure, again) = match blamed(error, heard) {
            Some(server) => {
                let again = if retry_heard_once(server) { Again::Once } else { Again::Freely };
                (Failure::from(server), again)
            }
            None => (Failure::new(FailureClass::Permanent, described(error)), Again::Freely),
        };
        if lost {
            failure.class = FailureClass::ConnectionLost;
        }
        let failure = Box::new(self.about(failure));
        unless_cancelled(&self.context.cancellation, StepError::Failed { failure, again })
    }

    /// The function has ended the transaction, and may have begun another one.
    fn ended(self) -> StepError {
        let failure = Failure::new(FailureClass::Permanent, ENDED).with_hint(
            "use `conn.transaction(…)` for a part, which is a savepoint here, and send no COMMIT or ROLLBACK",
        );
        StepError::Failed { failure: Box::new(self.about(failure)), again: Again::Never }
    }

    /// A failure after which nothing should be left: that is asked, where it is known what to ask for.
    async fn judged(self, error: StepError, known: Option<Known>) -> StepError {
        let Some(known) = known else { return error };
        let committed = match self.context.connect_to_look().await {
            Ok(session) => {
                let committed = known.has_committed(&session, &self.context.cancellation).await;
                session.close().await;
                match committed {
                    // A second call would be one on top of the first.
                    Err(StepError::Failed { mut failure, again: Again::Never }) => {
                        if let StepError::Failed { failure: first, .. } = error {
                            failure.detail = Some(format!("it failed: {}", first.message));
                        }
                        return StepError::Failed { failure: Box::new(self.about(*failure)), again: Again::Never };
                    }
                    committed => committed.ok(),
                }
            }
            Err(_) => None,
        };
        let Some(true) = committed else { return error };
        let ended = Failure::new(
            FailureClass::Permanent,
            "the function committed the transaction that it runs in: what it did before that stays, and is not recorded",
        )
        .with_hint(if self.migration.is_script() {
            "use `conn.transaction(…)` for a part, which is a savepoint here, and send no COMMIT; what is committed is to \
             be undone by hand"
        } else {
            "use `conn.transaction(…)` for a part, which is a savepoint here, and send no COMMIT; what is committed is to \
             be undone, or the migration to be recorded (`migrate --mark-applied`), by hand"
        });
        let mut ended = self.about(ended);
        if let StepError::Failed { failure, .. } = error
            && failure.message != ENDED
        {
            ended.sqlstate.clone_from(&failure.sqlstate);
            ended.detail = Some(format!("then it failed: {}", failure.message));
        }
        StepError::Failed { failure: Box::new(ended), again: Again::Never }
    }

    /// As for a session of our own: what does not end is stopped, and the connection is given up where that does not
    /// help.
    async fn cared_for<T>(self, care: &Care, work: impl Future<Output = T>) -> T {
        let work = pin!(work);
        // Our own statements are short.
        let work = care.attendant.attended(0, work);
        cancellable(&self.context.cancellation, || care.canceller.clone(), work).await
    }

    /// Ends the transaction, and whatever runs in it.
    async fn stop(self, guest: &mut Guest) {
        let care = guest.care();
        let _ = self.cared_for(&care, guest.run("ROLLBACK")).await;
    }

    /// Says which migration a failure is about.
    fn about(self, mut failure: Failure) -> Failure {
        if !self.migration.is_script() {
            failure.migration.get_or_insert_with(|| self.migration.version().to_string());
        } else if !self.migration.is_function() {
            failure.file.get_or_insert_with(|| self.migration.script().path().to_owned());
        }
        failure.file.get_or_insert_with(|| self.migration.name().to_owned());
        failure
    }
}

/// Stops what a blocked function waits for when the run is cancelled, from a task of its own; until it is dropped.
struct Watch(tokio::task::JoinHandle<()>);

impl Watch {
    fn over(care: &Care, cancellation: CancellationToken) -> Self {
        let canceller = care.canceller.clone();
        let never = std::future::pending::<()>();
        Self(tokio::spawn(async move { cancellable(&cancellation, || canceller, never).await }))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const ENDED: &str = "the function ended the transaction that it runs in";

/// Whether the connection is lost: our own statements have no other reason not to be sent.
fn is_lost(guest: &Guest, error: &diesel::result::Error) -> bool {
    use diesel::result::DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    let unsent = matches!(error, diesel::result::Error::DatabaseError(ClosedConnection | UnableToSendCommand, _));
    unsent || guest.is_closed()
}

fn left_open() -> Failure {
    Failure::new(FailureClass::Permanent, "the function left a transaction of its own open")
        .with_hint("end what it begins, or use `conn.transaction(…)`")
}
