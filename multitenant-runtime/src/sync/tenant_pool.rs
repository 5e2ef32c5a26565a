use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::health::{Health, Subject};
use crate::ident::{IdentError, TenantId};
use crate::migrator::{Fenced, Migrator, Selection};
use crate::pool::{Directory, Fences, Journal, Keyed, Options, PoolError, PoolStatus, Store};
use crate::settings::Settings;

use super::across::Across;
use super::conn::{SharedConn, TenantConn};
use super::hooks::PoolHooks;
use super::pooled::Pooled;
use super::wait::wait;

/// One pool of connections for all tenants, under one cap, for synchronous code.
///
/// A clone is another handle of the same pool. Its calls block: from tasks of a runtime use
/// [`TenantPool`](crate::TenantPool), which keeps the same rules.
///
/// ```no_run
/// use multitenant_runtime::sync::prelude::*;
/// use multitenant_runtime::sync::TenantPool;
///
/// diesel::table! { users (id) { id -> Integer, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// fn count(pool: &TenantPool, tenant: &str) -> Result<i64, Box<dyn std::error::Error>> {
///     let mut conn = pool.tenant(tenant)?;
///     Ok(users::table.count().get_result(&mut conn)?)
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct TenantPool(Arc<Inner>);

pub(super) struct Inner {
    pub(super) migrator: Migrator,
    pub(super) options: Options,
    pub(super) hooks: Option<Arc<dyn PoolHooks>>,
    pub(super) journal: Journal,
    pub(super) store: Arc<Store<Pooled>>,
    pub(super) directory: Directory,
    pub(super) fences: Fences,
    pub(super) flights: Keyed,
    pub(super) per_tenant: Option<Keyed>,
    has_reaper: AtomicBool,
}

impl TenantPool {
    pub(super) fn new(migrator: Migrator, options: Options, hooks: Option<Arc<dyn PoolHooks>>) -> Self {
        Self(Arc::new(Inner {
            directory: Directory::new(&options, &migrator),
            journal: Journal::new(&options.application_name, &options.telling),
            store: Store::new(options.max_connections),
            fences: Fences::default(),
            flights: Keyed::new(1),
            per_tenant: options.max_per_tenant.map(Keyed::new),
            has_reaper: AtomicBool::new(false),
            migrator,
            options,
            hooks,
        }))
    }

    /// A connection on which this tenant is set.
    ///
    /// # Errors
    ///
    /// [`PoolError`] says why there is none, and what to do.
    pub fn tenant(&self, id: impl AsRef<str>) -> Result<TenantConn, PoolError> {
        let id = id.as_ref();
        let tenant = TenantId::new(id).map_err(|error| self.0.invalid(id, error))?;
        self.0.keep_tidy();
        let (checkout, target) = self.0.tenant(&tenant)?;
        Ok(TenantConn { checkout, target, tenant })
    }

    /// A connection on which the shared schema is set.
    ///
    /// # Errors
    ///
    /// [`PoolError`] says why there is none, and what to do.
    pub fn shared(&self) -> Result<SharedConn, PoolError> {
        self.0.keep_tidy();
        let (checkout, target) = self.0.shared()?;
        Ok(SharedConn { checkout, target })
    }

    /// The tenants of the registry that are asked for, for code over all of them. One look at the registry, over one
    /// connection, which is given back.
    ///
    /// # Errors
    ///
    /// [`PoolError`]; [`PoolError::UnknownTenant`] where one that is asked for by its id is not registered;
    /// [`PoolError::NoTenantMatches`] where a pattern fits none.
    #[expect(clippy::needless_pass_by_value, reason = "as of the other pool")]
    pub fn across(&self, tenants: Selection) -> Result<Across, PoolError> {
        self.0.keep_tidy();
        let roster = self.0.roster()?.select(&tenants)?;
        Ok(Across::new(self.clone(), roster))
    }

