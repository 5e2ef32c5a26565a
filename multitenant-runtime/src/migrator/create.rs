//! Creating a tenant: schema, migrations, registry row, all or nothing.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{SchemaName, literal};
use crate::inventory::{Subject, observe_one};
use crate::migration::Migration;
use crate::plan::decide;
use crate::registry::{RegistryError, RegistrySource, UNDER_CONSTRUCTION};
use crate::run::{
    Context, Event, Failure, Frame, Job, Outcome, Preparation, Report, Standing, StepError, TargetReport, Transaction,
    Verdict, Wall, Worker, creation_lock, delays, send,
};
use crate::settings::RegistrySettings;
use crate::sqlstate::FailureClass;
use crate::state::complete;
use crate::target::Target;

use super::Migrator;
use super::new_tenant::{NewTenant, Registration};

impl Migrator {
    /// Creates a tenant: its schema, all migrations, and its row in the registry, all or nothing.
    ///
    /// It is one transaction. Where a migration must run outside of one, the schema is marked as unfinished by a
    /// comment, the registry row comes last, and what a killed creation has left is removed by the next one of
    /// the same tenant; until then nobody finds the tenant in the registry.
    ///
    /// A row that the registry has already for this id is left as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the tenant's failure, and nothing of the tenant left in the database;
    /// [`Error::Registry`] where the id cannot be used, or the registry cannot be written to.
    pub async fn create_tenant(&self, tenant: NewTenant) -> Result<TargetReport, Error> {
        let started = Instant::now();
        let target = self.target_of(&tenant)?;
        let registration = self.registration(&tenant, target.schema())?;
        let mut delays = delays();
        let mut in_doubt = false;
        loop {
            let failure = match self.try_create(&target, registration.as_deref()).await {
                Ok(applied) => {
                    self.context.emit(&Event::TargetFinished {
                        target: target.clone(),
                        outcome: Outcome::Applied,
                        failure: None,
                    });
                    let applied = applied.iter().map(|migration| migration.version().clone()).collect();
                    return Ok(report(target, started, Outcome::Applied, applied, None));
                }
                Err(StepError::Stale) if in_doubt => exists(&target).with_hint(
                    "a try of this call lost its connection while it committed, and may be the one that made it: \
                     look at `status`; if the tenant is registered and up to date, it is complete",
                ),
                Err(StepError::Stale) => exists(&target),
                Err(StepError::Held) => {
                    Failure::new(FailureClass::Held, "another run is creating or migrating this tenant")
                        .with_hint("wait for it, then look whether the tenant is there")
                }
                Err(StepError::Failed { failure, .. }) => *failure,
            };
            in_doubt |= failure.class == FailureClass::ConnectionLost;
            let again = failure.class.is_retryable() || failure.class == FailureClass::Held;
            if again
                && !self.context.cancellation.is_cancelled()
                && let Some(delay) = delays.next()
            {
                tokio::time::sleep(delay).await;
                continue;
            }
            let mut whole = Report::default();
            whole.targets.push(report(target, started, Outcome::Failed, Vec::new(), Some(failure)));
            whole.duration = started.elapsed();
            return Err(Error::Incomplete(Box::new(whole)));
        }
    }

    async fn try_create(&self, target: &Target, registration: Option<&str>) -> Result<&[Migration], StepError> {
        let session = self.context.connect().await?;
        let result = self.create_on(&session, target, registration).await;
        session.close().await;
        result.map(|()| self.context.tenant.migrations())
    }

    async fn create_on(&self, session: &Session, target: &Target, registration: Option<&str>) -> Result<(), StepError> {
        let context = &self.context;
        let (shared, state) = (&context.settings.shared_schema, context.settings.state_schema.as_ref());
        let prepared = Preparation::for_run(session, shared, state).await?;
        let frame = Frame::new(&context.settings, target);
        let migrations = context.tenant.migrations();
        if !migrations.iter().all(Migration::run_in_transaction) {
            return self.create_in_steps(frame, registration, prepared).await;
        }
        let standing = Standing { digest: complete(&context.tenant), head: context.tenant.head() };
        let transaction = Transaction::create_tenant(frame, migrations, registration, &standing, &prepared);
        match send(session, &transaction, migrations, &prepared.wall, &context.cancellation).await {
            // A schema is there already: perhaps one that was never finished, which the steps remove.
            Err(StepError::Stale) if session.is_direct() => self.create_in_steps(frame, registration, prepared).await,
            Err(StepError::Failed { failure, .. }) if session.is_direct() && may_need_steps(&failure, migrations) => {
                self.create_in_steps(frame, registration, prepared).await
            }
            result => result,
        }
    }

