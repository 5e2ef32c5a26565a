//! The way of a checkout, from an id to a connection on which the tenant is set.

use std::sync::Arc;

use crate::error::Error;
use crate::ident::TenantId;
use crate::migrator::Scope;
use crate::target::Target;

use super::builder::OnBehind;
use super::checkout::Checkout;
use super::error::PoolError;
use super::keyed::Place;
use super::pooled::Served;
use super::store::Choice;
use super::tenant_pool::Inner;

/// How often a checkout begins again where a schema has changed since it was looked up, or a new connection is lost.
const TRIES: usize = 3;

impl Inner {
    /// A connection for this tenant, within the time that a checkout may take.
    pub(super) async fn tenant(self: &Arc<Self>, id: &TenantId) -> Result<(Checkout, Target), PoolError> {
        if let Some(failure) = self.fences.of(id) {
            return Err(PoolError::Fenced { tenant: id.clone(), failure: failure.map(Box::new) });
        }
        self.in_time(async {
            let place = match &self.per_tenant {
                Some(places) => places.place(id).await,
                None => None,
            };
            let mut tries = 0;
            loop {
                tries += 1;
                match self.try_tenant(id, place.clone()).await {
                    Err(error) if tries < self.tries() && self.is_worth_another(id, &error) => {}
                    result => return result,
                }
            }
        })
        .await
    }

    /// A connection for the shared schema.
    pub(super) async fn shared(self: &Arc<Self>) -> Result<(Checkout, Target), PoolError> {
        self.in_time(async {
            let target = Target::shared(self.settings().shared_schema.clone());
            let served = Served { target, oid: None };
            let mut tries = 0;
            loop {
                tries += 1;
                match self.serve(&served, None, None).await {
                    Err(error) if tries < self.tries() && error.is_lost() => {}
                    result => return result,
                }
            }
        })
        .await
    }

    /// After a restart of the server all that is idle may be lost, and not be known to be.
    fn tries(&self) -> usize {
        TRIES + self.options.max_connections
    }

    /// What was looked up before a change is looked up again; a lost connection is replaced.
    fn is_worth_another(&self, id: &TenantId, error: &PoolError) -> bool {
        match error {
            PoolError::MissingSchema { .. } => self.directory.forget(id),
            error => error.is_lost(),
        }
    }

    async fn try_tenant(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
    ) -> Result<(Checkout, Target), PoolError> {
        let (served, checkout) = match self.directory.known(id) {
            Some(served) => (served, None),
            None => self.look_up(id, place.clone()).await?,
        };
        self.serve(&served, place, checkout).await
    }

    /// Sets the target on a connection, this one or another.
    async fn serve(
        self: &Arc<Self>,
        served: &Served,
        place: Option<Place>,
        checkout: Option<Checkout>,
    ) -> Result<(Checkout, Target), PoolError> {
        let mut checkout = match checkout {
            Some(checkout) => checkout.exchanged_for(served).await?,
            None => {
                let slot = self.store.slot(place).await?;
                let choice = if self.options.pin_connections { Choice::Own } else { Choice::Any };
                self.fill(slot, &served.target.tenant().cloned(), choice).await?
            }
        };
        checkout.enter(served).await?;
        checkout.greet(&served.target).await?;
        Ok((checkout, served.target.clone()))
    }

    /// Asks the registry, one at a time for each tenant.
    async fn look_up(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
    ) -> Result<(Served, Option<Checkout>), PoolError> {
        let flight = self.flights.place(id).await;
        // Somebody else may have asked meanwhile.
        if let Some(served) = self.directory.known(id) {
            return Ok((served, None));
        }
        let slot = self.store.slot(place.clone()).await?;
        // Whoever may ask for any id must not drive other tenants' connections out.
        let mut checkout = self.fill(slot, &Some(id.clone()), Choice::Any).await?;
        match self.directory.ask(&mut checkout, self, id).await {
            Ok(served) => Ok((served, Some(checkout))),
            Err(PoolError::Behind { .. }) if self.options.on_behind == OnBehind::Migrate => {
                drop(checkout);
                self.migrate(id, flight).await?;
                // By now it is looked up as any other: under a slot that was not held meanwhile.
                self.look_up_once(id, place).await
            }
            Err(error) => Err(error),
        }
    }

    /// After a migration: what is still behind is an error.
    async fn look_up_once(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
    ) -> Result<(Served, Option<Checkout>), PoolError> {
        let slot = self.store.slot(place).await?;
        let mut checkout = self.fill(slot, &Some(id.clone()), Choice::Any).await?;
        let served = self.directory.ask(&mut checkout, self, id).await?;
        Ok((served, Some(checkout)))
    }

    /// Migrates one tenant, in a task of its own: who gives up waiting does not break it off. Until it ends, nobody else
    /// looks the tenant up.
    async fn migrate(self: &Arc<Self>, id: &TenantId, flight: Option<Place>) -> Result<(), PoolError> {
        let (pool, tenant) = (Arc::clone(self), id.clone());
        let run = tokio::spawn(async move {
            let result = pool.migrator.migrate(Scope::tenant(tenant)).await;
            drop(flight);
            result
        });
        match run.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(PoolError::Migration { tenant: id.clone(), error: Box::new(error) }),
            Err(error) => {
                let error = Error::Runtime(std::io::Error::other(error));
                Err(PoolError::Migration { tenant: id.clone(), error: Box::new(error) })
            }
        }
    }

    async fn in_time<T>(&self, checkout: impl Future<Output = Result<T, PoolError>>) -> Result<T, PoolError> {
        let limit = self.options.checkout_timeout;
        match tokio::time::timeout(limit, checkout).await {
            Ok(result) => result,
            Err(_) => Err(PoolError::Timeout {
                limit,
                status: self.store.status(),
                max_per_tenant: self.options.max_per_tenant,
            }),
        }
    }
}
