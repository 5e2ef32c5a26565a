//! Opening connections, and trying again where that may help.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use diesel_async::AsyncConnection;

use crate::connection::{ConnectError, ConnectErrorKind, ConnectOptions, Guest, Session};
use crate::run::Failure;
use crate::sqlstate::FailureClass;

use super::checkout::{Checkout, FAREWELL};
use super::error::PoolError;
use super::pooled::{Condition, Owner, Pooled};
use super::store::{Choice, Slot};
use super::tenant_pool::Inner;
use super::unit::Unit;

/// How often somebody who does not answer is tried: who is asked for a connection had better say so soon.
const UNREACHABLE: usize = 4;

impl Inner {
    /// Gives the slot a connection: an idle one, or a new one in a free place or in that of another.
    pub(super) async fn fill(
        self: &Arc<Self>,
        mut slot: Slot,
        owner: Owner<'_>,
        choice: Choice,
    ) -> Result<Checkout, PoolError> {
        if let Some(pooled) = self.store.take(&mut slot, owner, choice) {
            return Ok(Checkout::new(self, pooled, slot));
        }
        while !self.store.may_open(&mut slot) {
            match self.store.take_oldest(&mut slot) {
                // Its process is gone before the next one comes; the slot keeps its place among the open ones.
                Some(pooled) => {
                    self.journal.closed(pooled.target(), "it makes room for another tenant's");
                    Box::pin(pooled.end(FAREWELL)).await;
                }
                None if self.store.is_closed() => return Err(PoolError::Closed),
                None => tokio::task::yield_now().await,
            }
        }
        Box::pin(self.open(slot)).await
    }

    /// Opens a connection; tries again for as long as the checkout may take, where the failure may pass.
    pub(super) async fn open(self: &Arc<Self>, mut slot: Slot) -> Result<Checkout, PoolError> {
        let begun = Instant::now();
        let mut delays = crate::run::delays();
        let mut tries = 0;
        loop {
            tries += 1;
            // A task of its own: who gives up leaves the connection to the next one.
            let pool = Arc::clone(self);
            let attempt = tokio::spawn(async move { pool.attempt(slot).await });
            let (error, left) = match attempt.await {
                Ok(Ok(checkout)) => return Ok(checkout),
                Ok(Err(failed)) => *failed,
                Err(error) if error.is_panic() => {
                    return Err(PoolError::Hook { hook: "after_connect", error: "it panicked".into() });
                }
                Err(_) => return Err(PoolError::Closed),
            };
            slot = left;
            let delay = delays.next().filter(|delay| begun.elapsed() + *delay < self.options.checkout_timeout);
            match (&error, delay) {
                (PoolError::Connect(connect), Some(delay)) if may_pass(connect, tries) => {
                    tracing::debug!(%error, "a connection is tried again");
                    tokio::time::sleep(delay).await;
                }
                _ => return Err(error),
            }
        }
    }

    async fn attempt(self: &Arc<Self>, slot: Slot) -> Result<Checkout, Box<(PoolError, Slot)>> {
        match self.connect().await {
            Ok(pooled) => {
                self.store.note_opened();
                Ok(Checkout::new(self, pooled, slot))
            }
            Err(error) => Err(Box::new((error, slot))),
        }
    }

    async fn connect(&self) -> Result<Pooled, PoolError> {
        let verifies = self.options.pooling.is_none() && !self.is_direct.load(Ordering::Relaxed);
        let options = ConnectOptions {
            application_name: self.options.application_name.clone(),
            introduction: verifies,
            overheard: true,
            writes: true,
            ..ConnectOptions::default()
        };
        let session = Box::pin(Session::connect(&self.options.url, &options)).await.map_err(PoolError::Connect)?;
        if verifies {
            if !session.is_direct() {
                session.close().await;
                return Err(PoolError::BehindPooler);
            }
            self.is_direct.store(true, Ordering::Relaxed);
        }
        let mut pooled = match self.options.in_transactions() {
            true => self.in_transactions(session).await?,
            false => Pooled::new(diesel_of(session).await?, None, &self.journal),
        };
        let Some(hooks) = &self.hooks else { return Ok(pooled) };
        let hook = "after_connect";
        let done = hooks.after_connect(pooled.connection()).await;
        pooled.guest.traffic().quiet().await;
        let error = match (done, pooled.condition()) {
            (Ok(()), Condition::Good | Condition::Unread | Condition::Old) => return Ok(pooled),
            (Ok(()), Condition::Doubtful(why)) => format!("it leaves a mess: {why}").into(),
            (Err(error), _) => error,
        };
        pooled.end(FAREWELL).await;
        Err(PoolError::Hook { hook, error })
    }
}

impl Inner {
    /// Diesel sets a time zone and an encoding on each connection. That is undone, so that it is nobody's; the units of
    /// work set the time zone, and the encoding is what we have asked for on connecting.
    async fn in_transactions(&self, session: Session) -> Result<Pooled, PoolError> {
        let lost = |error: &dyn std::fmt::Display| {
            PoolError::Database(Box::new(Failure::new(FailureClass::ConnectionLost, error.to_string())))
        };
        session.run("BEGIN").await.map_err(|error| lost(&error))?;
        let mut guest = diesel_of(session).await?;
        guest.run("ROLLBACK").await.map_err(|error| lost(&error))?;
        guest.connection.set_prepared_statement_cache_size(self.options.cache_size());
        let unit = Unit::leaving(self.options.prepared_statements, self.settings().roles.is_some());
        Ok(Pooled::new(guest, Some(unit), &self.journal))
    }
}

async fn diesel_of(session: Session) -> Result<Guest, PoolError> {
    session
        .into_guest()
        .await
        .map_err(|error| PoolError::Database(Box::new(Failure::new(FailureClass::ConnectionLost, error.to_string()))))
}

/// Whether trying again may help: a server that is there and not ready is waited for, one that is not, a little.
pub(crate) fn may_pass(error: &ConnectError, tries: usize) -> bool {
    match error.kind() {
        ConnectErrorKind::NotAccepting | ConnectErrorKind::TooManyConnections => true,
        ConnectErrorKind::Unreachable => tries < UNREACHABLE && error.is_retryable(),
        _ => false,
    }
}