    /// Where one transaction cannot hold it all.
    async fn create_in_steps(
        &self,
        frame: Frame<'_>,
        registration: Option<&str>,
        prepared: Preparation,
    ) -> Result<(), StepError> {
        let context = &self.context;
        // Between the steps nothing but this lock keeps another creation of the same tenant from taking this one
        // for interrupted. Its session does nothing else: whatever resets a session lets go of its locks.
        let holder = context.connect().await?;
        if !holder.is_direct() {
            return Err(StepError::failed(behind_a_pooler()));
        }
        let held = holder.rows(&creation_lock(frame.target.schema())).await?;
        if held.first().and_then(|row| row.get(0)) != Some("t") {
            return Err(StepError::Held);
        }
        let session = context.connect().await?;
        let result = self.steps(&session, frame, registration, prepared).await;
        session.close().await;
        holder.close().await;
        result
    }

    async fn steps(
        &self,
        session: &Session,
        frame: Frame<'_>,
        registration: Option<&str>,
        prepared: Preparation,
    ) -> Result<(), StepError> {
        let begin = Transaction::begin_tenant(frame, UNDER_CONSTRUCTION);
        send(session, &begin, &[], &prepared.wall, &self.context.cancellation).await?;
        let result = self.fill(session, frame, registration, prepared).await;
        if result.is_err() {
            self.abandon(frame).await;
        }
        result
    }

    /// Removes what a transaction would have undone. If this fails too, the mark stays, and the next try removes it.
    ///
    /// On a connection of its own, since a cancel request may still be on its way to the others; and it waits until
    /// the server has ended a session that was left in the middle, and holds the lock until then.
    async fn abandon(&self, frame: Frame<'_>) {
        let abandon = Transaction::abandon_tenant(frame, UNDER_CONSTRUCTION);
        let mut delays = delays();
        loop {
            let result = match self.context.connect().await {
                Ok(session) => {
                    let result = send(&session, &abandon, &[], &Wall::default(), &CancellationToken::new()).await;
                    session.close().await;
                    result
                }
                Err(error) => Err(error.into()),
            };
            let again = match result {
                Err(StepError::Held) => true,
                Err(StepError::Failed { failure, .. }) => failure.class.is_retryable(),
                Ok(()) | Err(StepError::Stale) => false,
            };
            match delays.next() {
                Some(delay) if again => tokio::time::sleep(delay).await,
                _ => return,
            }
        }
    }

    /// Migrates the new schema, then registers the tenant.
    async fn fill(
        &self,
        session: &Session,
        frame: Frame<'_>,
        registration: Option<&str>,
        prepared: Preparation,
    ) -> Result<(), StepError> {
        let mut context = Context::clone(&self.context);
        context.policy.creating = true;
        let context = Arc::new(context);
        let subject = Subject { target: frame.target, table: frame.table, set: &context.tenant };
        let observed = observe_one(session, subject).await?;
        let plan = decide(frame.target.clone(), &context.tenant, &observed, context.policy);
        // Until the last step the state table knows nothing of it: a start would serve what it finds there.
        let silent = Preparation { state: None, ..prepared.clone() };
        let mut job = Job::new(0, plan);
        let mut worker = Worker::new(Arc::clone(&context), Arc::new(silent));
        let verdict = Box::pin(worker.work(&mut job)).await;
        worker.finish().await;
        match verdict {
            Verdict::Done(Outcome::Applied | Outcome::UpToDate, _) => {
                let standing = Standing { digest: complete(&context.tenant), head: context.tenant.head() };
                let finish = Transaction::finish_tenant(frame, registration, &standing, &prepared);
                send(session, &finish, &[], &Wall::default(), &CancellationToken::new()).await
            }
            Verdict::Done(_, failure) => Err(StepError::failed(
                failure.unwrap_or_else(|| Failure::new(FailureClass::Permanent, "the migrations did not finish")),
            )),
            Verdict::Held => Err(StepError::Held),
        }
    }

