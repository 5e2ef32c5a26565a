//! Creating a tenant: schema, migrations, registry row, seeds, all or nothing.

mod check;
mod from_snapshot;
#[cfg(feature = "functions")]
mod functions;
mod idle;
mod registration;
mod several;
mod steps;

use std::sync::Arc;
use std::time::Instant;

use crate::connection::Session;
use crate::error::Error;
use crate::migration::{Migration, MigrationSet, Version};
use crate::plan::{Goal, State, Step, TargetPlan};
use crate::registry::RegistryError;
use crate::run::{
    Context, Event, Failure, Frame, Known, Outcome, Preparation, Registering, Report, Standing, StepError,
    TargetReport, Transaction, delays, send_known,
};
use crate::seed::seeding;
use crate::snapshot::Snapshots;
use crate::sqlstate::{FailureClass, is_duplicate_object, is_missing_table, needs_commit_before};
use crate::state::StateTable;
use crate::target::{Target, Tier};

use super::{Migrator, NewTenant};

pub(super) use idle::Idle;
use idle::{Asked, Kept};

impl Migrator {
    /// Creates a tenant: its schema, all migrations, its row in the registry, and its seeds, all or nothing.
    ///
    /// It is one transaction. Where a migration must run outside of one, or a migration or a seed is a function, the
    /// schema is marked as unfinished by a comment, registry row and seeds come last, and what a killed creation has left
    /// is removed by the next one of the same tenant; until then nobody finds the tenant in the registry.
    ///
    /// Where each tenant has a role (`isolation.role_per_tenant`), it is made in the same transaction; one of that name
    /// that is there already is an error, unless nothing hangs on it.
    ///
    /// A row that the registry has already for this id is left as it is.
    ///
    /// Of the [`Hooks`](crate::Hooks), `before_target` and `after_target` are called, each once.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves either nothing or the whole tenant, where it is one transaction; else it may leave a
    /// schema that is marked as unfinished, is never served, and goes with the next creation of the same tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the tenant's failure, and nothing of the tenant left in the database, unless
    /// `after_target` failed: then it is there, and its report has what was applied;
    /// [`Error::Registry`] where the id cannot be used, or the registry cannot be written to;
    /// [`Error::UnknownEnvironment`] where no seed is of the environment that is asked for.
    pub async fn create_tenant(&self, tenant: NewTenant) -> Result<TargetReport, Error> {
        if !tenant.migrates {
            // One whose set is empty makes the rest.
            let context = Context { tenant: MigrationSet::empty(Tier::Tenant), ..Context::clone(&self.context) };
            let bare = Self { context: Arc::new(context), snapshots: Snapshots::Never, ..self.clone() };
            return Box::pin(bare.create_tenant(NewTenant {
                migrates: true,
                seeds: Arc::default(),
                environment: None,
                ..tenant
            }))
            .await;
        }
        let started = Instant::now();
        let target = self.target_of(&tenant)?;
        let seeding = seeding(&tenant, Frame::new(&self.context.settings, &target))?;
        let registering = self.registering(&tenant, target.schema())?.with_seeds(seeding);
        let report = match self.context.hooks.before_target(&self.creation(&target)).await {
            Err(failure) => report(target, started, Outcome::Failed, Vec::new(), Some(failure)),
            Ok(()) => {
                let report = match Box::pin(self.create(&target, &registering)).await {
                    Ok(()) => {
                        let applied = self.context.tenant.migrations().iter().map(|m| m.version().clone()).collect();
                        let seeded = registering.seeding.names();
                        TargetReport { seeded, ..report(target, started, Outcome::Applied, applied, None) }
                    }
                    Err(failure) => report(target, started, Outcome::Failed, Vec::new(), Some(failure)),
                };
                self.context.hooks.after_target(report).await
            }
        };
        if report.outcome == Outcome::Applied {
            let target = report.target.clone();
            self.context.emit(&Event::TargetFinished { target, outcome: Outcome::Applied, failure: None });
            Box::pin(self.snapshot_for_the_next()).await;
            return Ok(report);
        }
        let mut whole = Report::default();
        whole.targets.push(report);
        whole.duration = started.elapsed();
        Err(Error::Incomplete(Box::new(whole)))
    }

