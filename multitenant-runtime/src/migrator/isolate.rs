//! A role for each tenant: made with a new tenant, and brought in order for those that are there.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::literal;
use crate::inventory::HistoryTable;
use crate::isolation::{self, Look, group, look, tenant};
use crate::plan::TargetPlan;
use crate::registry::is_under_construction;
use crate::run::{Failure, Frame, Outcome, Preparation, Report, StepError, TargetReport, Transaction, delays, send};
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::Migrator;
use super::look::View;

impl Migrator {
    /// The statements that make a new tenant's role, for the transaction that makes the tenant.
    pub(super) async fn role_of_a_new_tenant(
        &self,
        session: &Session,
        target: &Target,
    ) -> Result<Vec<String>, StepError> {
        let settings = &self.context.settings;
        let Some(roles) = &settings.roles else { return Ok(Vec::new()) };
        let Some(look) = look(session, settings, [target.schema()]).await? else { return Ok(Vec::new()) };
        if let Some(failure) = look.obstacle(settings, roles) {
            return Err(StepError::failed(failure));
        }
        let group = group(&look, settings, roles);
        let statements = group.and_then(|mut statements| {
            statements.extend(tenant(&look, settings, roles, target.schema(), true)?);
            Ok(statements)
        });
        match statements {
            Ok(statements) => Ok(statements),
            // Then it is no wonder that its role is.
            Err(_) if is_whole(session, target).await? => Err(StepError::Stale),
            Err(failure) => Err(StepError::failed(*failure)),
        }
    }

    /// Before anything is done: whether the roles are to be looked at after it. That nobody may make one that will be
    /// needed is an error.
    pub(super) async fn looks_at_roles_again(&self, session: &Session, view: &View) -> Result<bool, Error> {
        let settings = &self.context.settings;
        let Some(roles) = &settings.roles else { return Ok(false) };
        let tenants: Vec<&TargetPlan> = view.targets().filter(|plan| plan.target.tenant().is_some()).collect();
        // A shared migration may bring tenants.
        let may_bring = view.targets().any(|plan| plan.target.tenant().is_none() && plan.has_work());
        if tenants.is_empty() {
            return Ok(may_bring);
        }
        let Some(look) = self.look_at_roles(session, tenants.iter().map(|plan| &plan.target)).await? else {
            return Ok(false);
        };
        // The history is not the tenant's to write, and nobody has taken that right yet.
        let begins = |plan: &TargetPlan| plan.has_work() && plan.history == HistoryTable::Absent;
        let is_to_be =
            |plan: &&TargetPlan| plan.create_schema || begins(plan) || !look.tenant(plan.target.schema()).is_in_order();
        let needed = tenants.iter().any(is_to_be) || !look.ground.group_is_ready;
        if needed && let Some(failure) = look.obstacle(settings, roles) {
            return Err(Error::Database(Box::new(failure)));
        }
        // What a migration makes as another role is given to nobody by itself.
        Ok(needed || may_bring || tenants.iter().any(|plan| plan.has_work()))
    }

