//! How a migrator is made.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::connection::{ConnectionUrl, Witness};
use crate::error::Error;
#[cfg(feature = "functions")]
use crate::migration::RustMigration;
use crate::migration::{EmbeddedMigrations, MigrationSet, Problem, SetError};
use crate::plan::{OnAhead, OnEdited, OnOutOfOrder, Policy};
use crate::registry::{Registry, RegistrySource};
use crate::run::{Context, Hooked, Hooks, Observer};
use crate::settings::{Settings, SettingsError};
use crate::snapshot::Snapshots;
use crate::target::Tier;

use super::Migrator;
use super::create::Idle;

/// How long a target that another run holds is waited for, unless said otherwise.
const DEFAULT_WAIT: Duration = Duration::from_secs(300);

/// Where the migrations come from.
enum Source {
    Embedded(Box<EmbeddedMigrations>),
    Sets(Option<MigrationSet>, MigrationSet, Box<Settings>),
}

/// Makes a [`Migrator`]; from [`Migrator::embedded`] or [`Migrator::from_sets`].
#[must_use = "a builder does nothing until `build`"]
pub struct MigratorBuilder {
    source: Source,
    database_url: Option<String>,
    migrate_url: Option<String>,
    registry: Option<Arc<dyn Registry>>,
    jobs: Option<usize>,
    lock_timeout: Option<Duration>,
    statement_timeout: Option<Option<Duration>>,
    wait: Duration,
    on_out_of_order: Option<OnOutOfOrder>,
    policy: Policy,
    observer: Option<Arc<dyn Observer>>,
    hooks: Hooked,
    #[cfg(feature = "functions")]
    functions: (Vec<RustMigration>, Vec<RustMigration>),
    cancellation: CancellationToken,
    snapshots: Snapshots,
    pg_dump: Option<PathBuf>,
}

impl MigratorBuilder {
    pub(super) fn embedded(migrations: EmbeddedMigrations) -> Self {
        Self::new(Source::Embedded(Box::new(migrations)))
    }

