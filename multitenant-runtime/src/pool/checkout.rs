//! One connection in somebody's hands, from the pool and back.

use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use diesel_async::methods::LoadQuery;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, FutureExt};

use crate::connection::TransactionStatus;
use crate::run::Failure;
use crate::scope::InFlight;
use crate::sqlstate::{FailureClass, is_failed_guard_code, is_refused_role};
use crate::target::Target;

use super::directory::{Row, rows};
use super::entrance::{Entrance, as_role, leaving};
use super::error::PoolError;
use super::journal::Begun;
use super::pooled::{Condition, Pooled, Served};
use super::store::{Choice, Idle as _, Slot};
use super::tenant_pool::Inner;

/// How long a connection may take to end before its place is free all the same.
pub(super) const FAREWELL: Duration = Duration::from_secs(30);

/// Why an old connection is closed.
pub(super) const TIME_IS_OVER: &str = "its time is over";

/// How long the end of an answer may take that nobody wants to read.
const REST: Duration = Duration::from_secs(2);

/// One connection in somebody's hands. Dropped, it is judged, and goes back to the pool or is closed.
pub(crate) struct Checkout {
    /// Both are there until the drop.
    held: Option<(Pooled, Slot)>,
    pool: Arc<Inner>,
    in_flight: InFlight,
    doubt: bool,
    /// Whether the target was set for this checkout.
    switched: bool,
    /// Since when somebody has it; `None` where it was not handed out.
    out: Option<Begun>,
}

impl Checkout {
    pub(super) fn new(pool: &Arc<Inner>, pooled: Pooled, slot: Slot) -> Self {
        Self {
            held: Some((pooled, slot)),
            pool: Arc::clone(pool),
            in_flight: InFlight::default(),
            doubt: false,
            switched: false,
            out: None,
        }
    }

    /// Whether the target was set for this checkout.
    pub(super) fn is_switched(&self) -> bool {
        self.switched
    }

    /// It is handed out.
    pub(super) fn hand_out(&mut self, begun: Begun, target: &Target) {
        self.out = Some(self.pool.journal.checked_out(begun, target, self.switched));
    }

    /// The connection, for what cannot change its settings. What is begun and not brought to its end is noticed.
    pub(crate) fn connection(&mut self) -> &mut AsyncPgConnection {
        self.pooled().connection()
    }

    /// The connection, for anything: it is closed afterwards.
    ///
    /// # Errors
    ///
    /// Where it is a session's, and there is none.
    pub(crate) fn unchecked_connection(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        if self.pooled().unit_alone()?.is_some() {
            let what = "`unchecked_connection`";
            return Err(diesel::result::Error::QueryBuilderError(Box::new(PoolError::NeedsSession { what })));
        }
        self.doubt = true;
        Ok(self.connection())
    }

    /// The connection, and what is noted of the operations on it.
    pub(crate) fn parts(&mut self) -> (&mut Pooled, &mut InFlight) {
        self.cure_stale_plans();
        let Self { held, in_flight, .. } = self;
        match held {
            Some((pooled, _)) => (pooled, in_flight),
            None => unreachable!("a checkout has its connection until it is dropped"),
        }
    }

    /// The rows of a query of our own, for three texts.
    pub(crate) async fn rows(&mut self, sql: String) -> Result<Vec<Row>, PoolError> {
        rows(self, sql).await
    }

    /// Whether it would be closed if it were dropped now.
    #[cfg(feature = "testing")]
    pub(crate) fn is_in_doubt(&mut self) -> bool {
        self.doubt || self.in_flight.is_any() || matches!(self.pooled().condition(), Condition::Doubtful(_))
    }

    /// Forgets the prepared statements, on our side and, as they are dropped, on the server's, where an operation has
    /// failed since the rows of one have another type by now: it would fail on this connection for ever.
    ///
    /// Diesel keeps the SQLSTATE to itself; it was heard on the wire.
    fn cure_stale_plans(&mut self) {
        let Some((pooled, _)) = &mut self.held else { return };
        if !pooled.guest.traffic().take_stale_plans() {
            return;
        }
        pooled.forget_statements(self.pool.options.cache_size());
    }

    /// Whether the server says that the transaction has failed. It says so after the failure itself.
    pub(crate) async fn has_failed(&mut self) -> bool {
        let traffic = self.pooled().guest.traffic();
        traffic.quiet().await;
        traffic.status() == Some(TransactionStatus::Failed)
    }