    /// Whether nothing is to be done about the roles of these tenants. Writes nothing.
    pub(super) async fn roles_are_in_order<'t>(
        &self,
        session: &Session,
        tenants: impl Iterator<Item = &'t Target> + Clone,
    ) -> bool {
        match self.look_at_roles(session, tenants.clone()).await {
            Ok(None) => true,
            Ok(Some(look)) => {
                let mut tenants = tenants.peekable();
                (tenants.peek().is_none() || look.ground.group_is_ready)
                    && tenants.all(|target| look.tenant(target.schema()).is_in_order())
            }
            // Who brings them in order says why they cannot be looked at.
            Err(_) => false,
        }
    }

    /// Reports of tenants that nothing is pending for, but whose role is not in order: no pool serves them. Writes nothing.
    pub(super) async fn judge_roles(&self, report: &mut Report) -> Result<(), Error> {
        let is_to_be = |report: &&mut TargetReport| report.outcome.is_good() && report.target.tenant().is_some();
        let mut reports: Vec<&mut TargetReport> = report.targets.iter_mut().filter(is_to_be).collect();
        if self.context.settings.roles.is_none() || reports.is_empty() {
            return Ok(());
        }
        let session = self.connect_to_look().await?;
        let look = self.look_at_roles(&session, reports.iter().map(|report| &report.target)).await;
        session.close().await;
        let Some(look) = look? else { return Ok(()) };
        for report in &mut reports {
            if !look.ground.group_is_ready || !look.tenant(report.target.schema()).is_in_order() {
                let failure = Failure::new(FailureClass::Pending, "the tenant's role is not in order")
                    .with_hint("migrate first: `cargo multitenant migrate`, or a replica that may");
                (report.outcome, report.failure) = (Outcome::NotTried, Some(failure));
            }
        }
        Ok(())
    }

    /// Brings the roles in order of the tenants that came out well. Nothing is asked for each tenant, and only those are
    /// written to of whom something is missing.
    pub(super) async fn isolate(&self, reports: &mut [TargetReport]) -> Result<(), Error> {
        let settings = &self.context.settings;
        let is_to_be = |report: &&mut TargetReport| report.outcome.is_good() && report.target.tenant().is_some();
        let mut reports: Vec<&mut TargetReport> = reports.iter_mut().filter(is_to_be).collect();
        let Some(roles) = settings.roles.as_ref().filter(|_| !reports.is_empty()) else { return Ok(()) };
        let session = self.connect().await?;
        let result = async {
            let targets = reports.iter().map(|report| &report.target);
            let Some(look) = self.look_at_roles(&session, targets).await? else { return Ok(()) };
            let is_in_order = |report: &&mut TargetReport| look.tenant(report.target.schema()).is_in_order();
            if look.ground.group_is_ready && reports.iter().all(is_in_order) {
                return Ok(());
            }
            if let Some(failure) = look.obstacle(settings, roles) {
                return Err(Error::Database(Box::new(failure)));
            }
            let shared = Target::shared(settings.shared_schema.clone());
            self.bring_in_order(&session, &shared, &look, |look| group(look, settings, roles))
                .await
                .map_err(|failure| Error::Database(Box::new(failure)))?;
            for report in &mut reports {
                self.isolate_one(&session, &look, report).await;
            }
            Ok(())
        };
        let result = result.await;
        session.close().await;
        result
    }

    async fn isolate_one(&self, session: &Session, look: &Look, report: &mut TargetReport) {
        let settings = &self.context.settings;
        let Some(roles) = &settings.roles else { return };
        let missing = |look: &Look| tenant(look, settings, roles, report.target.schema(), false);
        if let Err(failure) = self.bring_in_order(session, &report.target, look, missing).await {
            tracing::warn!(tenant = %report.target, %failure, "a tenant's role is not in order");
            (report.outcome, report.failure) = (Outcome::Failed, Some(failure));
        }
    }

    /// What is missing, in a transaction of its own, under the target's lock. Where that fails it is looked anew: somebody
    /// else may have seen to it meanwhile.
    async fn bring_in_order(
        &self,
        session: &Session,
        target: &Target,
        look: &Look,
        missing: impl Fn(&Look) -> Result<Vec<String>, Box<Failure>>,
    ) -> Result<(), Failure> {
        let context = &self.context;
        let mut delays = delays();
        let mut statements = missing(look).map_err(|failure| *failure)?;
        loop {
            if statements.is_empty() {
                return Ok(());
            }
            let transaction = Transaction::bring_in_order(Frame::new(&context.settings, target), &statements);
            let failure = match send(session, &transaction, &[], &Preparation::default(), &context.cancellation).await {
                Ok(()) => return Ok(()),
                Err(StepError::Failed { failure, .. }) => *failure,
                Err(StepError::Held | StepError::Stale | StepError::Suspicious) => Failure::new(
                    FailureClass::Held,
                    "another run holds the schema whose role is to be brought in order",
                )
                .with_hint("migrate again when it has ended"),
            };
            let again = failure.class.is_retryable() || failure.class == FailureClass::Held;
            match delays.next() {
                Some(delay) if again && !session.is_closed() && !context.cancellation.is_cancelled() => {
                    tokio::time::sleep(delay).await;
                    let tenants = target.tenant().map(|_| target.schema());
                    let look = isolation::look(session, &context.settings, tenants).await;
                    let look = look.map_err(|error| Failure::from_postgres(&error))?;
                    statements =
                        look.map_or_else(|| Ok(Vec::new()), |look| missing(&look)).map_err(|failure| *failure)?;
                }
                _ => return Err(failure),
            }
        }
    }

    async fn look_at_roles<'t>(
        &self,
        session: &Session,
        tenants: impl Iterator<Item = &'t Target>,
    ) -> Result<Option<Look>, Error> {
        let schemas = tenants.map(Target::schema);
        look(session, &self.context.settings, schemas).await.map_err(|error| Error::from(&error))
    }
}

/// Whether the target's schema is there, and nobody is about to make it.
async fn is_whole(session: &Session, target: &Target) -> Result<bool, tokio_postgres::Error> {
    let oid = format!("pg_catalog.to_regnamespace({})", literal(&target.schema().quoted()));
    let sql = format!("SELECT {oid} IS NOT NULL AND NOT {}", is_under_construction(&oid));
    let rows = session.rows(&sql).await?;
    Ok(rows.first().and_then(|row| row.get(0)) == Some("t"))
}
