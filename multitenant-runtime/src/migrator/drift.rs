//! Comparing schemas with what the migrations make.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use crate::drift::{DriftOptions, DriftReference, DriftReport, Portrait, judge, portray};
use crate::error::Error;
use crate::registry::RegistrySource;
use crate::run::Context;
use crate::settings::RegistrySettings;
use crate::snapshot::Snapshots;
use crate::target::Target;

use super::{Migrator, Scope, Selection};

impl Migrator {
    /// In what the schemas differ from what the migrations make, or from a tenant. Writes nothing that stays.
    ///
    /// The migrations are replayed in a transaction that is rolled back, or in a database of its own. Of a thousand
    /// tenants the catalogue is read by a handful of statements, and none of their tables is locked. A target with
    /// migrations pending is not compared: it is behind.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), multitenant_runtime::Error> {
    /// use multitenant_runtime::{DriftOptions, Scope};
    ///
    /// let report = migrator.drift(DriftOptions::new(Scope::all())).await?;
    /// for target in &report.targets {
    ///     for difference in &target.differences {
    ///         println!("{}: {} {}", target.target, difference.kind, difference.object);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`plan`](Self::plan); also where the tenant that others are compared with is not registered. What cannot
    /// be compared is no error, but an outcome of its target.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future rolls everything back. A scratch database stays then, and is dropped by the next comparison
    /// that makes one.
    pub async fn drift(&self, options: DriftOptions) -> Result<DriftReport, Error> {
        let started = Instant::now();
        let mut scope = options.scope.clone();
        let example = match &options.reference {
            DriftReference::Migrations => None,
            DriftReference::Tenant(id) => {
                scope.shared = false;
                let only = Scope { shared: false, tenants: Selection::Only(vec![id.clone()]) };
                let plan = Box::pin(self.plan(only)).await?;
                Some(plan.tenants.into_iter().next().ok_or_else(|| Error::UnknownTenants(vec![id.clone()]))?)
            }
        };
        let plan = Box::pin(self.plan(scope)).await?;
        let (first, second) = (self.connect().await?, self.connect().await?);
        let sessions = [&first, &second];
        // Of a known type: else the compiler follows it into whatever spawns this.
        let judged: Pin<Box<dyn Future<Output = _> + Send + '_>> =
            Box::pin(judge(&self.context, &options, plan, example.as_ref(), sessions, started));
        let report = judged.await;
        first.close().await;
        second.close().await;
        report
    }

    /// What one schema holds now, to be compared with what it holds another time, or with another one. A schema that does
    /// not exist holds nothing.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub async fn portrait(&self, target: &Target) -> Result<Portrait, Error> {
        portray(&self.context, target.clone()).await
    }

    /// A migrator for a database that nobody else knows.
    pub(crate) fn on_scratch(context: Arc<Context>) -> Self {
        #[cfg(feature = "pool")]
        let application_url = context.url.clone();
        Self {
            context,
            registry: RegistrySource::Configured(RegistrySettings::List { ids: Vec::new() }),
            idle: super::create::Idle::default(),
            snapshots: Snapshots::Never,
            pg_dump: None,
            #[cfg(feature = "pool")]
            application_url,
        }
    }
}
