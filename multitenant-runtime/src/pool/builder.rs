use std::sync::Arc;
use std::time::Duration;

use diesel::connection::CacheSize;

use crate::connection::ConnectionUrl;
use crate::migrator::Migrator;

use super::error::PoolError;
use super::hooks::PoolHooks;
use super::journal::Telling;
use super::pooling::Pooling;
use super::tenant_pool::TenantPool;

/// What becomes of a tenant whose schema is older than the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnBehind {
    /// It is not served: [`PoolError::Behind`].
    #[default]
    Fence,
    /// It is migrated, over the migrator's own connections, and then served. A checkout that gives up waiting does not
    /// break the migration off.
    Migrate,
    /// It is served: nobody asks how it stands. For roles that may read neither the state table nor the histories.
    Serve,
}

/// Makes a [`TenantPool`]; from [`Migrator::pool`].
#[must_use = "a builder does nothing until `build`"]
pub struct TenantPoolBuilder {
    migrator: Migrator,
    database_url: Option<String>,
    options: Options,
    hooks: Option<Arc<dyn PoolHooks>>,
}

/// What a pool is made of.
pub(crate) struct Parts {
    pub(crate) migrator: Migrator,
    pub(crate) options: Options,
    pub(crate) hooks: Option<Arc<dyn PoolHooks>>,
}

/// What a pool is to do.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) url: ConnectionUrl,
    pub(crate) application_name: String,
    pub(crate) max_connections: usize,
    pub(crate) max_per_tenant: Option<usize>,
    pub(crate) checkout_timeout: Duration,
    pub(crate) lookup_ttl: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) on_behind: OnBehind,
    pub(crate) pin_connections: bool,
    pub(crate) pooling: Option<Pooling>,
    pub(crate) prepared_statements: bool,
    pub(crate) telling: Telling,
}

impl Options {
    /// Whether every unit of work is a transaction.
    pub(crate) fn in_transactions(&self) -> bool {
        self.pooling == Some(Pooling::Transaction)
    }

    /// How often there is something to close, or to measure; `None` where there never is.
    pub(crate) fn tidies_every(&self, has_metrics: bool) -> Option<Duration> {
        const MEASURED: Duration = Duration::from_secs(5);
        let limits = [self.idle_timeout, self.max_lifetime].into_iter().flatten().min();
        let pause = limits.map(|limit| (limit / 4).clamp(Duration::from_millis(20), Duration::from_secs(30)));
        [pause, has_metrics.then_some(MEASURED)].into_iter().flatten().min()
    }

    /// How many statements a connection keeps prepared.
    pub(crate) fn cache_size(&self) -> CacheSize {
        match self.in_transactions() && !self.prepared_statements {
            true => CacheSize::Disabled,
            false => CacheSize::Unbounded,
        }
    }
}

