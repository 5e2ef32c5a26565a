//! What an application does when it starts, in one call.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::ident::{SchemaName, TenantId};
use crate::migration::EmbeddedMigrations;
use crate::plan::{Plan, State, TargetPlan};
use crate::registry::{RegistryError, UnusableTenant};
use crate::run::{Event, Failure, Outcome, Report, TargetReport, refusal};
use crate::sqlstate::FailureClass;
use crate::state::{Check, FleetStatus, StateTable, Wanted, complete};
use crate::target::Target;

use super::{Migrator, Scope, Selection};

/// How an application starts. The default migrates, and fails if any tenant does.
///
/// ```
/// use std::time::Duration;
/// use multitenant_runtime::{OnFailedTenants, StartUp, StartupMode};
///
/// // A replica whose role may only read waits until another one has migrated.
/// let reader = StartUp::new(StartupMode::Wait { limit: Duration::from_secs(120) });
/// // One broken tenant must not keep the others from being served.
/// let tolerant = StartUp::new(StartupMode::Migrate).on_failed_tenants(OnFailedTenants::Fence);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct StartUp {
    mode: StartupMode,
    on_failed_tenants: OnFailedTenants,
}

/// What is done about pending migrations at start-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StartupMode {
    /// Apply them. Replicas that start at once share the work.
    #[default]
    Migrate,
    /// Wait until somebody else has applied them, and until there is a server. Nothing is written, so a read-only
    /// role does.
    Wait {
        /// How long, before it is an error.
        limit: Duration,
    },
    /// Nothing pending, or an error. Nothing is written.
    Check,
}

/// What becomes of the start when some tenants are not as the binary wants them. A shared schema that is not is
/// always an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailedTenants {
    /// The start fails, with the whole report.
    #[default]
    Fail,
    /// The application starts, and gets a list of tenants that it must not serve.
    Fence,
}

/// A tenant that must not be served, and why.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fenced {
    /// The tenant.
    pub tenant: TenantId,
    /// Why; `None` where the run did not come to it.
    pub failure: Option<Failure>,
}

impl Fenced {
    /// A tenant that must not be served, for whatever reason.
    #[must_use]
    pub fn new(tenant: TenantId) -> Self {
        Self { tenant, failure: None }
    }
}

/// What a start has found and done.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Started {
    /// Every schema's outcome; those that were only looked at are up to date.
    pub report: Report,
    /// Tenants that must not be served; empty unless [`OnFailedTenants::Fence`] was asked for.
    pub fenced: Vec<Fenced>,
}

impl StartUp {
    /// Starts in this mode; a tenant that fails fails the start.
    pub fn new(mode: StartupMode) -> Self {
        Self { mode, on_failed_tenants: OnFailedTenants::default() }
    }

    /// What becomes of the start when some tenants fail.
    pub fn on_failed_tenants(self, policy: OnFailedTenants) -> Self {
        Self { on_failed_tenants: policy, ..self }
    }
}

/// Migrates the shared schema and every tenant's: the one call of an application's start-up.
///
/// Any number of replicas may do it at once. For another mode, another registry or an observer use
/// [`Migrator::embedded`] and [`Migrator::start`].
///
/// ```no_run
/// # const MIGRATIONS: multitenant_runtime::EmbeddedMigrations = multitenant_runtime::EmbeddedMigrations::new(
/// #     None, multitenant_runtime::EmbeddedSet::new("", &[]), multitenant_runtime::SettingsText::DEFAULT);
/// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
/// // const MIGRATIONS: EmbeddedMigrations = embed_migrations!();
/// multitenant_runtime::migrate_at_startup(MIGRATIONS, "postgres://localhost/app").await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As [`Migrator::migrate`].
pub async fn migrate_at_startup(
    migrations: EmbeddedMigrations,
    database_url: impl Into<String>,
) -> Result<Started, Error> {
    Migrator::embedded(migrations).database_url(database_url).build()?.start(StartUp::default()).await
}

