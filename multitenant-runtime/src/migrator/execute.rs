//! Carrying out an operation: which tier first, in which waves, and what ends it.

use std::sync::Arc;
use std::time::Instant;

use crate::connection::Session;
use crate::error::Error;
use crate::plan::{Goal, Plan, Step, TargetPlan};
use crate::run::{Budget, Event, Outcome, Preparation, Report, Stop, TargetReport, Wall, execute};

use super::look::{Tenants, View};
use super::{Migrator, Operation, Scope, Selection};

impl Migrator {
    /// What an operation would do. Writes nothing.
    ///
    /// # Errors
    ///
    /// As for [`execute`](Self::execute), but for what only doing it can show.
    pub async fn plan_operation(&self, operation: &Operation) -> Result<Plan, Error> {
        self.is_possible(operation)?;
        let session = self.connect().await?;
        let view = self.look(&session, operation).await?;
        session.close().await;
        self.plan_of(view, operation)
    }

    /// The plan of what a look has found.
    pub(super) fn plan_of(&self, mut view: View, operation: &Operation) -> Result<Plan, Error> {
        let shared = view.shared.take();
        let Tenants { mut plans, unusable } = view.tenants(&operation.scope)?;
        self.is_reversible(shared.iter().chain(&plans))?;
        operation.rollout.assign(&mut plans).map_err(Error::UnknownTenants)?;
        Ok(Plan { shared, tenants: plans, unusable })
    }

    /// Does it, and reports on every target.
    ///
    /// ```no_run
    /// # async fn back(migrator: multitenant_runtime::Migrator) -> Result<(), multitenant_runtime::Error> {
    /// use multitenant_runtime::{Extent, Operation, Scope};
    ///
    /// let report = migrator.execute(Operation::rollback(Scope::tenants(), Extent::default())).await?;
    /// println!("{} tenants are one migration back", report.summary().reverted);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the whole report where not every target is as it was to be;
    /// [`Error::UnknownVersion`], and [`Error::Irreversible`] where a migration without `down.sql` would have to be
    /// reverted, before anything is done; the others as for [`plan`](Self::plan).
    ///
    /// # Cancel safety
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn execute(&self, operation: Operation) -> Result<Report, Error> {
        let started = Instant::now();
        let mut report = Report::default();
        let result = match self.is_possible(&operation) {
            Ok(()) => self.carry_out(&operation, &mut report).await,
            Err(error) => Err(error),
        };
        report.duration = started.elapsed();
        report.cancelled = self.context.cancellation.is_cancelled() && report.incomplete().next().is_some();
        match result {
            Err(error) if report.targets.is_empty() && report.unusable.is_empty() => Err(error),
            // The shared schema is migrated, and then the registry turns out to be unusable: both are told.
            Err(error) => Err(Error::Aborted { report: Box::new(report), error: Box::new(error) }),
            Ok(()) if report.is_complete() => Ok(report),
            Ok(()) => Err(Error::Incomplete(Box::new(report))),
        }
    }

    /// What can be said without a database.
    pub(super) fn is_possible(&self, operation: &Operation) -> Result<(), Error> {
        let Operation { scope, goal, .. } = operation;
        let both = scope.shared && scope.tenants != Selection::None && self.context.shared.is_some();
        if both && matches!(goal, Goal::Redo(_)) {
            return Err(Error::TwoTiers);
        }
        let Some(version) = goal.version() else { return Ok(()) };
        let shared = self.context.shared.as_ref().filter(|_| scope.shared);
        let tenant = Some(&self.context.tenant).filter(|_| scope.tenants != Selection::None);
        if shared.into_iter().chain(tenant).any(|set| set.get(version).is_some()) {
            return Ok(());
        }
        Err(Error::UnknownVersion(version.clone()))
    }