    /// Opens connections until there are so many, at most as many as there may be; one after the other.
    ///
    /// # Errors
    ///
    /// Where one cannot be opened; the others stay.
    pub fn warm_up(&self, connections: usize) -> Result<(), PoolError> {
        let pool = &self.0;
        pool.keep_tidy();
        let missing = connections.min(pool.options.max_connections).saturating_sub(pool.store.status().open);
        let mut opened = Vec::with_capacity(missing);
        for _ in 0..missing {
            let deadline = pool.deadline();
            let mut slot = pool.slot(None, deadline)?;
            if pool.store.may_open(&mut slot) {
                opened.push(pool.open(slot, deadline)?);
            }
        }
        Ok(())
    }

    /// Does not serve these tenants from now on: what [`Started::fenced`](crate::Started::fenced) holds. Connections
    /// that are out already stay.
    pub fn fence(&self, tenants: impl IntoIterator<Item = Fenced>) {
        self.0.fences.add(tenants);
    }

    /// Serves the tenant again; says whether it was fenced. It is looked up anew.
    pub fn unfence(&self, tenant: &TenantId) -> bool {
        self.0.directory.forget(tenant);
        self.0.fences.remove(tenant)
    }

    /// Looks the tenant up anew at its next checkout: after it was dropped, archived or renamed.
    pub fn forget(&self, tenant: &TenantId) {
        self.0.directory.forget(tenant);
    }

    /// How the pool stands at this moment.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        self.0.store.status()
    }

    /// Says how well the pool and what is behind it are: for probes.
    ///
    /// ```no_run
    /// # fn run(pool: multitenant_runtime::sync::TenantPool) {
    /// let health = pool.health();
    /// println!("{:?}", health.blocking_readiness());
    /// # }
    /// ```
    pub fn health(&self) -> Health {
        let subject: Arc<dyn Subject> = self.0.clone();
        Health::of(subject)
    }

    /// Sets the gauges of the pool's metrics to how it stands at this moment, which is done every five seconds anyway: for
    /// the handler that renders them.
    #[cfg(feature = "metrics")]
    pub fn record_metrics(&self) {
        self.0.journal.stands(self.status());
    }

    /// Hands nothing out any more, closes what is idle, and waits until everything has come back and is closed, or the
    /// time is over; says whether everything is closed.
    ///
    /// Nothing is closed under a borrower.
    pub fn close(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        for (pooled, counted) in self.0.store.close() {
            self.0.journal.closed(pooled.target(), "the pool is closed");
            drop(pooled);
            drop(counted);
        }
        wait(self.0.store.emptied(), deadline).is_some()
    }
}

impl Inner {
    pub(super) fn settings(&self) -> &Settings {
        self.migrator.settings()
    }

    /// Nobody can have this id.
    fn invalid(&self, id: &str, error: IdentError) -> PoolError {
        let error = PoolError::InvalidId { id: id.to_owned(), error };
        self.journal.refused(self.journal.begin(), Some(id), &error);
        error
    }

    pub(super) fn is_old(&self, opened: Instant) -> bool {
        self.options.max_lifetime.is_some_and(|limit| opened.elapsed() >= limit)
    }

    /// Starts the thread that closes what is idle or old, and measures how the pool stands, once. It ends with the pool.
    fn keep_tidy(self: &Arc<Self>) {
        let Some(pause) = self.options.tidies_every(self.journal.has_metrics()) else { return };
        if !self.has_reaper.swap(true, Ordering::Relaxed) {
            let pool = Arc::downgrade(self);
            let begun = thread::Builder::new().name("multitenant pool".to_owned()).spawn(move || tidy(&pool, pause));
            // Without a thread, it is tried again at the next checkout.
            self.has_reaper.store(begun.is_ok(), Ordering::Relaxed);
        }
    }
}

impl Subject for Inner {
    fn migrator(&self) -> &Migrator {
        &self.migrator
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn status(&self) -> PoolStatus {
        self.store.status()
    }

    fn is_closed(&self) -> bool {
        self.store.is_closed()
    }

    fn fenced(&self) -> usize {
        self.fences.count()
    }
}

fn tidy(pool: &Weak<Inner>, pause: Duration) {
    loop {
        thread::sleep(pause);
        let Some(pool) = pool.upgrade() else { return };
        pool.tidy();
    }
}

impl fmt::Debug for TenantPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantPool")
            .field("url", &self.0.options.url)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
