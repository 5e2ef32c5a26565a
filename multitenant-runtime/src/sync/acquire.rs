//! The way of a checkout, from an id to a connection on which the tenant is set.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use crate::error::Error;
use crate::ident::TenantId;
use crate::migrator::Scope;
use crate::pool::{Choice, OnBehind, Place, PoolError, Served};
use crate::target::Target;

use super::checkout::Checkout;
use super::tenant_pool::Inner;
use super::wait::wait;

/// How often a checkout begins again where a schema has changed since it was looked up, or a new connection is lost.
const TRIES: usize = 3;

impl Inner {
    /// A connection for this tenant, within the time that a checkout may take.
    pub(super) fn tenant(self: &Arc<Self>, id: &TenantId) -> Result<(Checkout, Target), PoolError> {
        let _span = tracing::debug_span!("checkout", tenant = id.as_str()).entered();
        self.told(Some(id), || self.find(id))
    }

    /// Tells of a checkout.
    fn told(
        &self,
        id: Option<&TenantId>,
        checkout: impl FnOnce() -> Result<(Checkout, Target), PoolError>,
    ) -> Result<(Checkout, Target), PoolError> {
        let begun = self.journal.begin();
        let mut result = checkout();
        match &mut result {
            Ok((checkout, target)) => checkout.hand_out(begun, target),
            Err(error) => self.journal.refused(begun, id.map(TenantId::as_str), error),
        }
        result
    }

    fn find(self: &Arc<Self>, id: &TenantId) -> Result<(Checkout, Target), PoolError> {
        if self.fences.of(id).is_some() {
            return self.refuse_fenced(id);
        }
        let deadline = self.deadline();
        let place = match &self.per_tenant {
            Some(places) => wait(places.place(id), deadline).ok_or_else(|| self.too_late())?,
            None => None,
        };
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_tenant(id, place.clone(), deadline) {
                Err(error) if Instant::now() < deadline && self.is_worth_another(id, &error, tries) => {}
                Ok(_) if self.fences.of(id).is_some() => return self.refuse_fenced(id),
                result => return result,
            }
        }
    }

    /// A connection for the shared schema.
    pub(super) fn shared(self: &Arc<Self>) -> Result<(Checkout, Target), PoolError> {
        let _span = tracing::debug_span!("checkout").entered();
        self.told(None, || self.find_shared())
    }

    fn find_shared(self: &Arc<Self>) -> Result<(Checkout, Target), PoolError> {
        let deadline = self.deadline();
        let target = Target::shared(self.settings().shared_schema.clone());
        let served = Arc::new(Served::shared(target));
        let mut tries = 0;
        loop {
            tries += 1;
            match self.serve(&served, None, None, deadline) {
                Err(error) if error.is_lost() && tries < self.most_tries() && Instant::now() < deadline => {}
                result => return result,
            }
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.options.checkout_timeout
    }

    pub(super) fn too_late(&self) -> PoolError {
        PoolError::Timeout {
            limit: self.options.checkout_timeout,
            status: self.store.status(),
            max_per_tenant: self.options.max_per_tenant,
        }
    }

    fn refuse_fenced<T>(&self, id: &TenantId) -> Result<T, PoolError> {
        let failure = self.fences.of(id).flatten().map(Box::new);
        Err(PoolError::Fenced { tenant: id.clone(), failure })
    }

    /// After a restart of the server all that is idle may be lost, and not be known to be.
    fn most_tries(&self) -> usize {
        TRIES + self.options.max_connections
    }

    /// What was looked up before a change is looked up again; a lost connection is replaced.
    fn is_worth_another(&self, id: &TenantId, error: &PoolError, tries: usize) -> bool {
        match error {
            PoolError::MissingSchema { .. } | PoolError::Role { .. } => self.directory.forget(id) && tries < TRIES,
            error => error.is_lost() && tries < self.most_tries(),
        }
    }

    fn try_tenant(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
        deadline: Instant,
    ) -> Result<(Checkout, Target), PoolError> {
        let (served, checkout) = match self.directory.known(id) {
            Some(served) => (served, None),
            None => self.look_up(id, place.clone(), deadline)?,
        };
        self.serve(&served, place, checkout, deadline)
    }

    /// Sets the target on a connection, this one or another.
    fn serve(
        self: &Arc<Self>,
        served: &Arc<Served>,
        place: Option<Place>,
        checkout: Option<Checkout>,
        deadline: Instant,
    ) -> Result<(Checkout, Target), PoolError> {
        let mut checkout = match checkout {
            Some(checkout) => checkout,
            None => {
                let slot = self.slot(place, deadline)?;
                self.fill(slot, served.target.tenant(), Choice::Any, deadline)?
            }
        };
        checkout.enter(served)?;
        checkout.greet(&served.target)?;
        Ok((checkout, served.target.clone()))
    }

    /// Asks the registry, one at a time for each tenant.
    fn look_up(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
        deadline: Instant,
    ) -> Result<(Arc<Served>, Option<Checkout>), PoolError> {
        let flight = wait(self.flights.place(id), deadline).ok_or_else(|| self.too_late())?;
        // Somebody else may have asked meanwhile.
        if let Some(served) = self.directory.known(id) {
            return Ok((served, None));
        }
        match self.ask(id, place.clone(), deadline) {
            Err(PoolError::Behind { .. }) if self.options.on_behind == OnBehind::Migrate => {
                // No connection is held meanwhile. What is still behind then is an error.
                self.migrate(id, flight, deadline)?;
                self.ask(id, place, deadline)
            }
            result => result,
        }
    }

    /// Migrates one tenant, on a thread of its own: who gives up waiting does not break it off. Until it ends, nobody else
    /// looks the tenant up.
    fn migrate(self: &Arc<Self>, id: &TenantId, flight: Option<Place>, deadline: Instant) -> Result<(), PoolError> {
        let (migrator, tenant) = (self.migrator.clone(), id.clone());
        let (tell, hear) = mpsc::channel();
        let failed = |error| PoolError::Migration { tenant: id.clone(), error: Box::new(error) };
        let run = move || {
            let result = migrator.blocking().migrate(Scope::tenant(tenant));
            drop(flight);
            // Where nobody waits any more, nobody hears.
            let _ = tell.send(result);
        };
        let begun = thread::Builder::new().name("multitenant migration".to_owned()).spawn(run);
        begun.map_err(|error| failed(Error::Runtime(error)))?;
        match hear.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failed(error)),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(self.too_late()),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(failed(Error::Runtime(std::io::Error::other("the migration panicked"))))
            }
        }
    }
}
