//! Carrying out an operation: which tier first, in which waves, and what ends it.

use std::sync::Arc;
use std::time::Instant;

use crate::connection::Session;
use crate::error::Error;
use crate::inventory::Reading;
use crate::plan::{Goal, Plan, Step, TargetPlan};
use crate::run::{Budget, Event, HookError, Outcome, Preparation, Report, Stop, TargetReport, execute};
use crate::state::FleetStatus;

use super::look::{Tenants, View};
use super::{Migrator, Operation, Scope, Selection};

impl Migrator {
    /// What an operation would do. Writes nothing.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run), but for what only doing it can show.
    pub async fn plan_operation(&self, operation: &Operation) -> Result<Plan, Error> {
        self.is_possible(operation)?;
        let (session, view) = self.look_anew(operation, Reading::Everything).await?;
        session.close().await;
        let plan = self.plan_of(view, operation)?;
        if operation.is_about_all() {
            self.context.emit(&Event::FleetSeen { status: FleetStatus::of_plan(&plan) });
        }
        Ok(plan)
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
    /// let report = migrator.run(Operation::rollback(Scope::tenants(), Extent::default())).await?;
    /// println!("{} tenants are one migration back", report.summary().reverted);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the whole report where not every target is as it was to be;
    /// [`Error::Hook`] where `before_run` or `after_run` of the [`Hooks`](crate::Hooks) failed;
    /// [`Error::UnknownVersion`], and [`Error::Irreversible`] where a migration without `down.sql` would have to be
    /// reverted, before anything is done; the others as for [`plan`](Self::plan).
    ///
    /// # Cancel safety
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn run(&self, operation: Operation) -> Result<Report, Error> {
        let started = Instant::now();
        let mut run = Run::default();
        let result = match self.is_possible(&operation) {
            Ok(()) => self.carry_out(&operation, &mut run).await,
            Err(error) => Err(error),
        };
        let Run { mut report, begun, refused } = run;
        report.duration = started.elapsed();
        report.cancelled = self.context.cancellation.is_cancelled() && report.incomplete().next().is_some();
        self.context.emit(&Event::RunFinished {
            summary: report.summary(),
            is_complete: result.is_ok() && refused.is_none() && report.is_complete(),
            duration: report.duration,
        });
        if result.is_ok() && refused.is_none() && operation.is_about_all() {
            self.context.emit(&Event::FleetSeen { status: FleetStatus::of_report(&report) });
        }
        let failed = match refused {
            Some(refused) => Err(refused),
            None if begun => self.context.hooks.after_run(&report).await,
            None => Ok(()),
        };
        if let Err(error) = failed {
            let (report, error, aborted_by) = (Box::new(report), Box::new(error), result.err().map(Box::new));
            return Err(Error::Hook { report, error, aborted_by });
        }
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

    async fn carry_out(&self, operation: &Operation, run: &mut Run) -> Result<(), Error> {
        let (session, view) = self.look_anew(operation, reading(operation)).await?;
        let backward = matches!(operation.goal, Goal::Rollback(_) | Goal::Redo(_));
        if backward {
            self.is_reversible(view.targets())?;
        }
        if !self.may_begin(&view, operation, run).await {
            session.close().await;
            return Ok(());
        }
        let isolates = match operation.goal {
            Goal::Migrate { .. } => Box::pin(self.looks_at_roles_again(&session, &view)).await?,
            _ => false,
        };
        let (session, report) = (Some(session), &mut run.report);
        if backward {
            return self.backward(session, view, operation, report).await;
        }
        self.forward(session, view, operation, report).await?;
        if isolates { Box::pin(self.isolate(&mut report.targets)).await } else { Ok(()) }
    }

    /// Asks the application whether the run may begin; where not, every target is reported as not tried.
    async fn may_begin(&self, view: &View, operation: &Operation, run: &mut Run) -> bool {
        if !self.context.hooks.is_some() {
            return true;
        }
        let plan = view.plan(operation);
        match self.context.hooks.before_run(&plan).await {
            Ok(()) => run.begun = true,
            Err(refused) => {
                run.refused = Some(refused);
                self.refuse(plan.unusable, &mut run.report);
                run.report.targets.extend(plan.shared.into_iter().chain(plan.tenants).map(not_tried));
            }
        }
        run.begun
    }

    /// The shared schema, then the tenants, whose migrations may need it.
    async fn forward(
        &self,
        mut session: Option<Session>,
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
            let outcome = self.shared(&mut session, shared, operation, view.at.as_deref()).await?;
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
                let (another, now) =
                    self.look_anew(&Operation { scope, ..operation.clone() }, reading(operation)).await?;
                (session, view) = (Some(another), now);
            }
        }
        let at = view.at.take();
        let tenants = view.tenants(&operation.scope)?;
        self.tenants(session, tenants, operation, at.as_deref(), report).await
    }