    /// What is to be done to a tenant that is not there yet.
    fn creation(&self, target: &Target) -> TargetPlan {
        let pending: Vec<Version> = self.context.tenant.migrations().iter().map(|m| m.version().clone()).collect();
        TargetPlan {
            state: State::Missing,
            steps: pending.iter().cloned().map(Step::Apply).collect(),
            pending,
            create_schema: true,
            ..TargetPlan::unseen(target.clone())
        }
    }

    /// Tries to create it until it is there, or cannot be.
    async fn create(&self, target: &Target, registering: &Registering) -> Result<(), Failure> {
        let mut delays = delays();
        let mut known = None;
        loop {
            let result = match self.learn(known.as_ref()).await {
                Ok(true) => Ok(()),
                Ok(false) => {
                    known = None;
                    let tried = self.try_create(target, registering, &mut known).await;
                    if !matches!(&tried, Err(StepError::Failed { failure, .. }) if is_lost(failure)) {
                        known = None;
                    }
                    tried
                }
                // It is to be learnt still.
                Err(error) => Err(error),
            };
            let failure = match result {
                Ok(()) => return Ok(()),
                Err(StepError::Stale | StepError::Suspicious) => self.exists(target).await,
                Err(StepError::Held) => {
                    Failure::new(FailureClass::Held, "another run is creating or migrating this tenant")
                        .with_hint("wait for it, then look whether the tenant is there")
                }
                Err(StepError::Failed { failure, .. }) => *failure,
            };
            let again = failure.class.is_retryable() || failure.class == FailureClass::Held;
            if again
                && !self.context.cancellation.is_cancelled()
                && let Some(delay) = delays.next()
            {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = self.context.cancellation.cancelled() => {}
                }
                continue;
            }
            return Err(failure);
        }
    }

    /// The schema is there already. Where the registry gives it to the tenant, and nobody is at work on it, another creation
    /// has made it: before, or meanwhile.
    async fn exists(&self, target: &Target) -> Failure {
        let failure = exists(target);
        let (Some(id), Ok(session)) = (target.tenant(), self.context.connect().await) else { return failure };
        let located = self.locate(&session, id).await;
        session.close().await;
        match located {
            Ok(located) if located.place == *target && located.oid.is_some() => failure.with_hint(
                "the registry has the tenant with this schema: it was created already, perhaps meanwhile by another run; where \
                 migrations are missing, migrate",
            ),
            _ => failure,
        }
    }

    /// Whether a transaction whose answer was lost has committed.
    pub(super) async fn learn(&self, known: Option<&Known>) -> Result<bool, StepError> {
        let Some(known) = known else { return Ok(false) };
        let session = self.context.connect().await?;
        let committed = known.has_committed(&session, &self.context.cancellation).await;
        session.close().await;
        committed
    }

    async fn try_create(
        &self,
        target: &Target,
        registering: &Registering,
        known: &mut Option<Known>,
    ) -> Result<(), StepError> {
        if let Some(kept) = self.idle.take() {
            match self.create_over(kept, target, registering, known).await {
                // What was true of the connection, or of the database, is not so any more, and nothing is done.
                Err(StepError::Failed { failure, .. }) if is_outdated(&failure, known.as_ref()) => *known = None,
                result => return result,
            }
        }
        let session = self.context.connect().await?;
        let state = StateTable::ready(&session, &self.context.settings).await?;
        let asked = Asked { state, snapshots: true };
        self.create_over(Kept::new(session, asked), target, registering, known).await
    }

    /// Creates it over this connection, which is kept if all goes well.
    async fn create_over(
        &self,
        Kept { session, mut asked, .. }: Kept,
        target: &Target,
        registering: &Registering,
        known: &mut Option<Known>,
    ) -> Result<(), StepError> {
        let result = self.create_on(&session, &mut asked, target, registering, known).await;
        match result {
            // What it has left on the connection goes with the next one's first statement.
            Ok(()) if session.is_direct() => self.idle.keep(session, asked).await,
            _ => session.close().await,
        }
        result
    }

    async fn create_on(
        &self,
        session: &Session,
        asked: &mut Asked,
        target: &Target,
        registering: &Registering,
        known: &mut Option<Known>,
    ) -> Result<(), StepError> {
        if session.is_standby() {
            return Err(StepError::failed(Failure::standby()));
        }
        let context = &self.context;
        let migrations = context.tenant.migrations();
        let frame = Frame::new(&context.settings, target);
        let registering = &registering.with_roles(Box::pin(self.role_of_a_new_tenant(session, target)).await?);
        if let Some(created) = self.create_from_snapshot(session, asked, frame, registering, known).await {
            return created;
        }
        let prepared = Preparation::of(&Goal::default(), asked.state.clone());
        let seeding = &registering.seeding;
        if !prepared.is_plain_creation(migrations) || !seeding.is_empty() {
            prepared.read_wall(session, &context.settings).await?;
        }
        // A function may be called between two statements only.
        let can_be_sent = |migration: &Migration| migration.run_in_transaction() && !migration.is_function();
        if !migrations.iter().all(can_be_sent) || seeding.has_functions() {
            return self.create_in_steps(frame, registering, prepared, known).await;
        }
        let standing = Standing::complete(&context.tenant);
        let transaction = || Transaction::create_tenant(frame, migrations, registering, &standing, &prepared);
        let all = &seeding.behind(migrations);
        let mut result = send_known(session, &transaction(), all, &prepared, &context.cancellation, known).await;
        if matches!(result, Err(StepError::Suspicious)) {
            prepared.read_wall(session, &context.settings).await?;
            prepared.be_careful(migrations);
            result = send_known(session, &transaction(), all, &prepared, &context.cancellation, known).await;
        }
        match result {
            // A schema is there already: perhaps one that was never finished, which the steps remove.
            Err(StepError::Stale) if session.is_direct() => {
                self.create_in_steps(frame, registering, prepared, known).await
            }
            Err(StepError::Failed { failure, .. }) if session.is_direct() && needs_steps(&failure, all) => {
                self.create_in_steps(frame, registering, prepared, known).await
            }
            result => result,
        }
    }

    pub(crate) fn target_of(&self, tenant: &NewTenant) -> Result<Target, Error> {
        let settings = &self.context.settings;
        let schema = match &tenant.schema {
            Some(schema) => schema.clone().for_tenant(&settings.shared_schema),
            None => settings.schema_template.schema_of(&tenant.id, &settings.shared_schema),
        };
        let schema = schema.map_err(|error| RegistryError::Tenant { tenant: tenant.id.as_str().to_owned(), error })?;
        Ok(Target::tenant_in(tenant.id.clone(), schema))
    }
}