impl Migrator {
    /// Does what an application needs before it serves anybody.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] where the shared schema, or, unless they are to be fenced, a tenant's is not as this
    /// binary wants it; the others as for [`plan`](Self::plan).
    pub async fn start(&self, how: StartUp) -> Result<Started, Error> {
        let started = Instant::now();
        let shared = &self.context.settings.shared_schema;
        let check = match self.check().await {
            // Who waits for the migrations waits for the server as well.
            Err(error) if matches!(how.mode, StartupMode::Wait { .. }) && is_away(&error) => None,
            check => check?,
        };
        let result = match (how.mode, check) {
            (StartupMode::Migrate, Some(check)) if check.is_complete() && !check.roles_are_in_order => {
                self.with_roles(Ok(check.report(shared, started))).await
            }
            (_, Some(check)) if check.is_complete() && check.roles_are_in_order => Ok(check.report(shared, started)),
            // The others are as they should be, and the shared schema is: no need to look at them again.
            (StartupMode::Migrate, Some(check)) if check.shared != Some(false) => {
                let in_order = check.roles_are_in_order;
                let migrated = self.migrate_the_rest(check, started).await;
                if in_order { migrated } else { self.with_roles(migrated).await }
            }
            (StartupMode::Migrate, _) => self.migrate(Scope::all()).await,
            (StartupMode::Check, _) => self.judge(Duration::ZERO).await,
            (StartupMode::Wait { limit }, _) => self.judge(limit).await,
        };
        let seen = match &result {
            Ok(report) => Some(report),
            Err(Error::Incomplete(report)) => Some(&**report),
            Err(_) => None,
        };
        if let Some(report) = seen {
            self.context.emit(&Event::FleetSeen { status: FleetStatus::of_report(report) });
        }
        match result {
            Ok(report) => Ok(Started { report, fenced: Vec::new() }),
            Err(Error::Incomplete(report)) if how.on_failed_tenants == OnFailedTenants::Fence && may_start(&report) => {
                let fenced = report.incomplete().filter_map(fence).chain(report.unusable.iter().filter_map(fence_off));
                let fenced = fenced.collect();
                Ok(Started { report: *report, fenced })
            }
            Err(error) => Err(error),
        }
    }

    /// What the state table says of the fleet, in one query; `None` where it cannot tell.
    async fn check(&self) -> Result<Option<Check>, Error> {
        let context = &self.context;
        let Some(schema) = &context.settings.state_schema else { return Ok(None) };
        let session = self.connect_to_look().await?;
        let wanted = Wanted { shared: context.shared.as_ref().map(complete), tenant: complete(&context.tenant) };
        let table = StateTable::in_schema(schema);
        let check = Check::ask(&session, &table, &self.registry, &context.settings, &wanted).await;
        // Before the first shared migration the registry may be missing: the authoritative way knows.
        let mut check = check.unwrap_or_default();
        if let Some(check) = &mut check {
            let tenants = check.tenants.iter().map(|(target, _)| target);
            check.roles_are_in_order = Box::pin(self.roles_are_in_order(&session, tenants)).await;
        }
        session.close().await;
        Ok(check)
    }

    /// A report of tenants whose roles are brought in order.
    async fn with_roles(&self, result: Result<Report, Error>) -> Result<Report, Error> {
        let mut report = match result {
            Ok(report) => report,
            Err(Error::Incomplete(report)) => *report,
            other => return other,
        };
        if let Err(error) = Box::pin(self.isolate(&mut report.targets)).await {
            // What was done is told as well.
            return Err(Error::Aborted { report: Box::new(report), error: Box::new(error) });
        }
        if report.is_complete() { Ok(report) } else { Err(Error::Incomplete(Box::new(report))) }
    }