    /// Sets the target, where it is not set already: one message, which fails where the schema is not there.
    pub(super) async fn enter(&mut self, served: &Arc<Served>) -> Result<(), PoolError> {
        let pinned = self.pool.options.pin_connections;
        let pooled = self.pooled();
        if pooled.served.as_ref() == Some(served) {
            return Ok(());
        }
        // What Diesel has learnt of the types of an earlier schema of that name is wrong.
        if pooled.pinned.as_ref().is_some_and(|pinned| pinned != served) {
            return Err(self.lost("its schema was made anew"));
        }
        let from = pooled.served.as_ref().or(pooled.pinned.as_ref()).map(Arc::clone);
        pooled.is_for(None);
        if pooled.unit.is_some() {
            let entrance = Entrance::of(self.pool.settings(), served).of_transaction();
            self.pooled().unit = self.pooled().unit.as_ref().map(|unit| Arc::new(unit.entering(&entrance, served)));
        } else {
            self.set(served).await?;
        }
        self.switched = true;
        self.pool.journal.switched(from.as_ref().map(|from| &from.target), &served.target);
        let pooled = self.pooled();
        pooled.is_for(Some(served));
        pooled.served = Some(Arc::clone(served));
        if pinned {
            pooled.pinned.get_or_insert_with(|| Arc::clone(served));
        }
        Ok(())
    }

    /// Sets the target on the session.
    async fn set(&mut self, served: &Served) -> Result<(), PoolError> {
        let pooled = self.pooled();
        pooled.served = None;
        if let Some(sql) = &served.quick {
            if pooled.connection().batch_execute(sql).await.is_ok() {
                return Ok(());
            }
            // Why, the one in full will say.
            drop(pooled.guest.take_errors());
        }
        let sql = Entrance::of(self.pool.settings(), served).of_session();
        let Err(error) = self.pooled().connection().batch_execute(&sql).await else { return Ok(()) };
        Err(self.explain_of(served, &error))
    }

    /// What the server has said of a failure to take a tenant's settings on.
    fn explain_of(&mut self, served: &Served, error: &diesel::result::Error) -> PoolError {
        match self.explain(error) {
            PoolError::Database(failure) if failure.sqlstate.as_deref().is_some_and(is_failed_guard_code) => {
                PoolError::MissingSchema { target: served.target.clone() }
            }
            PoolError::Database(failure) if failure.sqlstate.as_deref().is_some_and(is_refused_role) => {
                PoolError::of_role(served, failure)
            }
            error => error,
        }
    }

