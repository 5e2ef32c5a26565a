//! One connection in somebody's hands, from the pool and back.

use std::sync::Arc;
use std::thread;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use diesel::{PgConnection, QueryResult};

use crate::pool::{Begun, Idle as _, PoolError, Served, Slot, as_role, leaving};
use crate::run::Failure;
use crate::scope::Seen;
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::entrance;
use super::pooled::Pooled;
use super::tenant_pool::Inner;

/// One connection in somebody's hands. Dropped, it is judged, and goes back to the pool or is closed.
pub(crate) struct Checkout {
    /// Both are there until the drop.
    held: Option<(Pooled, Slot<Pooled>)>,
    pool: Arc<Inner>,
    /// Whether a call has begun and not ended: it has panicked.
    is_at_work: bool,
    /// Whether a statement of the transaction has failed.
    has_failed: bool,
    /// Whether a statement has failed for what may be a plan that is out of date.
    may_be_stale: bool,
    doubt: bool,
    /// Whether the target was set for this checkout.
    switched: bool,
    /// Since when somebody has it; `None` where it was not handed out.
    out: Option<Begun>,
}

impl Checkout {
    pub(super) fn new(pool: &Arc<Inner>, pooled: Pooled, slot: Slot<Pooled>) -> Self {
        let held = Some((pooled, slot));
        let pool = Arc::clone(pool);
        let (is_at_work, has_failed, may_be_stale, doubt, switched) = (false, false, false, false, false);
        Self { held, pool, is_at_work, has_failed, may_be_stale, doubt, switched, out: None }
    }

    /// It is handed out.
    pub(super) fn hand_out(&mut self, begun: Begun, target: &Target) {
        self.out = Some(self.pool.journal.checked_out(begun, target, self.switched));
    }

