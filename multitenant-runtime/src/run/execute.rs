//! Carries out a plan: K workers on K connections, each target once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::ident::TenantId;
use crate::plan::TargetPlan;
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::Failure;
use super::context::Context;
use super::event::Event;
use super::queue::{Next, Queue};
use super::report::{Outcome, TargetReport};
use super::wall::Wall;
use super::worker::{Job, Verdict, Worker, settled};

/// Carries out the plans, and reports on each of them, in their order.
pub(crate) async fn execute(context: &Arc<Context>, plans: Vec<TargetPlan>, wall: Wall) -> Vec<TargetReport> {
    let targets: Vec<Target> = plans.iter().map(|plan| plan.target.clone()).collect();
    let mut reports: Vec<Option<TargetReport>> = targets.iter().map(|_| None).collect();
    let mut jobs = Vec::new();
    for (place, plan) in plans.into_iter().enumerate() {
        match settled(&plan, &[]) {
            Some((outcome, failure)) => {
                reports[place] = Some(finished(context, Job::new(place, plan), outcome, failure));
            }
            None => jobs.push(Job::new(place, plan)),
        }
    }
    let workers = context.settings.jobs.min(jobs.len());
    let queue = Arc::new(Queue::new(jobs));
    let wall = Arc::new(wall);
    let mut running = JoinSet::new();
    for _ in 0..workers {
        running.spawn(work(Arc::clone(context), Arc::clone(&wall), Arc::clone(&queue)));
    }
    while let Some(done) = running.join_next().await {
        // The reports of a worker that panicked went with it; its targets are named below.
        for (place, report) in done.unwrap_or_default() {
            reports[place] = Some(report);
        }
    }
    for job in queue.drain() {
        let place = job.place;
        reports[place] = Some(finished(context, job, Outcome::NotTried, None));
    }
    reports.into_iter().zip(targets).map(|(report, target)| report.unwrap_or_else(|| lost(target))).collect()
}

/// The report of a target whose worker panicked, most likely in an observer of the application's.
fn lost(target: Target) -> TargetReport {
    let failure = Failure::new(FailureClass::Permanent, "the worker panicked; what it did here is not known")
        .with_hint("look at `status`: the history tells what was applied");
    tracing::error!(schema = %target, "a worker panicked");
    // The observer is not told: it may be what panicked.
    Job::new(0, TargetPlan::unseen(target)).report(Outcome::Failed, Some(failure))
}

async fn work(context: Arc<Context>, wall: Arc<Wall>, queue: Arc<Queue>) -> Vec<(usize, TargetReport)> {
    let mut worker = Worker::new(Arc::clone(&context), wall);
    let mut reports = Vec::new();
    while !context.cancellation.is_cancelled() {
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
            Verdict::Done(outcome, failure) => {
                reports.push((job.place, finished(&context, *job, outcome, failure)));
            }
            Verdict::Held => {
                if let Some(report) = held(&context, &queue, job) {
                    reports.push(report);
                }
            }
        }
    }
    worker.finish().await;
    reports
}

/// Puts a held target back, or gives it up when it has been waited for long enough.
fn held(context: &Context, queue: &Queue, mut job: Box<Job>) -> Option<(usize, TargetReport)> {
    let since = *job.held_since.get_or_insert_with(|| {
        context.emit(&Event::Held { target: job.plan.target.clone() });
        Instant::now()
    });
    let left = context.wait.saturating_sub(since.elapsed());
    if left.is_zero() {
        let message = format!("still held by another run after {} s", context.wait.as_secs_f32());
        let failure = Failure::new(FailureClass::Held, message).with_hint(
            "wait for the other run, or wait longer (`--wait`); who holds it: select pid, query, state from \
             pg_stat_activity where pid in (select pid from pg_locks where locktype = 'advisory')",
        );
        return Some((job.place, finished(context, *job, Outcome::Skipped, Some(failure))));
    }
    let delay = job.polls.next().unwrap_or(Duration::from_secs(1)).min(left);
    queue.put_back(*job, delay);
    None
}

fn finished(context: &Context, job: Job, outcome: Outcome, failure: Option<Failure>) -> TargetReport {
    match &failure {
        Some(failure) => tracing::warn!(schema = %job.plan.target, ?outcome, %failure, "a target is not migrated"),
        None => tracing::debug!(schema = %job.plan.target, ?outcome, applied = job.applied.len(), "a target is done"),
    }
    context.emit(&Event::TargetFinished {
        target: job.plan.target.clone(),
        outcome,
        failure: failure.clone().map(Box::new),
    });
    job.report(outcome, failure)
}
