//! The front door: look, plan, migrate, create a tenant.

mod again;
mod blocking;
mod builder;
mod copy;
mod create;
mod drift;
mod drop;
mod execute;
mod fleet;
mod isolate;
mod locate;
mod look;
mod new_tenant;
mod old_tenant;
mod operation;
mod psql;
mod relocate;
mod roles;
mod scope;
mod script;
mod startup;
mod tenants;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

pub use blocking::Blocking;
#[cfg(feature = "pool")]
pub(crate) use blocking::on_a_runtime;
pub use builder::MigratorBuilder;
pub(crate) use create::needs_steps;
pub use drop::{DroppedTenant, OnDelete, ReferringRows};
pub(crate) use fleet::Targets;
pub use new_tenant::NewTenant;
pub use old_tenant::OldTenant;
pub use operation::Operation;
pub use relocate::{ArchivedTenant, RenamedTenant, RestoredTenant};
#[cfg(feature = "pool")]
pub(crate) use scope::InVain;
pub use scope::{Scope, Selection};
pub use script::Script;
pub use startup::{Fenced, OnFailedTenants, StartUp, Started, StartupMode, migrate_at_startup};
pub use tenants::{ArchivedEntry, Holdings, TenantList, TenantOverview};

use crate::connection::Session;
use crate::error::Error;
use crate::migration::{EmbeddedMigrations, MigrationSet};
use crate::plan::{Plan, TargetPlan};
use crate::registry::{RegistrySource, UnusableTenant};
use crate::run::{Context, Event, Failure, Frame, Preparation, Report};
use crate::settings::Settings;
use crate::snapshot::Snapshots;
use crate::state::{Seen, StateTable, digest};

/// Migrates the shared schema, then every tenant's; tells how they stand; creates tenants.
///
/// Any number of processes may do so at once, on one database: each migration is applied to each schema exactly
/// once, and every process reports success.
///
/// ```no_run
/// use multitenant_runtime::{EmbeddedMigrations, Migrator, Scope, embed_migrations};
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # const MIGRATIONS: EmbeddedMigrations = multitenant_runtime::EmbeddedMigrations::new(
/// #     None, multitenant_runtime::EmbeddedSet::new("", &[]), multitenant_runtime::SettingsText::DEFAULT);
/// let migrator = Migrator::embedded(MIGRATIONS).database_url("postgres://localhost/app").build()?;
/// let report = migrator.migrate(Scope::all()).await?;
/// println!("{} schemas migrated", report.summary().applied);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Migrator {
    context: Arc<Context>,
    registry: RegistrySource,
    idle: create::Idle,
    snapshots: Snapshots,
    pg_dump: Option<PathBuf>,
    /// Where the application works, which may be behind a pooler.
    #[cfg(feature = "pool")]
    application_url: crate::connection::ConnectionUrl,
}

impl Migrator {
    /// Begins with the migrations that the binary embeds.
    pub fn embedded(migrations: EmbeddedMigrations) -> MigratorBuilder {
        MigratorBuilder::embedded(migrations)
    }

    /// Begins with sets from folders, as the command line does.
    pub fn from_sets(shared: Option<MigrationSet>, tenant: MigrationSet, settings: Settings) -> MigratorBuilder {
        MigratorBuilder::sets(shared, tenant, settings)
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.context.settings
    }

    /// How everything in the scope stands, and what a run would do. Writes nothing.
    ///
    /// # Errors
    ///
    /// Where the database or the registry cannot be read, or a tenant asked for is not registered.
    pub async fn plan(&self, scope: Scope) -> Result<Plan, Error> {
        self.plan_operation(&Operation::migrate(scope)).await
    }

    /// Applies what is pending: the shared schema first, then, if that succeeded, the tenants.
    ///
    /// Where each tenant has a role (`isolation.role_per_tenant`), the roles of the tenants that came out well are brought
    /// in order afterwards; one that cannot be is a failure of that tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the whole report where not every target is as this binary wants it; the
    /// others as for [`plan`](Self::plan).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the run at once; what was sent to the server already, at most one transaction a
    /// worker, may still commit, with its history. Use
    /// [`MigratorBuilder::cancellation`] to end a run and have its report.
    pub async fn migrate(&self, scope: Scope) -> Result<Report, Error> {
        self.run(Operation::migrate(scope)).await
    }

    /// Begins with a pool of connections for the application, over the same settings, registry and migrations, and the
    /// same database URL.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = migrator.pool().max_connections(20).build()?;
    /// let mut tenant = pool.tenant("acme").await?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "pool")]
    pub fn pool(&self) -> crate::pool::TenantPoolBuilder {
        let url = self.application_url.clone();
        crate::pool::TenantPoolBuilder::new(self.clone(), url)
    }

    /// What its runs know from their beginning to their end.
    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// What a pool needs to know of it.
    #[cfg(feature = "pool")]
    pub(crate) fn parts(&self) -> (&Context, &RegistrySource) {
        (&self.context, &self.registry)
    }

    /// The state table, where something is to be written to it.
    async fn state(&self, session: &Session, plans: &[TargetPlan]) -> Result<Option<StateTable>, Error> {
        let needed = plans.iter().any(|plan| plan.has_work() || (plan.is_settled() && !plan.recorded));
        if !needed {
            return Ok(None);
        }
        StateTable::ready(session, &self.context.settings).await.map_err(|error| Error::from(&error))
    }

    /// Mends what the state table says of targets that need nothing else.
    async fn mend(
        &self,
        session: &Session,
        prepared: &Preparation,
        plans: &[TargetPlan],
        at: Option<&str>,
    ) -> Result<(), Error> {
        const CHUNK: usize = 1000;
        let Some((state, at)) = prepared.state.as_ref().zip(at) else { return Ok(()) };
        let seen: Vec<Seen<'_>> = plans
            .iter()
            .filter(|plan| plan.is_settled() && !plan.recorded)
            .map(|plan| Seen {
                history: Frame::new(&self.context.settings, &plan.target).ledger().qualified(),
                digest: digest(self.context.set(&plan.target), &plan.applied, &plan.edited),
                head: plan.applied.last(),
                target: &plan.target,
            })
            .collect();
        for chunk in seen.chunks(CHUNK) {
            let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
            let statements = [begin.to_owned(), state.note_all(chunk, at), "COMMIT".to_owned()];
            if let Err(error) = session.pipeline(&statements).await {
                // The histories are the truth; without the state, the next start only takes longer.
                tracing::warn!(error = %Failure::from_postgres(&error.error), "the state table is not mended");
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reports what no run can work on.
    fn refuse(&self, unusable: Vec<UnusableTenant>, report: &mut Report) {
        for tenant in &unusable {
            tracing::warn!(tenant = tenant.tenant, failure = %tenant.failure, "a tenant cannot be used");
            self.context.emit(&Event::TenantUnusable { tenant: Box::new(tenant.clone()) });
        }
        report.unusable.extend(unusable);
    }
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator")
            .field("url", &self.context.url)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
