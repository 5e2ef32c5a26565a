//! Creating several tenants, each of them all or nothing.

use std::collections::HashSet;
use std::time::Instant;

use crate::error::Error;
use crate::migrator::locate::refused;
use crate::migrator::{Migrator, NewTenant};
use crate::run::{Frame, Outcome, Report, TargetReport};
use crate::seed::seeding;

impl Migrator {
    /// Creates these tenants one after the other, each as [`create_tenant`](Self::create_tenant) does, after
    /// [`check_new_tenants`](Self::check_new_tenants) has found nothing. One that fails keeps no other from being created.
    ///
    /// Where the run is cancelled, those whose turn has not come are not tried.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::NewTenant;
    ///
    /// let tenants = vec![NewTenant::new("acme")?, NewTenant::new("globex")?];
    /// println!("{} tenants more", migrator.create_tenants(tenants).await?.summary().applied);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`check_new_tenants`](Self::check_new_tenants), and [`Error::UnknownEnvironment`], before anything is done;
    /// [`Error::Incomplete`] with the whole report where not every tenant is there; [`Error::Aborted`] with what was done
    /// until then.
    pub async fn create_tenants(&self, tenants: Vec<NewTenant>) -> Result<Report, Error> {
        let started = Instant::now();
        let mut ids = HashSet::new();
        if let Some(twice) = tenants.iter().find(|tenant| !ids.insert(&tenant.id)) {
            return Err(refused(format!("the tenant {:?} is named twice", twice.id.as_str()), "name it once"));
        }
        for tenant in &tenants {
            seeding(tenant, Frame::new(&self.context.settings, &self.target_of(tenant)?))?;
        }
        self.check_new_tenants(&tenants).await?;
        let mut report = Report::default();
        for tenant in tenants {
            if self.context.cancellation.is_cancelled() {
                report.cancelled = true;
                let target = self.target_of(&tenant)?;
                report.targets.push(TargetReport::new(target, Outcome::NotTried, None));
                continue;
            }
            let created = Box::pin(self.create_tenant(tenant)).await;
            report.duration = started.elapsed();
            match created {
                Ok(created) => report.targets.push(created),
                Err(Error::Incomplete(failed)) => report.targets.extend(failed.targets),
                Err(error) => return Err(Error::Aborted { report: Box::new(report), error: Box::new(error) }),
            }
        }
        report.duration = started.elapsed();
        if report.is_complete() { Ok(report) } else { Err(Error::Incomplete(Box::new(report))) }
    }
}
