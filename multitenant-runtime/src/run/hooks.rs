//! The application's own code before and after a run, its targets and their migrations.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;

use crate::plan::{Plan, Step, TargetPlan};
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::{Failure, Outcome, Report, TargetReport};

/// What a hook gives: an error of any kind ends what it stands before, or fails what it stands behind.
pub type HookResult = Result<(), Box<dyn Error + Send + Sync>>;

/// The application's own code before and after a run, its targets and their migrations.
///
/// Every method has a default that does nothing. They are called for whatever a run does: migrate, roll back, redo,
/// mark, repair.
///
/// ```
/// use multitenant_runtime::{HookResult, Hooks, Step, Target, TargetReport, async_trait};
///
/// struct Search;
///
/// #[async_trait]
/// impl Hooks for Search {
///     async fn after_migration(&self, target: &Target, step: &Step) -> HookResult {
///         if let Step::Apply(version) = step
///             && version.as_str() == "20261120000000"
///         {
///             // … tell the search engine to index this tenant anew
///         }
///         Ok(())
///     }
///
///     async fn after_target(&self, target: &TargetReport) -> HookResult {
///         // … forget what is cached of target.target.tenant()
///         Ok(())
///     }
/// }
/// ```
///
/// # When
///
/// Hooks run outside of any transaction and hold no lock of the run's, so that they may take long. Between a
/// `before_…` and what it stands before, others may change the target: what the hook has seen is what was planned,
/// and the run looks again under the lock.
///
/// Those of one target are called one after the other; those of several at the same time, as many as there are
/// workers. A target that another run holds is waited for between `before_target` and `after_target`. A migration
/// that is tried again has its `before_migration` once.
///
/// A target with nothing to do, or that is refused, has no hooks. A start that finds nothing pending
/// ([`Migrator::start`](crate::Migrator::start)) is no run, and neither is a
/// [`create_tenant`](crate::Migrator::create_tenant): that calls `before_target` and `after_target`, and none of the
/// others, since it is one transaction.
///
/// # Errors
///
/// | what fails | what comes of it |
/// | --- | --- |
/// | `before_run` | nothing is begun: [`Error::Hook`](crate::Error::Hook), whose report has every target as not tried |
/// | `before_target` | nothing is done there, and `after_target` is not called; the target failed |
/// | `before_migration` | that migration is not begun; the target failed, and what was done before stays |
/// | `after_migration` | the migration is applied and recorded, and reported so; the target failed, and the next one is not begun |
/// | `after_target` | the target failed, with all that was done there in its report |
/// | `after_run` | all outcomes stay: [`Error::Hook`](crate::Error::Hook), with the whole report |
///
/// A failed target has a failure of the class [`FailureClass::Hook`]; the run goes on with the others, within the
/// limit on failures. The next run does not call an `after_…` hook again for what is done by then: it finds the
/// migration applied, or the target up to date.
///
/// A hook that panics has failed. Of two failures of one target the first is told, and the other in its detail.
///
/// # Cancelling
///
/// A hook that has begun is waited for, and the run ends after it. `after_migration` and `after_target` are called
/// for what was done, in a cancelled run too.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Before anything is done. The plan is what the run has found: tenants that a shared migration is about to
    /// make, or the steps that follow from one, are not in it.
    ///
    /// # Errors
    ///
    /// Nothing is done.
    async fn before_run(&self, plan: &Plan) -> HookResult {
        let _ = plan;
        Ok(())
    }

    /// After everything, where `before_run` was called and did not fail: however the run came out.
    ///
    /// # Errors
    ///
    /// The caller gets an error, with the report.
    async fn after_run(&self, report: &Report) -> HookResult {
        let _ = report;
        Ok(())
    }

    /// Before the first step of a target.
    ///
    /// # Errors
    ///
    /// Nothing is done to the target, which fails.
    async fn before_target(&self, plan: &TargetPlan) -> HookResult {
        let _ = plan;
        Ok(())
    }

    /// After the last step of a target, where `before_target` did not fail: however the target came out.
    ///
    /// # Errors
    ///
    /// The target fails; what was done there stays.
    async fn after_target(&self, report: &TargetReport) -> HookResult {
        let _ = report;
        Ok(())
    }

    /// Before a step: a migration that is applied or reverted, or a record of the history that is changed.
    ///
    /// Steps that change nothing but the history are one transaction, and have their calls before and after it.
    ///
    /// # Errors
    ///
    /// The step is not begun, and its target fails.
    async fn before_migration(&self, target: &Target, step: &Step) -> HookResult {
        let _ = (target, step);
        Ok(())
    }

    /// After a step whose transaction is known to be committed. Where the step failed, or another run turned out to
    /// have done it, it is not called.
    ///
    /// # Errors
    ///
    /// The step stays done, and its target fails.
    async fn after_migration(&self, target: &Target, step: &Step) -> HookResult {
        let _ = (target, step);
        Ok(())
    }
}