    /// The connection, for what cannot change its settings.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.pooled().connection
    }

    /// The connection, for anything: it is closed afterwards.
    pub(super) fn unchecked_connection(&mut self) -> &mut PgConnection {
        self.doubt = true;
        self.connection()
    }

    /// The queries that need not be looked at before they are sent.
    pub(super) fn seen(&mut self) -> &mut Seen {
        &mut self.pooled().seen
    }

    /// Runs a call of Diesel's. One that panics leaves the connection in doubt.
    pub(super) fn run<T>(&mut self, call: impl FnOnce(&mut PgConnection) -> QueryResult<T>) -> QueryResult<T> {
        self.cure_stale_plans();
        let before = self.begin();
        let result = call(self.connection());
        self.end(before);
        if let Err(Error::DatabaseError(kind, _)) = &result {
            self.has_failed = true;
            self.may_be_stale |= matches!(kind, DatabaseErrorKind::Unknown);
        }
        result
    }

    /// Whether a statement has failed since this was last asked.
    pub(super) fn take_failure(&mut self) -> bool {
        std::mem::take(&mut self.has_failed)
    }

    pub(super) fn note_failure(&mut self) {
        self.has_failed = true;
    }

    /// A call or a transaction begins. What does not end has panicked.
    pub(super) fn begin(&mut self) -> bool {
        std::mem::replace(&mut self.is_at_work, true)
    }

    /// It has ended; `before` is what its beginning gave.
    pub(super) fn end(&mut self, before: bool) {
        self.is_at_work = before;
    }

    /// Whether it would be closed if it were given back now.
    pub(super) fn is_in_doubt(&mut self) -> bool {
        self.doubt || self.is_at_work || !self.pooled().is_idle()
    }

    /// Forgets the prepared statements where one may have failed since its rows have another type by now: it would fail on
    /// this connection for ever. Diesel does not say which failure it was, and preparing anew is cheap.
    ///
    /// Not within a transaction: there it can be cured no more.
    fn cure_stale_plans(&mut self) {
        if self.may_be_stale && !self.doubt && self.pooled().is_idle() {
            self.may_be_stale = false;
            self.doubt = self.pooled().forget_statements().is_err();
        }
    }

    /// Sets the target, where it is not set already: one message.
    pub(super) fn enter(&mut self, served: &Arc<Served>) -> Result<(), PoolError> {
        let pool = Arc::clone(&self.pool);
        let pooled = self.pooled();
        if pooled.serves(served) {
            return Ok(());
        }
        let from = pooled.served.as_ref().map(Arc::clone);
        pooled.is_for(None);
        let forgotten = pooled.forget_types(served);
        pooled.served = None;
        let entered = forgotten.and_then(|()| entrance::enter(&mut pooled.connection, pool.settings(), served));
        match entered {
            Ok(true) => {
                pooled.is_for(Some(served));
                pooled.served = Some(Arc::clone(served));
                self.switched = true;
                pool.journal.switched(from.as_ref().map(|from| &from.target), &served.target);
                Ok(())
            }
            Ok(false) => Err(PoolError::MissingSchema { target: served.target.clone() }),
            Err(error) => Err(self.explain_of(served, &error)),
        }
    }

    /// Takes on the tenant's role, where each has one, for what is asked of its schema.
    pub(super) fn judge_as(&mut self, served: &Served) -> Result<(), PoolError> {
        use diesel::connection::SimpleConnection as _;
        let Some(role) = &served.role else { return Ok(()) };
        let taken = self.pooled().connection.batch_execute(&as_role("SET", role));
        taken.map_err(|error| self.explain_of(served, &error))
    }

    /// Takes the tenant off, so that the registry is asked as the migrator asks it.
    pub(super) fn leave(&mut self) -> Result<(), PoolError> {
        use diesel::connection::SimpleConnection as _;
        let leaving = leaving(self.pool.settings());
        let pooled = self.pooled();
        pooled.is_for(None);
        pooled.served = None;
        let left = pooled.connection.batch_execute(leaving);
        left.map_err(|error| self.explain(&error))
    }

    /// What Diesel has said of this failure.
    pub(super) fn explain(&mut self, error: &Error) -> PoolError {
        let mut failure = Failure::new(class_of(error), error.to_string());
        if let Error::DatabaseError(_, information) = error {
            let information: &dyn DatabaseErrorInformation = &**information;
            failure.detail = information.details().map(str::to_owned);
            failure.hint = information.hint().map(str::to_owned);
        }
        if failure.class == FailureClass::ConnectionLost || !self.pooled().is_idle() {
            failure.class = FailureClass::ConnectionLost;
            self.doubt = true;
        }
        PoolError::Database(Box::new(failure))
    }

    /// The same, where it may be the tenant's role that the server refuses. Diesel keeps the SQLSTATE to itself, so it is
    /// asked: a timeout or a cancelled statement is nothing that a migration would cure.
    fn explain_of(&mut self, served: &Served, error: &Error) -> PoolError {
        match (self.explain(error), &served.role) {
            (PoolError::Database(failure), Some(role))
                if failure.class == FailureClass::Permanent
                    && entrance::may_take_on(self.connection(), role) == Ok(false) =>
            {
                PoolError::of_role(served, failure)
            }
            (error, _) => error,
        }
    }

    /// Calls the hook of a checkout, and sees to it that nothing is left open.
    pub(super) fn greet(&mut self, target: &Target) -> Result<(), PoolError> {
        let Some(hooks) = self.pool.hooks.clone() else { return Ok(()) };
        let hook = "on_checkout";
        self.doubt = true;
        hooks.on_checkout(self.connection(), target).map_err(|error| PoolError::Hook { hook, error })?;
        if !self.pooled().is_idle() {
            return Err(PoolError::Hook { hook, error: "it leaves a mess: a transaction is open".into() });
        }
        // It may have set anything: whoever comes next is set anew.
        self.pooled().served = None;
        self.doubt = false;
        Ok(())
    }

    fn pooled(&mut self) -> &mut Pooled {
        match &mut self.held {
            Some((pooled, _)) => pooled,
            None => unreachable!("a checkout has its connection until it is dropped"),
        }
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.cure_stale_plans();
        }
        let is_in_doubt = thread::panicking() || self.is_in_doubt();
        let Some((pooled, mut slot)) = self.held.take() else { return };
        if let Some(since) = self.out {
            self.pool.journal.returned(since, pooled.target());
        }
        if is_in_doubt {
            self.pool.journal.closed(pooled.target(), "its state is in doubt");
            self.pool.store.note_discarded();
            return bury(pooled, slot);
        }
        if self.pool.is_old(pooled.opened()) {
            self.pool.journal.closed(pooled.target(), "its time is over");
            return bury(pooled, slot);
        }
        if let Err(pooled) = self.pool.store.park(pooled, &mut slot) {
            bury(*pooled, slot);
        }
    }
}

/// Closes a connection; its place is free when it is gone.
pub(super) fn bury(pooled: Pooled, slot: Slot<Pooled>) {
    drop(pooled);
    drop(slot);
}

fn class_of(error: &Error) -> FailureClass {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _) => {
            FailureClass::ConnectionLost
        }
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => FailureClass::Retryable,
        _ => FailureClass::Permanent,
    }
}