    async fn carry_out(&self, operation: &Operation, report: &mut Report) -> Result<(), Error> {
        let session = self.connect().await?;
        let view = self.look(&session, operation).await?;
        match operation.goal {
            Goal::Rollback(_) | Goal::Redo(_) => self.backward(session, view, operation, report).await,
            _ => self.forward(session, view, operation, report).await,
        }
    }

    /// The shared schema, then the tenants, whose migrations may need it.
    async fn forward(
        &self,
        session: Session,
        mut view: View,
        operation: &Operation,
        report: &mut Report,
    ) -> Result<(), Error> {
        // Before the shared schema is touched: a misspelt canary must not be found out after it.
        if let Some(plans) = view.known_tenants() {
            operation.rollout.assign(plans).map_err(Error::UnknownTenants)?;
        }
        if let Some(shared) = view.shared.take() {
            let work = shared.has_work() || shared.create_schema;
            let outcome = self.shared(&session, shared, operation, view.at.as_deref()).await?;
            let done = outcome.outcome.is_good();
            report.targets.push(outcome);
            if !done {
                let Tenants { plans, unusable } = view.tenants(&operation.scope).unwrap_or_default();
                self.refuse(unusable, report);
                report.targets.extend(plans.into_iter().map(not_tried));
                return Ok(());
            }
            if work {
                // New tables, and perhaps new tenants.
                let scope = Scope { shared: false, tenants: operation.scope.tenants.clone() };
                view = self.look(&session, &Operation { scope, ..operation.clone() }).await?;
            }
        }
        let at = view.at.take();
        let tenants = view.tenants(&operation.scope)?;
        self.tenants(session, tenants, operation, at.as_deref(), report).await
    }

    /// The tenants, then the shared schema, which what they have may still need.
    async fn backward(
        &self,
        session: Session,
        mut view: View,
        operation: &Operation,
        report: &mut Report,
    ) -> Result<(), Error> {
        let shared = view.shared.take();
        let at = view.at.take();
        let tenants = view.tenants(&operation.scope)?;
        self.is_reversible(shared.iter().chain(&tenants.plans))?;
        self.tenants(session, tenants, operation, at.as_deref(), report).await?;
        let Some(shared) = shared else { return Ok(()) };
        // It stands first in every report.
        let outcome = if report.incomplete().next().is_some() || !report.unusable.is_empty() {
            not_tried(shared)
        } else {
            let session = self.connect().await?;
            let outcome = self.shared(&session, shared, operation, at.as_deref()).await?;
            session.close().await;
            outcome
        };
        report.targets.insert(0, outcome);
        Ok(())
    }