/// A hook of the application's that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct HookError {
    /// The hook's name: `before_run`.
    pub hook: &'static str,
    /// What it failed with; of a panic, what the panic said.
    pub error: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the hook `{}` failed: {}", self.hook, self.error)
    }
}

impl Error for HookError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}

/// The hooks of a run, where it has any; a panic in one is an error like others.
#[derive(Clone, Default)]
pub(crate) struct Hooked(Option<Arc<dyn Hooks>>);

impl Hooked {
    pub(crate) fn by(hooks: impl Hooks + 'static) -> Self {
        Self(Some(Arc::new(hooks)))
    }

    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) async fn before_run(&self, plan: &Plan) -> Result<(), HookError> {
        let Some(hooks) = &self.0 else { return Ok(()) };
        caught("before_run", async { hooks.before_run(plan).await }).await
    }

    pub(crate) async fn after_run(&self, report: &Report) -> Result<(), HookError> {
        let Some(hooks) = &self.0 else { return Ok(()) };
        caught("after_run", async { hooks.after_run(report).await }).await
    }

    pub(crate) async fn before_target(&self, plan: &TargetPlan) -> Result<(), Failure> {
        let Some(hooks) = &self.0 else { return Ok(()) };
        let result = caught("before_target", async { hooks.before_target(plan).await }).await;
        result.map_err(|error| failure(&error).with_hint("nothing was done here: run it again"))
    }

    /// Calls the hook, and gives the report that stands after it.
    pub(crate) async fn after_target(&self, mut report: TargetReport) -> TargetReport {
        let Some(hooks) = &self.0 else { return report };
        let Err(error) = caught("after_target", async { hooks.after_target(&report).await }).await else {
            return report;
        };
        match &mut report.failure {
            // Why the target failed is more than what failed after it.
            Some(first) => also(first, &error),
            None => {
                report.failure = Some(failure(&error).with_hint(
                    "everything that was to be done here is done and stays; the next run finds it so, and calls no \
                     hook: make up for this one by hand",
                ));
            }
        }
        report.outcome = Outcome::Failed;
        report
    }

    pub(crate) async fn before_migration(&self, target: &Target, step: &Step) -> Result<(), Failure> {
        let Some(hooks) = &self.0 else { return Ok(()) };
        let result = caught("before_migration", async { hooks.before_migration(target, step).await }).await;
        result.map_err(|error| {
            let mut failure = failure(&error).with_hint("the migration was not begun: run it again");
            failure.migration = Some(step.version().to_string());
            failure
        })
    }

    pub(crate) async fn after_migration(&self, target: &Target, step: &Step) -> Result<(), Failure> {
        let Some(hooks) = &self.0 else { return Ok(()) };
        let result = caught("after_migration", async { hooks.after_migration(target, step).await }).await;
        result.map_err(|error| {
            let mut failure = failure(&error).with_hint(
                "the migration is done and recorded, and the next run calls no hook for it: make up for this one by hand",
            );
            failure.migration = Some(step.version().to_string());
            failure
        })
    }
}

/// Adds to the first failure of a target what failed after it.
pub(super) fn also(first: &mut Failure, second: &dyn fmt::Display) {
    first.detail = Some(match first.detail.take() {
        Some(detail) => format!("{detail}; {second}"),
        None => second.to_string(),
    });
}

fn failure(error: &HookError) -> Failure {
    Failure::new(FailureClass::Hook, error.to_string())
}

async fn caught(hook: &'static str, call: impl Future<Output = HookResult>) -> Result<(), HookError> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(result) => result.map_err(|error| HookError { hook, error }),
        Err(panic) => Err(HookError { hook, error: said(&*panic).into() }),
    }
}

/// What a panic said.
pub(super) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