    /// The tenants, then the shared schema, which what they have may still need.
    async fn backward(
        &self,
        session: Option<Session>,
        mut view: View,
        operation: &Operation,
        report: &mut Report,
    ) -> Result<(), Error> {
        let shared = view.shared.take();
        let at = view.at.take();
        let tenants = view.tenants(&operation.scope)?;
        self.tenants(session, tenants, operation, at.as_deref(), report).await?;
        let Some(shared) = shared else { return Ok(()) };
        // It stands first in every report.
        let outcome = if report.incomplete().next().is_some() || !report.unusable.is_empty() {
            not_tried(shared)
        } else {
            self.shared(&mut None, shared, operation, at.as_deref()).await?
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
        session: &mut Option<Session>,
        plan: TargetPlan,
        operation: &Operation,
        at: Option<&str>,
    ) -> Result<TargetReport, Error> {
        let work = plan.has_work() || plan.create_schema;
        if work {
            self.announce(std::slice::from_ref(&plan));
        }
        let prepared = self.prepare(session, std::slice::from_ref(&plan), at, &operation.goal, false).await?;
        // There are never more connections than the workers' and one more.
        if let Some(session) = session.take_if(|_| work) {
            session.close().await;
        }
        let mut reports = execute(&self.context, vec![plan.clone()], prepared, &Arc::default()).await;
        Ok(reports.pop().unwrap_or_else(|| not_tried(plan)))
    }

    /// All tenants, wave after wave.
    async fn tenants(
        &self,
        mut session: Option<Session>,
        tenants: Tenants,
        operation: &Operation,
        at: Option<&str>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Tenants { mut plans, unusable } = tenants;
        operation.rollout.assign(&mut plans).map_err(Error::UnknownTenants)?;
        self.refuse(unusable, report);
        let work = plans.iter().any(TargetPlan::has_work);
        if work {
            self.announce(&plans);
        }
        let prepared = self.prepare(&mut session, &plans, at, &operation.goal, work).await?;
        if let Some(session) = session {
            session.close().await;
        }
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
        if budget.is_spent() && report.stopped.is_none() && reports.iter().flatten().any(not_tried) {
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

/// Where everything pending is applied, a target that lacks something by the state table is one whose history is asked
/// under the lock anyway. Any other goal may find that nothing is to be done, and that only the histories can say.
fn reading(operation: &Operation) -> Reading {
    match operation.goal {
        Goal::Migrate { to: None } => Reading::WhatIsInDoubt,
        _ => Reading::Everything,
    }
}

/// A run, as far as it is.
#[derive(Default)]
struct Run {
    report: Report,
    /// Whether `before_run` was called and did not fail: `after_run` is to follow.
    begun: bool,
    /// How `before_run` failed.
    refused: Option<HookError>,
}

/// A target that was known before the run came to its end.
fn not_tried(plan: TargetPlan) -> TargetReport {
    TargetReport { unknown: plan.unknown, ..TargetReport::new(plan.target, Outcome::NotTried, None) }
}