    /// Whether all that is to be reverted can be; the error names each migration without a way back once.
    fn is_reversible<'p>(&self, plans: impl Iterator<Item = &'p TargetPlan>) -> Result<(), Error> {
        let mut reasons: Vec<String> = Vec::new();
        for plan in plans {
            let set = self.context.set(&plan.target);
            for step in plan.steps.iter().filter(|step| matches!(step, Step::Revert(_))) {
                let reason = set.get(step.version()).and_then(|migration| migration.reversal().err());
                reasons.extend(reason.map(str::to_owned).filter(|reason| !reasons.contains(reason)));
            }
        }
        if reasons.is_empty() { Ok(()) } else { Err(Error::Irreversible(reasons)) }
    }

    /// The shared schema alone.
    async fn shared(
        &self,
        session: &Session,
        plan: TargetPlan,
        operation: &Operation,
        at: Option<&str>,
    ) -> Result<TargetReport, Error> {
        if plan.has_work() || plan.create_schema {
            self.announce(std::slice::from_ref(&plan));
        }
        let state = self.state(session, std::slice::from_ref(&plan)).await?;
        let prepared = Preparation { state, goal: operation.goal.clone(), ..Preparation::default() };
        self.mend(session, &prepared, std::slice::from_ref(&plan), at).await?;
        let mut reports = execute(&self.context, vec![plan.clone()], prepared, &Arc::default()).await;
        Ok(reports.pop().unwrap_or_else(|| not_tried(plan)))
    }

    /// All tenants, wave after wave.
    async fn tenants(
        &self,
        session: Session,
        tenants: Tenants,
        operation: &Operation,
        at: Option<&str>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Tenants { mut plans, unusable } = tenants;
        operation.rollout.assign(&mut plans).map_err(Error::UnknownTenants)?;
        self.refuse(unusable, report);
        let state = self.state(&session, &plans).await?;
        let mut prepared = Preparation { state, goal: operation.goal.clone(), ..Preparation::default() };
        self.mend(&session, &prepared, &plans, at).await?;
        if plans.iter().any(TargetPlan::has_work) {
            self.announce(&plans);
            let wall = Wall::around(&session, &self.context.settings).await;
            prepared.wall = wall.map_err(|error| Error::from(&error))?;
        }
        session.close().await;
        self.roll_out(plans, &prepared, operation, report).await;
        Ok(())
    }

    async fn roll_out(
        &self,
        plans: Vec<TargetPlan>,
        prepared: &Preparation,
        operation: &Operation,
        report: &mut Report,
    ) {
        let with_work = plans.iter().filter(|plan| plan.has_work()).count();
        let budget = Arc::new(Budget::new(operation.rollout.limit(with_work)));
        let total = plans.len();
        let (canaries, others): (Vec<_>, Vec<_>) = plans.into_iter().enumerate().partition(|(_, plan)| plan.wave == 1);
        let has_others = !others.is_empty() && !canaries.is_empty();
        let mut reports: Vec<Option<TargetReport>> = (0..total).map(|_| None).collect();
        for (number, wave) in [canaries, others].into_iter().filter(|wave| !wave.is_empty()).enumerate() {
            if number > 0 && report.stopped.is_none() {
                self.pause(operation).await;
            }
            let (places, plans): (Vec<usize>, Vec<TargetPlan>) = wave.into_iter().unzip();
            let done = if report.stopped.is_some() {
                plans.into_iter().map(not_tried).collect()
            } else {
                execute(&self.context, plans, prepared.clone(), &budget).await
            };
            let failed = done.iter().filter(|target| !target.outcome.is_good()).count();
            if number == 0 && has_others {
                self.context.emit(&Event::WaveFinished { wave: 1, targets: done.len(), failed });
                report.stopped = (failed > 0).then_some(Stop::Canary { failed });
            }
            for (place, target) in places.into_iter().zip(done) {
                reports[place] = Some(target);
            }
        }
        // Where it was spent by the last ones, it has kept nobody from being tried.
        let not_tried = |target: &TargetReport| target.outcome == Outcome::NotTried;
        if budget.is_spent() && reports.iter().flatten().any(not_tried) {
            report.stopped = Some(Stop::TooManyFailures { failed: budget.failed() });
        }
        if let Some(stop) = report.stopped {
            self.context.emit(&Event::Stopped { stop });
        }
        report.targets.extend(reports.into_iter().flatten());
    }

    /// The time in which somebody looks at the canaries.
    async fn pause(&self, operation: &Operation) {
        let pause = operation.rollout.pause;
        if pause.is_zero() {
            return;
        }
        self.context.emit(&Event::Paused { pause });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.context.cancellation.cancelled() => {}
        }
    }

    fn announce(&self, plans: &[TargetPlan]) {
        let pending = || plans.iter().filter(|plan| plan.has_work());
        self.context.emit(&Event::Planned {
            targets: plans.len(),
            pending_targets: pending().count(),
            migrations: pending().map(|plan| plan.steps.len()).sum(),
        });
    }
}

/// A target that was known before the run came to its end.
fn not_tried(plan: TargetPlan) -> TargetReport {
    TargetReport { unknown: plan.unknown, ..TargetReport::new(plan.target, Outcome::NotTried, None) }
}
