//! The way of a checkout, from an id to a connection on which the tenant is set.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument as _, Span};

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
    pub(super) async fn tenant(self: &Arc<Self>, id: &TenantId) -> Result<(Checkout, Arc<Served>), PoolError> {
        let span = tracing::debug_span!("checkout", tenant = id.as_str(), schema = Empty, switched = Empty);
        self.told(Some(id), self.find(id), span).await
    }

    /// Tells of a checkout.
    async fn told(
        &self,
        id: Option<&TenantId>,
        checkout: impl Future<Output = Result<(Checkout, Arc<Served>), PoolError>>,
        span: Span,
    ) -> Result<(Checkout, Arc<Served>), PoolError> {
        let begun = self.journal.begin();
        let mut result = checkout.instrument(span.clone()).await;
        let _in_it = span.enter();
        match &mut result {
            Ok((checkout, served)) => {
                span.record("schema", served.target.schema().as_str());
                span.record("switched", checkout.is_switched());
                checkout.hand_out(begun, &served.target);
            }
            Err(error) => self.journal.refused(begun, id.map(TenantId::as_str), error),
        }
        result
    }

    async fn find(self: &Arc<Self>, id: &TenantId) -> Result<(Checkout, Arc<Served>), PoolError> {
        if self.fences.of(id).is_some() {
            return self.refuse_fenced(id);
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
                    Err(error) if self.is_worth_another(id, &error, tries) => {}
                    Ok(_) if self.fences.of(id).is_some() => return self.refuse_fenced(id),
                    result => return result,
                }
            }
        })
        .await
    }

    /// A connection for the shared schema.
    pub(super) async fn shared(self: &Arc<Self>) -> Result<(Checkout, Arc<Served>), PoolError> {
        let span = tracing::debug_span!("checkout", schema = Empty, switched = Empty);
        self.told(None, self.find_shared(), span).await
    }

    async fn find_shared(self: &Arc<Self>) -> Result<(Checkout, Arc<Served>), PoolError> {
        self.in_time(async {
            let target = Target::shared(self.settings().shared_schema.clone());
            let served = Arc::new(Served::shared(target));
            let mut tries = 0;
            loop {
                tries += 1;
                match self.serve(&served, None, None).await {
                    Err(error) if error.is_lost() && tries < self.most_tries() => {}
                    result => return result,
                }
            }
        })
        .await
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

    async fn try_tenant(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
    ) -> Result<(Checkout, Arc<Served>), PoolError> {
        let (served, checkout) = match self.directory.known(id) {
            Some(served) => (served, None),
            None => Box::pin(self.look_up(id, place.clone())).await?,
        };
        self.serve(&served, place, checkout).await
    }

    /// Sets the target on a connection, this one or another.
    async fn serve(
        self: &Arc<Self>,
        served: &Arc<Served>,
        place: Option<Place>,
        checkout: Option<Checkout>,
    ) -> Result<(Checkout, Arc<Served>), PoolError> {
        let mut checkout = match checkout {
            Some(checkout) => checkout.exchanged_for(served).await?,
            None => {
                let slot = self.store.slot(place).await?;
                let choice = if self.options.pin_connections { Choice::Own } else { Choice::Any };
                self.fill(slot, served.target.tenant(), choice).await?
            }
        };
        checkout.enter(served).await?;
        checkout.greet(&served.target).await?;
        Ok((checkout, Arc::clone(served)))
    }

    /// Asks the registry, one at a time for each tenant.
    async fn look_up(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
    ) -> Result<(Arc<Served>, Option<Checkout>), PoolError> {
        let flight = self.flights.place(id).await;
        // Somebody else may have asked meanwhile.
        if let Some(served) = self.directory.known(id) {
            return Ok((served, None));
        }
        match self.ask(id, place.clone()).await {
            Err(PoolError::Behind { .. }) if self.options.on_behind == OnBehind::Migrate => {
                // No connection is held meanwhile. What is still behind then is an error.
                self.migrate(id, flight).await?;
                self.ask(id, place).await
            }
            result => result,
        }
    }

    async fn ask(
        self: &Arc<Self>,
        id: &TenantId,
        place: Option<Place>,
    ) -> Result<(Arc<Served>, Option<Checkout>), PoolError> {
        // The application's own function may take its time: no connection is held for it.
        let listed = self.directory.listed(self.settings(), id).await?;
        let slot = self.store.slot(place).await?;
        // Whoever may ask for any id must not drive other tenants' connections out.
        let mut checkout = self.fill(slot, Some(id), Choice::Any).await?;
        let served = self.directory.ask(&mut checkout, self, id, listed).await?;
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

    pub(super) async fn in_time<T>(
        &self,
        checkout: impl Future<Output = Result<T, PoolError>>,
    ) -> Result<T, PoolError> {
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