    pub(super) fn sets(shared: Option<MigrationSet>, tenant: MigrationSet, settings: Settings) -> Self {
        Self::new(Source::Sets(shared, tenant, Box::new(settings)))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            database_url: None,
            migrate_url: None,
            registry: None,
            jobs: None,
            lock_timeout: None,
            statement_timeout: None,
            wait: DEFAULT_WAIT,
            on_out_of_order: None,
            policy: Policy::default(),
            observer: None,
            hooks: Hooked::default(),
            #[cfg(feature = "functions")]
            functions: (Vec::new(), Vec::new()),
            cancellation: CancellationToken::new(),
            snapshots: Snapshots::default(),
            pg_dump: None,
        }
    }

    /// The database, as a `postgres://` URL or in libpq's `key=value` form.
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// The server itself, where the application's URL is a pooler's; everything that migrates or administers
    /// uses it.
    pub fn migrate_url(mut self, url: impl Into<String>) -> Self {
        self.migrate_url = Some(url.into());
        self
    }

    /// The application's own list of tenants, instead of the configured one.
    pub fn registry(mut self, registry: impl Registry + 'static) -> Self {
        self.registry = Some(Arc::new(registry));
        self
    }

    /// How many tenants are migrated at once, each on a connection of its own; at least one.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = Some(jobs.max(1));
        self
    }

    /// How long one statement waits for a lock before its tenant is tried again later, in milliseconds, rounded up;
    /// zero is without limit.
    ///
    /// A second and a half unless said otherwise: autovacuum makes way only for a statement that waits longer than
    /// the server's `deadlock_timeout`, which is a second by default.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = Some(timeout);
        self
    }

    /// How long one statement may run, in milliseconds, rounded up; `None`, and zero, are without limit.
    pub fn statement_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How long a target that another run holds is waited for; five minutes unless said otherwise.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// What to do with a schema that a newer release has migrated already.
    pub fn on_ahead(mut self, policy: OnAhead) -> Self {
        self.policy.on_ahead = policy;
        self
    }

    /// What to do with a schema where an applied migration differs from this binary's.
    pub fn on_edited(mut self, policy: OnEdited) -> Self {
        self.policy.on_edited = policy;
        self
    }

    /// What to do with pending migrations that sort before one that is applied already; wins over the setting
    /// `migrations.out_of_order`.
    pub fn on_out_of_order(mut self, policy: OnOutOfOrder) -> Self {
        self.on_out_of_order = Some(policy);
        self
    }

    /// Whether a registered tenant whose schema does not exist gets a new one.
    ///
    /// Off unless asked for: a schema that is missing may have been dropped or renamed by mistake, and an empty
    /// one in its place would be served as if nothing had happened.
    pub fn create_schemas(mut self, create: bool) -> Self {
        self.policy.create_missing = create;
        self
    }

    /// Who is told of what happens.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The application's own code before and after a run, its targets and their migrations.
    pub fn hooks(mut self, hooks: impl Hooks + 'static) -> Self {
        self.hooks = Hooked::by(hooks);
        self
    }

    /// A migration of the shared schema that is a Rust function; its version says when its turn comes.
    #[cfg(feature = "functions")]
    pub fn shared_migration(mut self, migration: RustMigration) -> Self {
        self.functions.0.push(migration);
        self
    }

    /// A migration of the tenants' that is a Rust function; its version says when its turn comes.
    #[cfg(feature = "functions")]
    pub fn tenant_migration(mut self, migration: RustMigration) -> Self {
        self.functions.1.push(migration);
        self
    }

    /// What ends a run early: what had begun is rolled back or finished, the rest is reported as not tried.
    pub fn cancellation(mut self, token: CancellationToken) -> Self {
        self.cancellation = token;
        self
    }

    /// Whether tenants are created from snapshots; where there is one, unless said otherwise.
    pub fn snapshots(mut self, snapshots: Snapshots) -> Self {
        self.snapshots = snapshots;
        self
    }

    /// The `pg_dump` that makes snapshots, where it is not to be looked for.
    pub fn pg_dump(mut self, program: impl Into<PathBuf>) -> Self {
        self.pg_dump = Some(program.into());
        self
    }

    /// Checks everything that can be checked without a database.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`], also where a timeout is longer than PostgreSQL's 2,147,483,647 milliseconds;
    /// [`Error::Migrations`], also where a set is of the other tier, or a function has another migration's version; [`Error::NoDatabase`] and [`Error::Url`].
    pub fn build(self) -> Result<Migrator, Error> {
        let (shared, tenant, mut settings) = match self.source {
            Source::Embedded(migrations) => {
                let (shared, tenant) = MigrationSet::embedded(&migrations)?;
                (shared, tenant, Settings::try_from(migrations.settings())?)
            }
            Source::Sets(shared, tenant, settings) => (shared, tenant, *settings),
        };
        for (set, expected) in [(shared.as_ref(), Tier::Shared), (Some(&tenant), Tier::Tenant)] {
            set.map_or(Ok(()), |set| is_of(set, expected))?;
        }
        #[cfg(feature = "functions")]
        let (shared, tenant) = with_functions(shared, tenant, self.functions)?;
        #[cfg(feature = "pool")]
        let application_url = self.database_url.clone().or_else(|| self.migrate_url.clone());
        let url = self.migrate_url.or(self.database_url).ok_or(Error::NoDatabase)?;
        settings.jobs = self.jobs.unwrap_or(settings.jobs).max(1);
        let lock_timeout = self.lock_timeout.unwrap_or(settings.lock_timeout);
        settings.lock_timeout = timeout("migrations.lock_timeout", lock_timeout)?;
        let statement_timeout = self.statement_timeout.unwrap_or(settings.statement_timeout).unwrap_or_default();
        let statement_timeout = timeout("migrations.statement_timeout", statement_timeout)?;
        settings.statement_timeout = Some(statement_timeout).filter(|timeout| !timeout.is_zero());
        let registry = match self.registry {
            Some(registry) => RegistrySource::Custom(registry),
            None => RegistrySource::Configured(settings.registry.clone()),
        };
        #[cfg(feature = "pool")]
        let application_url = ConnectionUrl::parse(application_url.as_deref().unwrap_or(&url))?;
        let url = ConnectionUrl::parse(&url)?;
        let configured = if settings.refuse_out_of_order { OnOutOfOrder::Refuse } else { OnOutOfOrder::Apply };
        let context = Context {
            witness: Arc::new(Witness::new(url.clone())),
            url,
            policy: Policy { on_out_of_order: self.on_out_of_order.unwrap_or(configured), ..self.policy },
            wait: self.wait,
            observer: self.observer,
            hooks: self.hooks,
            cancellation: self.cancellation,
            settings,
            shared,
            tenant,
        };
        Ok(Migrator {
            context: Arc::new(context),
            registry,
            idle: Idle::default(),
            snapshots: self.snapshots,
            pg_dump: self.pg_dump,
            #[cfg(feature = "pool")]
            application_url,
        })
    }
}

/// The sets with the functions among their migrations. Functions alone make a shared set too.
#[cfg(feature = "functions")]
fn with_functions(
    shared: Option<MigrationSet>,
    tenant: MigrationSet,
    functions: (Vec<RustMigration>, Vec<RustMigration>),
) -> Result<(Option<MigrationSet>, MigrationSet), SetError> {
    let shared = match (shared, functions.0) {
        (None, functions) if functions.is_empty() => None,
        (shared, functions) => {
            Some(shared.unwrap_or_else(|| MigrationSet::empty(Tier::Shared)).with_functions(functions)?)
        }
    };
    Ok((shared, tenant.with_functions(functions.1)?))
}

/// A set of the other tier would put every tenant's tables into the shared schema.
fn is_of(set: &MigrationSet, expected: Tier) -> Result<(), SetError> {
    if set.tier() == expected {
        return Ok(());
    }
    let path = set.migrations().first().map_or("the empty set", |migration| migration.script().path());
    let message = format!("is of the {} migrations, and was given as one of the {expected} migrations", set.tier());
    Err(SetError::new(expected, vec![Problem::in_file(path, message)]))
}

/// A timeout as PostgreSQL counts it. What is less than a millisecond must not become none.
fn timeout(key: &'static str, timeout: Duration) -> Result<Duration, SettingsError> {
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    match i32::try_from(millis) {
        Ok(millis) => Ok(Duration::from_millis(millis.unsigned_abs().into())),
        Err(_) => Err(SettingsError::new(
            key,
            format!("{} s is longer than PostgreSQL's longest timeout, 24 days: use 0 for none", timeout.as_secs()),
        )),
    }
}
