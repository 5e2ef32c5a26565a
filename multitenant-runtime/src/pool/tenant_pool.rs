use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};

use crate::health::{Health, Subject};
use crate::ident::{IdentError, TenantId};
use crate::migrator::{Fenced, Migrator, Selection};
use crate::query::Across;
use crate::scope::RoutedConn;
use crate::settings::Settings;

use super::builder::Options;
use super::checkout::{FAREWELL, TIME_IS_OVER, bury};
use super::conn::{SharedConn, TenantConn};
use super::directory::{Directory, Roster, Survey};
use super::error::PoolError;
use super::fences::Fences;
use super::hooks::PoolHooks;
use super::journal::Journal;
use super::keyed::Keyed;
use super::pooled::Pooled;
use super::status::PoolStatus;
use super::store::Store;

/// One pool of connections for all tenants, under one cap.
///
/// A clone is another handle of the same pool.
///
/// ```no_run
/// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
/// let pool = migrator.pool().max_connections(20).build()?;
/// let mut acme = pool.tenant("acme").await?;
/// assert_eq!(acme.tenant().as_str(), "acme");
/// # Ok(()) }
/// ```
///
/// # What is known of a tenant, and for how long
///
/// A tenant is looked up in the registry, in the catalogue and in the state table with one query, and what is found good
/// is not asked again for a while ([`lookup_ttl`](super::TenantPoolBuilder::lookup_ttl)). A failure is not remembered.
/// Whenever the tenant is set on a connection, the server checks that the schema is there. A connection that has served
/// the tenant last is handed out again without a word to the server: who drops a tenant's schema, or changes
/// `search_path` in a function of the database, calls [`forget`](Self::forget) or does without such functions.
///
/// # A role for each tenant
///
/// With `isolation.role_per_tenant = true` a connection serves a tenant as that tenant's role, which is set in the same
/// message as the path, and is asked for in the same query as the tenant. The role may use the tenant's schema and what
/// all tenants share, and the server refuses it everything else: another tenant's tables in raw SQL, in a function, in a
/// subquery that the types do not see. A tenant whose role is missing, or could do more than that, is not served
/// ([`PoolError::Role`]), and never as anybody else. The shared schema is asked as the application itself.
///
/// It is a wall against bugs, and none against injected SQL: `RESET ROLE` undoes it, and the application may then take on
/// any tenant's role. What is asked of all tenants in one statement ([`Across::union`](crate::Across::union)) goes tenant
/// by tenant then. Rows, sequences and later tables are the tenant's; the history is to be read only, and so is the
/// registry. Further schemas of `isolation.search_path`, and what a migration makes as another role than the one that
/// migrates, are granted by a shared migration, to the group of all tenants (`{database}_public_tenants`, where the shared
/// schema is `public`). A function with `SECURITY DEFINER` runs as its owner.
///
/// The application had better log in as a role that may nothing by itself, and migrate as another one:
///
/// ```sql
/// CREATE ROLE app LOGIN NOINHERIT PASSWORD '…';
/// -- after the first run of the migrator: to look tenants up
/// GRANT USAGE ON SCHEMA public, multitenant TO app;
/// GRANT SELECT ON public.tenants, multitenant.targets TO app;
/// ```
///
/// with `isolation.application_role = "app"`, the login in `database.url`, and the owner's in `database.migrate_url`. What
/// [`shared`](Self::shared) is to read and write is granted to `app` too. `NOINHERIT` matters on PostgreSQL 15, where a
/// member has its roles' rights otherwise; later servers are told so with each grant. Before roles are switched on for
/// tenants that are there, `cargo multitenant migrate` makes theirs, and so does a start that migrates.
#[derive(Clone)]
pub struct TenantPool(Arc<Inner>);

pub(crate) struct Inner {
    pub(super) migrator: Migrator,
    pub(super) options: Options,
    pub(super) hooks: Option<Arc<dyn PoolHooks>>,
    pub(super) journal: Journal,
    pub(super) store: Arc<Store>,
    pub(super) directory: Directory,
    pub(super) fences: Fences,
    pub(super) flights: Keyed,
    pub(super) per_tenant: Option<Keyed>,
    has_reaper: AtomicBool,
    /// Whether a connection was seen to end at the server itself.
    pub(super) is_direct: AtomicBool,
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
            is_direct: AtomicBool::new(false),
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
    ///
    /// # Cancel safety
    ///
    /// Dropped in between, nothing is lost but the place among those who wait.
    pub async fn tenant(&self, id: impl AsRef<str>) -> Result<TenantConn, PoolError> {
        let id = id.as_ref();
        let tenant = TenantId::new(id).map_err(|error| self.0.invalid(id, error))?;
        self.0.keep_tidy();
        let (checkout, served) = self.0.tenant(&tenant).await?;
        Ok(TenantConn { checkout, served, tenant })
    }