    /// Takes the tenant off, so that the registry is asked as the migrator asks it. To be sent together with what is
    /// asked.
    pub(super) fn leave(&mut self) -> Option<&'static str> {
        let leaving = leaving(self.pool.settings());
        let pooled = self.pooled();
        pooled.is_for(None);
        pooled.served = None;
        match &mut pooled.unit {
            None => Some(leaving),
            Some(unit) => {
                *unit = Arc::new(unit.left());
                None
            }
        }
    }

    /// Takes on the tenant's role, where each has one, for what is asked of its schema: the application itself need have
    /// no rights there.
    pub(super) async fn judge_as(&mut self, served: &Arc<Served>) -> Result<(), PoolError> {
        let Some(role) = &served.role else { return Ok(()) };
        let pooled = self.pooled();
        if let Some(unit) = &mut pooled.unit {
            let sql = format!("SET LOCAL search_path TO DEFAULT; {}", as_role("SET LOCAL", role));
            *unit = Arc::new(unit.entering(&sql, served));
            return Ok(());
        }
        let taken = pooled.connection().batch_execute(&as_role("SET", role)).await;
        taken.map_err(|error| self.explain_of(served, &error))
    }

    /// Runs a query of the pool's own, which is a unit of work where there is no session.
    ///
    /// Boxed: the compiler does not see of Diesel's futures, one within the other, that they are `Send`.
    pub(super) fn ask<'a, Q, U>(&'a mut self, query: Q) -> BoxFuture<'a, QueryResult<Vec<U>>>
    where
        U: Send + 'a,
        Q: LoadQuery<'a, Pooled, U> + 'a,
    {
        RunQueryDsl::load(query, self.pooled()).boxed()
    }

    /// What the server has said of this failure.
    pub(super) fn explain(&mut self, error: &diesel::result::Error) -> PoolError {
        let pooled = self.pooled();
        let heard = pooled.guest.take_errors();
        let lost = pooled.guest.is_closed();
        let failure = match heard.last() {
            Some(heard) => Failure::from(heard),
            None if lost || is_of_the_connection(error) => {
                Failure::new(FailureClass::ConnectionLost, error.to_string())
            }
            None => Failure::new(FailureClass::Permanent, error.to_string()),
        };
        // Whoever moves the bytes may not have come to say so.
        self.doubt |= failure.class == FailureClass::ConnectionLost;
        PoolError::Database(Box::new(failure))
    }

    /// Calls the hook of a checkout, and sees to it that nothing is left open.
    pub(super) async fn greet(&mut self, target: &Target) -> Result<(), PoolError> {
        let Some(hooks) = self.pool.hooks.clone() else { return Ok(()) };
        let hook = "on_checkout";
        self.doubt = true;
        hooks.on_checkout(self.connection(), target).await.map_err(|error| PoolError::Hook { hook, error })?;
        let pooled = self.pooled();
        pooled.guest.traffic().quiet().await;
        match pooled.condition() {
            Condition::Good | Condition::Unread | Condition::Old => {
                // Whatever it has done to the path, the next checkout sets it again.
                pooled.served = None;
                self.doubt = false;
            }
            Condition::Doubtful(why) => {
                return Err(PoolError::Hook { hook, error: format!("it leaves a mess: {why}").into() });
            }
        }
        Ok(())
    }

    /// Whether it may serve this owner for good; else another connection is taken in its place.
    pub(super) async fn exchanged_for(mut self, served: &Served) -> Result<Self, PoolError> {
        let owner = served.target.tenant();
        if self.pooled().pinned.is_none() || self.pooled().is_of(owner) {
            return Ok(self);
        }
        let pool = Arc::clone(&self.pool);
        let Some((pooled, mut slot)) = self.held.take() else { return Err(PoolError::Closed) };
        if let Err(pooled) = pool.store.park(pooled, &mut slot) {
            Box::pin(pooled.end(FAREWELL)).await;
            return Err(PoolError::Closed);
        }
        pool.fill(slot, owner, Choice::Own).await
    }

    fn lost(&mut self, why: &'static str) -> PoolError {
        self.doubt = true;
        PoolError::Database(Box::new(Failure::new(FailureClass::ConnectionLost, why)))
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
        self.cure_stale_plans();
        let Some((mut pooled, mut slot)) = self.held.take() else { return };
        let condition = match pooled.condition() {
            _ if self.doubt => Condition::Doubtful("its settings are in doubt"),
            _ if self.in_flight.is_any() => Condition::Doubtful("an operation was cancelled"),
            _ if std::thread::panicking() => Condition::Doubtful("a task panicked"),
            Condition::Good if self.pool.is_old(&pooled) => Condition::Old,
            condition => condition,
        };
        // What was heard of failures is of no use to the next one.
        drop(pooled.guest.take_errors());
        drop(pooled.guest.take_notices());
        if pooled.unit.as_ref().is_some_and(|unit| unit.is_astray()) {
            // What was looked up is not so any more.
            if let Some(tenant) = pooled.served.as_ref().and_then(|served| served.target.tenant()) {
                self.pool.directory.forget(tenant);
            }
        }
        let pool = Arc::clone(&self.pool);
        let runtime = pooled.runtime.clone();
        if let Some(since) = self.out {
            pool.journal.returned(since, pooled.target());
        }
        match condition {
            Condition::Good => {
                if let Err(pooled) = pool.store.park(pooled, &mut slot) {
                    runtime.spawn(bury(*pooled, slot));
                }
            }
            Condition::Unread => drop(runtime.spawn(async move {
                let is_read = tokio::time::timeout(REST, pooled.guest.traffic().quiet()).await.is_ok();
                if is_read && pooled.condition() == Condition::Good {
                    match pool.store.park(pooled, &mut slot) {
                        Ok(()) => return,
                        Err(closed) => pooled = *closed,
                    }
                } else {
                    pool.journal.closed(pooled.target(), "the end of an answer does not come");
                    pool.store.note_discarded();
                }
                bury(pooled, slot).await;
            })),
            Condition::Old => {
                pool.journal.closed(pooled.target(), TIME_IS_OVER);
                drop(runtime.spawn(bury(pooled, slot)));
            }
            Condition::Doubtful(why) => {
                pool.journal.closed(pooled.target(), why);
                pool.store.note_discarded();
                runtime.spawn(bury(pooled, slot));
            }
        }
    }
}

/// Closes a connection; its place is free when it is gone.
pub(super) async fn bury(pooled: Pooled, slot: Slot) {
    pooled.end(FAREWELL).await;
    drop(slot);
}

fn is_of_the_connection(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _)
    )
}