/// Whether the migrations succeed only with a commit after each, as `migrate` has it: a new value of an enum can be
/// used only then, and so can a table with deferred constraints be altered, or a temporary table's name be taken.
///
/// Only then: in steps, what a migration does outside the new schema stays when a later one fails.
pub(crate) fn needs_steps(failure: &Failure, migrations: &[Migration]) -> bool {
    let Some(code) = failure.sqlstate.as_deref() else { return false };
    let makes_temporary_tables = || {
        let temporary = |sql: &str| sql.to_ascii_lowercase().contains("temp");
        migrations.iter().any(|migration| migration.script().statements().any(|(sql, _)| temporary(sql)))
    };
    needs_commit_before(code) || (is_duplicate_object(code) && makes_temporary_tables())
}

/// Whether this may be for what was kept from an earlier creation: a connection that is gone, before anything that
/// stays was sent; or a state table that is.
fn is_outdated(failure: &Failure, known: Option<&Known>) -> bool {
    match failure.class {
        FailureClass::ConnectionLost => known.is_none(),
        _ => failure.sqlstate.as_deref().is_some_and(is_missing_table),
    }
}

pub(super) fn is_lost(failure: &Failure) -> bool {
    failure.class == FailureClass::ConnectionLost
}

fn exists(target: &Target) -> Failure {
    Failure::new(FailureClass::Permanent, format!("the schema {} exists already", target.schema()))
        .with_hint("to adopt it, put the tenant into the registry and migrate; to begin anew, drop the schema first")
}

fn report(
    target: Target,
    started: Instant,
    outcome: Outcome,
    applied: Vec<Version>,
    failure: Option<Failure>,
) -> TargetReport {
    TargetReport { applied, duration: started.elapsed(), ..TargetReport::new(target, outcome, failure) }
}
