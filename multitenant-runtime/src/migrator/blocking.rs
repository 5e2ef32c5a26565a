//! The same calls for synchronous code.

use std::{io, thread};

use crate::error::Error;
use crate::ident::TenantId;
use crate::plan::Plan;
use crate::run::{Report, TargetReport};
use crate::seed::{SeedOptions, SeedSet};
use crate::snapshot::SnapshotReport;

use super::{
    ArchivedTenant, DroppedTenant, Migrator, NewTenant, OldTenant, Operation, RenamedTenant, RestoredTenant, Scope,
    StartUp, Started,
};

/// A [`Migrator`] for synchronous code; from [`Migrator::blocking`].
///
/// Each call works on a thread of its own with a runtime of its own, so that it does not matter whether the
/// caller is inside a runtime. From asynchronous code the asynchronous calls are better: this one blocks.
#[derive(Debug, Clone, Copy)]
pub struct Blocking<'a> {
    migrator: &'a Migrator,
}

impl Migrator {
    /// The same calls for synchronous code.
    #[must_use]
    pub fn blocking(&self) -> Blocking<'_> {
        Blocking { migrator: self }
    }
}

impl Blocking<'_> {
    /// As [`Migrator::plan`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::plan`].
    pub fn plan(&self, scope: Scope) -> Result<Plan, Error> {
        wait_for(self.migrator.plan(scope))
    }

    /// As [`Migrator::migrate`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::migrate`].
    pub fn migrate(&self, scope: Scope) -> Result<Report, Error> {
        wait_for(self.migrator.migrate(scope))
    }

    /// As [`Migrator::plan_operation`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::plan_operation`].
    pub fn plan_operation(&self, operation: &Operation) -> Result<Plan, Error> {
        wait_for(self.migrator.plan_operation(operation))
    }

    /// As [`Migrator::run`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::run`].
    pub fn run(&self, operation: Operation) -> Result<Report, Error> {
        wait_for(self.migrator.run(operation))
    }

    /// As [`Migrator::seed`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::seed`].
    pub fn seed(&self, seeds: &SeedSet, options: SeedOptions) -> Result<Report, Error> {
        wait_for(self.migrator.seed(seeds, options))
    }

    /// As [`Migrator::create_tenant`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::create_tenant`].
    pub fn create_tenant(&self, tenant: NewTenant) -> Result<TargetReport, Error> {
        wait_for(self.migrator.create_tenant(tenant))
    }

    /// As [`Migrator::drop_tenant`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::drop_tenant`].
    pub fn drop_tenant(&self, tenant: impl Into<OldTenant>) -> Result<DroppedTenant, Error> {
        wait_for(self.migrator.drop_tenant(tenant.into()))
    }

    /// As [`Migrator::rename_tenant`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::rename_tenant`].
    pub fn rename_tenant(&self, tenant: &TenantId, new: &TenantId) -> Result<RenamedTenant, Error> {
        wait_for(self.migrator.rename_tenant(tenant, new))
    }

    /// As [`Migrator::archive_tenant`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::archive_tenant`].
    pub fn archive_tenant(&self, tenant: &TenantId) -> Result<ArchivedTenant, Error> {
        wait_for(self.migrator.archive_tenant(tenant))
    }

    /// As [`Migrator::restore_tenant`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::restore_tenant`].
    pub fn restore_tenant(&self, tenant: &TenantId) -> Result<RestoredTenant, Error> {
        wait_for(self.migrator.restore_tenant(tenant))
    }

    /// As [`Migrator::make_snapshot`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::make_snapshot`].
    pub fn make_snapshot(&self) -> Result<SnapshotReport, Error> {
        wait_for(self.migrator.make_snapshot())
    }

    /// As [`Migrator::snapshot`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::snapshot`].
    pub fn snapshot(&self) -> Result<SnapshotReport, Error> {
        wait_for(self.migrator.snapshot())
    }

    /// As [`Migrator::start`].
    ///
    /// # Errors
    ///
    /// As [`Migrator::start`].
    pub fn start(&self, how: StartUp) -> Result<Started, Error> {
        wait_for(self.migrator.start(how))
    }
}

fn wait_for<T: Send>(work: impl Future<Output = Result<T, Error>> + Send) -> Result<T, Error> {
    on_a_runtime(work).map_err(Error::Runtime)?
}

/// A synchronous function blocks the thread that calls it, and another one must move the connection's bytes.
#[cfg(feature = "functions")]
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

#[cfg(not(feature = "functions"))]
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Does the work on a thread of its own with a runtime of its own.
pub(crate) fn on_a_runtime<T: Send>(work: impl Future<Output = T> + Send) -> io::Result<T> {
    let on_a_thread = || Ok(runtime()?.block_on(work));
    thread::scope(|scope| match scope.spawn(on_a_thread).join() {
        Ok(result) => result,
        // A panic of ours stays a panic, on the caller's thread.
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