    fn target_of(&self, tenant: &NewTenant) -> Result<Target, Error> {
        let settings = &self.context.settings;
        let schema = match &tenant.schema {
            Some(schema) => schema.clone().for_tenant(&settings.shared_schema),
            None => settings.schema_template.schema_of(&tenant.id, &settings.shared_schema),
        };
        let schema = schema.map_err(|error| RegistryError::Tenant { tenant: tenant.id.as_str().to_owned(), error })?;
        Ok(Target::tenant_in(tenant.id.clone(), schema))
    }

    /// The statement that puts the tenant into the registry.
    fn registration(&self, tenant: &NewTenant, schema: &SchemaName) -> Result<Option<String>, Error> {
        let source = match (&tenant.registration, &self.registry) {
            (Registration::None, _) => return Ok(None),
            (Registration::Statement(sql), _) => return Ok(Some(sql.clone())),
            (Registration::Row, RegistrySource::Configured(settings)) => settings,
            (Registration::Row, RegistrySource::Custom(_)) => {
                return Err(RegistryError::ReadOnly { source: "the application's own function" }.into());
            }
        };
        match source {
            RegistrySettings::Table { table, id_column, schema_column, .. } => {
                let id = literal(tenant.id.as_str());
                let mut columns = vec![id_column.quoted()];
                let mut values = vec![id.clone()];
                if let Some(column) = schema_column {
                    columns.push(column.quoted());
                    values.push(literal(schema.as_str()));
                }
                for (column, value) in &tenant.columns {
                    columns.push(column.quoted());
                    values.push(literal(value));
                }
                let table = format!("{}.{}", self.context.settings.shared_schema.quoted(), table.quoted());
                Ok(Some(format!(
                    "INSERT INTO {table} ({}) SELECT {} WHERE NOT EXISTS (SELECT FROM {table} WHERE {}::text = {id})",
                    columns.join(", "),
                    values.join(", "),
                    id_column.quoted()
                )))
            }
            // The schema itself is what registers the tenant.
            RegistrySettings::Schemas => Ok(None),
            RegistrySettings::List { ids } if ids.contains(&tenant.id) => Ok(None),
            RegistrySettings::List { .. } => Err(RegistryError::ReadOnly { source: "a fixed list without it" }.into()),
            RegistrySettings::Query { .. } => Err(RegistryError::ReadOnly { source: "a query" }.into()),
        }
    }
}

/// Whether the migrations may succeed with a commit after each, as `migrate` has it: a new value of an enum can be
/// used only then, and so can a table with deferred constraints be altered, or a temporary table's name be taken.
fn may_need_steps(failure: &Failure, migrations: &[Migration]) -> bool {
    let first = migrations.first().map(|migration| migration.version().as_str());
    let at_a_later_one = failure.migration.is_some() && failure.migration.as_deref() != first;
    failure.class == FailureClass::Permanent && failure.sqlstate.is_some() && at_a_later_one
}

fn behind_a_pooler() -> Failure {
    Failure::new(
        FailureClass::Permanent,
        "this tenant cannot be created in one transaction, and in several that needs a session of its own; this \
         connection goes through a transaction pooler",
    )
    .with_hint("set database.migrate_url (MULTITENANT_MIGRATE_URL) to the server itself, past the pooler")
}

fn exists(target: &Target) -> Failure {
    Failure::new(FailureClass::Permanent, format!("the schema {} exists already", target.schema()))
        .with_hint("to adopt it, put the tenant into the registry and migrate; to begin anew, drop the schema first")
}

fn report(
    target: Target,
    started: Instant,
    outcome: Outcome,
    applied: Vec<crate::migration::Version>,
    failure: Option<Failure>,
) -> TargetReport {
    TargetReport { target, outcome, applied, duration: started.elapsed(), failure, unknown: Vec::new() }
}
