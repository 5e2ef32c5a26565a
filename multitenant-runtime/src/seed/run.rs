//! The shared schema's seeds, then the tenants'.

use std::sync::Arc;
use std::time::Instant;

use crate::error::Error;
use crate::migrator::{Migrator, Scope, Targets};
use crate::run::{Event, Outcome, Preparation, Report, TargetReport, visit};
use crate::target::{Target, Tier};

use super::plant::Plant;
use super::{SeedOptions, SeedSet};

impl Migrator {
    /// Seeds the shared schema, then, if that succeeded, the tenants, in parallel: all seeds of a target in one
    /// transaction, under the target's lock.
    ///
    /// In the report, `applied` has the seeds' names. A tenant that fails is as it was before, and stops nobody else. A
    /// tenant's seed must not change what the shared schema holds, but for its rows.
    ///
    /// ```no_run
    /// use multitenant_runtime::{Scope, SeedOptions, SeedSet};
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let seeds = SeedSet::from_folder("seeds".as_ref())?;
    /// let report = migrator.seed(&seeds, SeedOptions::new(Scope::all()).once()).await?;
    /// println!("{} schemas seeded", report.summary().applied);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] with the whole report where not every target is seeded; [`Error::UnknownEnvironment`] where
    /// no seed is of the environment that is asked for; else where the database or the registry cannot be read, or a
    /// tenant asked for is not registered.
    ///
    /// # Cancel safety
    ///
    /// As [`migrate`](Self::migrate).
    pub async fn seed(&self, seeds: &SeedSet, options: SeedOptions) -> Result<Report, Error> {
        let started = Instant::now();
        let SeedOptions { mut scope, environment, once } = options;
        if let Some(name) = environment.as_deref().filter(|name| !seeds.has_environment(name)) {
            return Err(Error::UnknownEnvironment(name.to_owned()));
        }
        let scripts = |tier| seeds.scripts(tier, environment.as_deref());
        let (shared, tenant) = (scripts(Tier::Shared), scripts(Tier::Tenant));
        scope.shared &= !shared.is_empty();
        let mut report = Report::default();
        // Before anything is done: a tenant that is not there must not be found out after it.
        let (session, targets) = self.targets(&scope, &mut report).await?;
        session.close().await;
        let Targets { shared: shared_target, mut tenants } = targets;
        if let Some(target) = shared_target {
            let done = self.plant(vec![target], shared, once).await?;
            let is_good = done.iter().all(|report| report.outcome.is_good());
            let is_changed = done.iter().any(|report| report.outcome != Outcome::UpToDate);
            report.targets.extend(done);
            if !is_good {
                let left = tenants.into_iter().map(|target| TargetReport::new(target, Outcome::NotTried, None));
                report.targets.extend(left);
                return self.end(report, started);
            }
            if is_changed {
                // Perhaps new tenants.
                report.unusable.clear();
                let scope = Scope { shared: false, ..scope };
                let (session, again) = self.targets(&scope, &mut report).await.map_err(|error| Error::Aborted {
                    report: Box::new(Report { duration: started.elapsed(), ..std::mem::take(&mut report) }),
                    error: Box::new(error),
                })?;
                session.close().await;
                tenants = again.tenants;
            }
        }
        let done = self.plant(tenants, tenant, once).await?;
        report.targets.extend(done);
        self.end(report, started)
    }

    /// Seeds the targets of one tier.
    async fn plant(
        &self,
        targets: Vec<Target>,
        seeds: Vec<crate::migration::Migration>,
        once: bool,
    ) -> Result<Vec<TargetReport>, Error> {
        let context = self.context();
        if seeds.is_empty() || targets.is_empty() {
            return Ok(targets.into_iter().map(TargetReport::up_to_date).collect());
        }
        let (pending_targets, migrations) = (targets.len(), targets.len() * seeds.len());
        context.emit(&Event::Planned { pending_targets, targets: pending_targets, migrations });
        let session = self.connect().await?;
        let prepared = Preparation::walled(&context.settings, &session, None).await;
        session.close().await;
        let prepared = prepared.map_err(|error| Error::from(&error))?;
        Ok(visit(context, targets, &Arc::new(Plant { seeds, once, prepared })).await)
    }

    fn end(&self, mut report: Report, started: Instant) -> Result<Report, Error> {
        report.duration = started.elapsed();
        report.cancelled = self.context().cancellation.is_cancelled() && report.incomplete().next().is_some();
        if report.is_complete() { Ok(report) } else { Err(Error::Incomplete(Box::new(report))) }
    }
}