    /// A connection of diesel-async's on which this tenant is set, for code that is not yet moved to [`TenantConn`]:
    /// nobody checks which tables it touches. It is closed when it is given back.
    ///
    /// # Errors
    ///
    /// As of [`tenant`](Self::tenant); [`PoolError::NeedsSession`] behind a pooler in transaction mode.
    ///
    /// # Cancel safety
    ///
    /// As of [`tenant`](Self::tenant).
    pub async fn routed(&self, id: impl AsRef<str>) -> Result<RoutedConn, PoolError> {
        if self.0.options.in_transactions() {
            return Err(PoolError::NeedsSession { what: "a routed connection" });
        }
        Ok(RoutedConn::new(self.tenant(id).await?.checkout))
    }

    /// A connection on which the shared schema is set.
    ///
    /// # Errors
    ///
    /// [`PoolError`] says why there is none, and what to do.
    ///
    /// # Cancel safety
    ///
    /// As of [`tenant`](Self::tenant).
    pub async fn shared(&self) -> Result<SharedConn, PoolError> {
        self.0.keep_tidy();
        let (checkout, served) = self.0.shared().await?;
        Ok(SharedConn { checkout, served })
    }

    /// The tenants of the registry that are asked for, for a query over all of them. One look at the registry, over one
    /// connection, which is given back.
    ///
    /// # Errors
    ///
    /// [`PoolError`]; [`PoolError::UnknownTenant`] where one that is asked for by its id is not registered;
    /// [`PoolError::NoTenantMatches`] where a pattern fits none.
    pub async fn across(&self, tenants: Selection) -> Result<Across, PoolError> {
        let survey = Survey::new(&self.0.migrator, &self.0.options);
        let registered = survey.elsewhere().await?;
        let mut conn = self.shared().await?;
        let roster = Roster::ask(&survey, &mut conn.checkout, registered).await?.select(&tenants)?;
        Ok(Across::new(self.clone(), roster))
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.0.settings()
    }

    pub(crate) fn has_hooks(&self) -> bool {
        self.0.hooks.is_some()
    }

    pub(crate) fn is_fenced(&self, tenant: &TenantId) -> bool {
        self.0.fences.of(tenant).is_some()
    }

    /// Opens connections until there are so many, at most as many as there may be.
    ///
    /// # Errors
    ///
    /// Where one cannot be opened; the others stay.
    pub async fn warm_up(&self, connections: usize) -> Result<(), PoolError> {
        let pool = &self.0;
        pool.keep_tidy();
        let missing = connections.min(pool.options.max_connections).saturating_sub(pool.store.status().open);
        let opened = (0..missing).map(|_| async {
            let mut slot = pool.store.slot(None).await?;
            match pool.store.may_open(&mut slot) {
                true => pool.open(slot).await.map(Some),
                false => Ok(None),
            }
        });
        // All of them are held until the last is there; not for ever, where somebody else does the same.
        pool.in_time(try_join_all(opened)).await.map(drop)
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
    /// # async fn run(pool: multitenant_runtime::TenantPool) {
    /// let health = pool.health();
    /// println!("{:?}", health.readiness().await);
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

    /// Hands nothing out any more, closes what is idle, and waits until everything has come back and is closed.
    ///
    /// Nothing is closed under a borrower: who must not wait for ever puts a time limit around it.
    pub async fn close(&self) {
        let idle = self.0.store.close();
        join_all(idle.into_iter().map(|(pooled, counted)| async move {
            self.0.journal.closed(pooled.target(), "the pool is closed");
            pooled.end(FAREWELL).await;
            drop(counted);
        }))
        .await;
        self.0.store.emptied().await;
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

    pub(super) fn is_old(&self, pooled: &Pooled) -> bool {
        self.options.max_lifetime.is_some_and(|limit| pooled.opened.elapsed() >= limit)
    }

    /// Starts the task that closes what is idle or old, and measures how the pool stands, once. It ends with the pool.
    fn keep_tidy(self: &Arc<Self>) {
        let Some(pause) = self.options.tidies_every(self.journal.has_metrics()) else { return };
        if !self.has_reaper.swap(true, Ordering::Relaxed) {
            tokio::spawn(tidy(Arc::downgrade(self), pause));
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

async fn tidy(pool: Weak<Inner>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.journal.stands(pool.store.status());
        // Where somebody waits, everything is about to be used.
        while let Some(mut slot) = pool.store.spare_slot() {
            let options = &pool.options;
            match pool.store.take_expired(&mut slot, options.idle_timeout, options.max_lifetime) {
                Some(pooled) => {
                    pool.journal.closed(pooled.target(), TIME_IS_OVER);
                    bury(pooled, slot).await;
                }
                None => break,
            }
        }
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