impl TenantPoolBuilder {
    pub(crate) fn new(migrator: Migrator, url: ConnectionUrl) -> Self {
        let options = Options {
            url,
            application_name: "multitenant".to_owned(),
            max_connections: 10,
            max_per_tenant: None,
            checkout_timeout: Duration::from_secs(30),
            lookup_ttl: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(600)),
            max_lifetime: Some(Duration::from_secs(1800)),
            on_behind: OnBehind::default(),
            pin_connections: false,
            pooling: None,
            prepared_statements: false,
            telling: Telling::default(),
        };
        Self { migrator, database_url: None, options, hooks: None }
    }

    /// Another URL than the migrator's: of a role that may only read and write, for instance.
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// The name by which `pg_stat_activity` knows the connections, where the URL has none.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.options.application_name = name.into();
        self
    }

    /// The cap on connections, for all tenants together and those included that are being opened and closed; ten unless
    /// said otherwise, and at least one.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.options.max_connections = max.max(1);
        self
    }

    /// The cap for each tenant, so that a noisy one leaves connections to the others; none unless said otherwise.
    pub fn max_per_tenant(mut self, max: usize) -> Self {
        self.options.max_per_tenant = Some(max.max(1));
        self
    }

    /// How long a checkout may take altogether: waiting, connecting and looking up. Thirty seconds unless said
    /// otherwise, as in r2d2, bb8 and sqlx.
    pub fn checkout_timeout(mut self, limit: Duration) -> Self {
        self.options.checkout_timeout = limit;
        self
    }

    /// For how long a tenant that was found in the registry, and as this binary wants it, is not looked up again: half a
    /// minute unless said otherwise. So long a tenant may be served that was archived meanwhile;
    /// [`TenantPool::forget`] ends it at once.
    pub fn lookup_ttl(mut self, ttl: Duration) -> Self {
        self.options.lookup_ttl = ttl;
        self
    }

    /// After which time an idle connection is closed; ten minutes unless said otherwise, `None` for never.
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.options.idle_timeout = timeout;
        self
    }

    /// The age at which a connection is closed when nobody has it; half an hour unless said otherwise, `None` for never.
    pub fn max_lifetime(mut self, lifetime: Option<Duration>) -> Self {
        self.options.max_lifetime = lifetime;
        self
    }

    /// What becomes of a tenant whose schema is older than the binary; it is fenced unless said otherwise.
    pub fn on_behind(mut self, policy: OnBehind) -> Self {
        self.options.on_behind = policy;
        self
    }

    /// Whether each connection serves one tenant for its whole life, the one that was idle for longest making room.
    ///
    /// Diesel remembers enums and composites by name for as long as a connection lives. So where tenants' schemas have
    /// such types this must be on; without it these tenants are refused. A switch then costs a new connection.
    pub fn pin_connections(mut self, pin: bool) -> Self {
        self.options.pin_connections = pin;
        self
    }

    /// What stands between the pool and the server; nothing unless said otherwise, which is verified.
    ///
    /// ```no_run
    /// # fn build(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::Pooling;
    ///
    /// let bouncer = "postgres://app@pgbouncer:6432/shop";
    /// let pool = migrator.pool().database_url(bouncer).pooling(Pooling::Transaction).build()?;
    /// # Ok(()) }
    /// ```
    pub fn pooling(mut self, pooling: Pooling) -> Self {
        self.options.pooling = Some(pooling);
        self
    }

    /// Whether a pooler in transaction mode knows about prepared statements, as PgBouncer does from 1.21 on where its
    /// `max_prepared_statements` is not 0; it does not unless said otherwise. Nothing else changes by it.
    pub fn prepared_statements(mut self, supported: bool) -> Self {
        self.options.prepared_statements = supported;
        self
    }

    /// Warns of every statement that takes so long, with tenant, schema, duration and the SQL without its binds, which are
    /// customers' data; what stands in the text itself is told. Nothing is measured unless this is said. The pool's own statements are among them, with no tenant.
    ///
    /// ```no_run
    /// # fn build(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let pool = migrator.pool().slow_query(Duration::from_millis(250)).build()?;
    /// # Ok(()) }
    /// ```
    pub fn slow_query(mut self, threshold: Duration) -> Self {
        self.options.telling.slow = Some(threshold);
        self
    }

    /// Whether every checkout, switch and return is told as an event of `tracing` at the level of information, with tenant
    /// and schema, how long it took, and why a connection is closed. Else these are events at the level of debugging, and
    /// no time is measured for them.
    pub fn debug(mut self, debug: bool) -> Self {
        self.options.telling.debug = debug;
        self
    }

    /// Counts and measures, by the recorder that is installed when the pool is made; nothing unless this is said.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self, metrics: crate::metrics::PoolMetrics) -> Self {
        self.options.telling.metrics = Some(metrics);
        self
    }

    /// The application's own code for new connections, and at each checkout.
    pub fn hooks(mut self, hooks: impl PoolHooks + 'static) -> Self {
        self.hooks = Some(Arc::new(hooks));
        self
    }

    /// Makes the pool. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`PoolError::Url`]; [`PoolError::NeedsSession`] where there are hooks, behind a pooler in transaction mode.
    pub fn build(self) -> Result<TenantPool, PoolError> {
        let Parts { migrator, options, hooks } = self.into_parts()?;
        Ok(TenantPool::new(migrator, options, hooks))
    }

    pub(crate) fn into_parts(self) -> Result<Parts, PoolError> {
        let mut options = self.options;
        if options.in_transactions() && self.hooks.is_some() {
            return Err(PoolError::NeedsSession { what: "a hook" });
        }
        if let Some(url) = self.database_url {
            options.url = ConnectionUrl::parse(&url).map_err(PoolError::Url)?;
        }
        Ok(Parts { migrator: self.migrator, options, hooks: self.hooks })
    }
}
