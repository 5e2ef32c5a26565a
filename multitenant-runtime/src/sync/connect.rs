//! Opening connections, and trying again where that may help.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use diesel::{Connection as _, PgConnection};

use crate::connection::{ConnectOptions, Session};
use crate::migrator::on_a_runtime;
use crate::pool::{Choice, Owner, Place, PoolError, Slot, may_pass};
use crate::run::Failure;
use crate::sqlstate::FailureClass;

use super::checkout::{Checkout, bury};
use super::pooled::Pooled;
use super::tenant_pool::Inner;
use super::wait::wait;

/// How often libpq is tried where a connection of our own can be opened.
const ONLY_OURS: usize = 4;

impl Inner {
    /// Waits for a slot.
    pub(super) fn slot(&self, place: Option<Place>, deadline: Instant) -> Result<Slot<Pooled>, PoolError> {
        wait(self.store.slot(place), deadline).ok_or_else(|| self.too_late())?
    }

    /// Gives the slot a connection: an idle one, or a new one in a free place or in that of another.
    pub(super) fn fill(
        self: &Arc<Self>,
        mut slot: Slot<Pooled>,
        owner: Owner<'_>,
        choice: Choice,
        deadline: Instant,
    ) -> Result<Checkout, PoolError> {
        if let Some(pooled) = self.store.take(&mut slot, owner, choice) {
            return Ok(Checkout::new(self, pooled, slot));
        }
        while !self.store.may_open(&mut slot) {
            match self.store.take_oldest(&mut slot) {
                // The slot keeps its place among the open ones.
                Some(pooled) => {
                    self.journal.closed(pooled.target(), "it makes room for another tenant's");
                    drop(pooled);
                }
                None if self.store.is_closed() => return Err(PoolError::Closed),
                None => thread::yield_now(),
            }
        }
        self.open(slot, deadline)
    }

    /// Opens a connection; tries again for as long as the checkout may take, where the failure may pass.
    pub(super) fn open(self: &Arc<Self>, slot: Slot<Pooled>, deadline: Instant) -> Result<Checkout, PoolError> {
        let mut delays = crate::run::delays();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.connect(deadline) {
                Ok(pooled) => {
                    self.store.note_opened();
                    return Ok(Checkout::new(self, pooled, slot));
                }
                Err(error) => error,
            };
            let may_pass = match &error {
                PoolError::Connect(connect) => may_pass(connect, tries),
                error => error.is_lost() && tries < ONLY_OURS,
            };
            match delays.next().filter(|delay| may_pass && Instant::now() + *delay < deadline) {
                Some(delay) => {
                    tracing::debug!(%error, "a connection is tried again");
                    thread::sleep(delay);
                }
                None => return Err(error),
            }
        }
    }

    fn connect(&self, deadline: Instant) -> Result<Pooled, PoolError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let url = self.options.url.for_libpq(&self.options.application_name, left);
        let connection = PgConnection::establish(&url).map_err(|error| self.why_not(&error, left))?;
        let mut pooled = Pooled::new(connection, &self.journal);
        let Some(hooks) = &self.hooks else { return Ok(pooled) };
        let hook = "after_connect";
        hooks.after_connect(&mut pooled.connection).map_err(|error| PoolError::Hook { hook, error })?;
        match pooled.is_idle() {
            true => Ok(pooled),
            false => Err(PoolError::Hook { hook, error: "it leaves a mess: a transaction is open".into() }),
        }
    }

    /// Why there is no connection: libpq gives only a text, in the server's language. So it is tried by a connection of
    /// our own, which knows.
    fn why_not(&self, error: &diesel::ConnectionError, left: Duration) -> PoolError {
        let options =
            ConnectOptions { application_name: self.options.application_name.clone(), ..ConnectOptions::default() };
        let attempt = on_a_runtime(async {
            let attempt = tokio::time::timeout(left, Session::connect(&self.options.url, &options)).await;
            match attempt {
                Ok(Ok(session)) => {
                    session.close().await;
                    Ok(())
                }
                Ok(Err(error)) => Err(Some(error)),
                Err(_) => Err(None),
            }
        });
        match attempt {
            Ok(Err(Some(error))) => PoolError::Connect(error),
            Ok(Err(None)) => self.too_late(),
            _ => PoolError::Database(Box::new(Failure::new(FailureClass::ConnectionLost, error.to_string()))),
        }
    }

    /// Closes what is idle or old.
    pub(super) fn tidy(&self) {
        self.journal.stands(self.store.status());
        // Where somebody waits, everything is about to be used.
        while let Some(mut slot) = self.store.spare_slot() {
            let options = &self.options;
            match self.store.take_expired(&mut slot, options.idle_timeout, options.max_lifetime) {
                Some(pooled) => {
                    self.journal.closed(pooled.target(), "its time is over");
                    bury(pooled, slot);
                }
                None => break,
            }
        }
    }
}