    /// Migrates the tenants that the check has doubts about, and reports on all.
    async fn migrate_the_rest(&self, check: Check, started: Instant) -> Result<Report, Error> {
        let shared = &self.context.settings.shared_schema;
        let doubtful =
            check.tenants.iter().filter(|(_, good)| !good).filter_map(|(target, _)| target.tenant().cloned());
        let scope = Scope { shared: false, tenants: Selection::Only(doubtful.collect()) };
        match self.migrate(scope).await {
            Ok(rest) => Ok(check.report(shared, started).with(rest)),
            Err(Error::Incomplete(rest)) => Err(Error::Incomplete(Box::new(check.report(shared, started).with(*rest)))),
            Err(Error::Hook { report, error, aborted_by }) => {
                let report = Box::new(check.report(shared, started).with(*report));
                Err(Error::Hook { report, error, aborted_by })
            }
            Err(error) => Err(error),
        }
    }

    /// Looks until nothing is pending, or the time is over.
    async fn judge(&self, limit: Duration) -> Result<Report, Error> {
        const AGAIN: Duration = Duration::from_millis(500);
        let started = Instant::now();
        loop {
            let result = match self.plan(Scope::all()).await {
                Ok(plan) => {
                    let mut report = judged(plan, started);
                    Box::pin(self.judge_roles(&mut report)).await?;
                    if report.is_complete() {
                        return Ok(report);
                    }
                    Err(Error::Incomplete(Box::new(report)))
                }
                Err(error) if is_away(&error) => Err(error),
                Err(error) => return Err(error),
            };
            let left = limit.saturating_sub(started.elapsed());
            if left.is_zero() || self.context.cancellation.is_cancelled() {
                return result;
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN.min(left)) => {}
                () = self.context.cancellation.cancelled() => {}
            }
        }
    }
}

impl Check {
    fn is_complete(&self) -> bool {
        self.shared != Some(false) && self.tenants.iter().all(|(_, good)| *good)
    }

    /// The targets that are as they should be.
    fn report(&self, shared: &SchemaName, started: Instant) -> Report {
        let shared = self.shared.map(|_| Target::shared(shared.clone()));
        let tenants = self.tenants.iter().map(|(target, _)| target.clone());
        let targets = shared.into_iter().chain(tenants).map(TargetReport::up_to_date).collect();
        Report { targets, duration: started.elapsed(), ..Report::default() }
    }
}

/// A plan as the report of somebody who may not write.
fn judged(plan: Plan, started: Instant) -> Report {
    let targets = plan.shared.into_iter().chain(plan.tenants).map(judge_target).collect();
    Report { targets, unusable: plan.unusable, duration: started.elapsed(), ..Report::default() }
}

fn judge_target(plan: TargetPlan) -> TargetReport {
    let pending = || {
        (!plan.pending.is_empty() || plan.create_schema).then(|| {
            Failure::new(FailureClass::Pending, format!("{} migration(s) are pending", plan.pending.len()))
                .with_hint("migrate first: `cargo multitenant migrate`, or a replica that may")
        })
    };
    let failure = refusal(&plan).or_else(pending);
    let outcome = match &failure {
        None => Outcome::UpToDate,
        // No run will change it.
        Some(_) if plan.state == State::Unreadable => Outcome::Failed,
        Some(_) => Outcome::NotTried,
    };
    TargetReport { unknown: plan.unknown, ..TargetReport::new(plan.target, outcome, failure) }
}

/// Without its shared schema, or when it is being stopped, an application does not start.
fn may_start(report: &Report) -> bool {
    !report.cancelled && report.incomplete().all(|target| target.target.tenant().is_some())
}

fn fence(target: &TargetReport) -> Option<Fenced> {
    Some(Fenced { tenant: target.target.tenant()?.clone(), failure: target.failure.clone() })
}

/// What is fenced is an id that somebody may ask for: an empty one nobody can.
fn fence_off(unusable: &UnusableTenant) -> Option<Fenced> {
    Some(Fenced { tenant: TenantId::new(&unusable.tenant).ok()?, failure: Some(unusable.failure.clone()) })
}

/// Whether there may be a server, a database or a role later on.
fn is_away(error: &Error) -> bool {
    match error {
        Error::Connect(_) => true,
        Error::Database(failure) | Error::Registry(RegistryError::Query(failure)) => {
            failure.class == FailureClass::ConnectionLost
        }
        _ => false,
    }
}
