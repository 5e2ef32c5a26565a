//! Carries out a plan: K workers on K connections, each target once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::ident::TenantId;
use crate::plan::TargetPlan;
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::Failure;
use super::budget::Budget;
use super::context::Context;
use super::event::Event;
use super::job::Job;
use super::preparation::Preparation;
use super::queue::{Next, Queue};
use super::report::{Outcome, TargetReport};
use super::worker::{Verdict, Worker};

/// Carries out the plans, and reports on each of them, in their order.
pub(crate) async fn execute(
    context: &Arc<Context>,
    plans: Vec<TargetPlan>,
    prepared: Preparation,
    budget: &Arc<Budget>,
) -> Vec<TargetReport> {
    let targets: Vec<Target> = plans.iter().map(|plan| plan.target.clone()).collect();
    let reports = Reports::default();
    let mut jobs = Vec::new();
    for (place, plan) in plans.into_iter().enumerate() {
        let mut job = Job::new(place, plan);
        match job.settled() {
            Some((outcome, failure)) => reports.file(context, (job.place, job.report(outcome, failure))),
            None => jobs.push(job),
        }
    }
    let workers = context.settings.jobs.min(jobs.len());
    let queue = Arc::new(Queue::new(jobs));
    let prepared = Arc::new(prepared);
    let mut running = JoinSet::new();
    for _ in 0..workers {
        let (context, prepared, queue) = (Arc::clone(context), Arc::clone(&prepared), Arc::clone(&queue));
        running.spawn(work(context, prepared, queue, Arc::clone(budget), reports.clone()));
    }
    // A worker that panicked takes nothing but its current target with it.
    while running.join_next().await.is_some() {}
    context.witness.close().await;
    for job in queue.drain() {
        let (outcome, failure) = job.left();
        let report = reported(context, job, outcome, failure).await;
        reports.file(context, report);
    }
    let mut reports = reports.take();
    targets.into_iter().enumerate().map(|(i, target)| reports.remove(&i).unwrap_or_else(|| lost(target))).collect()
}

/// The reports so far, by their places; each is here as soon as its target is done.
#[derive(Default, Clone)]
struct Reports(Arc<Mutex<HashMap<usize, TargetReport>>>);

impl Reports {
    fn file(&self, context: &Context, (place, report): (usize, TargetReport)) {
        let (target, outcome, failure) = (report.target.clone(), report.outcome, report.failure.clone());
        match &failure {
            Some(failure) => tracing::warn!(schema = %target, ?outcome, %failure, "a target is not migrated"),
            None => tracing::debug!(schema = %target, ?outcome, "a target is done"),
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place, report);
        // Last: an observer may panic.
        context.emit(&Event::TargetFinished { target, outcome, failure: failure.map(Box::new) });
    }

    fn take(&self) -> HashMap<usize, TargetReport> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The report of a target that is done with, when its last hook is too; and its place.
async fn reported(context: &Context, job: Job, outcome: Outcome, failure: Option<Failure>) -> (usize, TargetReport) {
    let (place, begun) = (job.place, job.begun);
    let report = job.report(outcome, failure);
    (place, if begun { context.hooks.after_target(report).await } else { report })
}

/// The report of a target whose worker panicked, most likely in an observer of the application's.
fn lost(target: Target) -> TargetReport {
    let failure = Failure::new(FailureClass::Permanent, "the worker panicked; what it did here is not known")
        .with_hint("look at `status`: the history tells what was applied");
    tracing::error!(schema = %target, "a worker panicked");
    // The observer is not told: it may be what panicked.
    Job::new(0, TargetPlan::unseen(target)).report(Outcome::Failed, Some(failure))
}

async fn work(
    context: Arc<Context>,
    prepared: Arc<Preparation>,
    queue: Arc<Queue<Job>>,
    budget: Arc<Budget>,
    reports: Reports,
) {
    let mut worker = Worker::new(Arc::clone(&context), prepared);
    while !context.cancellation.is_cancelled() && !budget.is_spent() {
        let mut job = match queue.next() {
            Next::Job(job) => job,
            Next::Later(delay) => {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = context.cancellation.cancelled() => {}
                }
                continue;
            }
            Next::Empty => break,
        };
        let target = &job.plan.target;
        let span = tracing::info_span!("migrate", schema = %target, tenant = target.tenant().map(TenantId::as_str));
        match Box::pin(worker.work(&mut job).instrument(span)).await {
            // It fails only where nobody has a connection.
            Verdict::Done(Outcome::Failed, failure)
                if failure.as_ref().is_none_or(|failure| failure.class != FailureClass::Hook)
                    && !context.cancellation.is_cancelled()
                    && worker.leaves_it_to_others() =>
            {
                queue.put_back(*job, Duration::from_secs(1));
            }
            Verdict::Done(outcome, failure) => {
                let report = reported(&context, *job, outcome, failure).await;
                if let TargetReport { outcome: Outcome::Failed, failure: Some(failure), target, .. } = &report.1 {
                    budget.note_failure();
                    worker.note_failure(target, failure).await;
                }
                reports.file(&context, report);
            }
            Verdict::Held => held(&context, &queue, &reports, job).await,
        }
    }
    worker.finish().await;
}

/// Puts a held target back, or gives it up when it has been waited for long enough.
///
/// Only the waits themselves count, and not the time in which other targets were worked on: in a large fleet it
/// may have been held for a moment at the beginning, and again for a moment at the end.
async fn held(context: &Context, queue: &Queue<Job>, reports: &Reports, mut job: Box<Job>) {
    if job.waited.is_none() {
        context.emit(&Event::Held { target: job.plan.target.clone() });
    }
    let waited = job.waited.unwrap_or_default();
    let left = context.wait.saturating_sub(waited);
    if left.is_zero() {
        let message = format!("still held by another run after {} s", context.wait.as_secs_f32());
        let failure = Failure::new(FailureClass::Held, message).with_hint(
            "wait for the other run, or wait longer (`--wait`, or `MigratorBuilder::wait` in the library); who holds it: select pid, query, state from \
             pg_stat_activity where pid in (select pid from pg_locks where locktype = 'advisory')",
        );
        let report = reported(context, *job, Outcome::Skipped, Some(failure)).await;
        return reports.file(context, report);
    }
    let delay = job.polls.next().unwrap_or(Duration::from_secs(1)).min(left);
    job.waited = Some(waited + delay);
    queue.put_back(*job, delay);
}
