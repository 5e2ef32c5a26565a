//! Waiting for locks: which target has waited in vain, and who was in its way.
//!
//! When a statement has given up, nobody blocks it any more. So the server is asked meanwhile, and, since most waits
//! are short, only where a try has failed for this reason already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::connection::Session;
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::blockers::Blockers;
use super::context::Context;
use super::step::StepError;

/// Which targets have waited in vain for a lock, and who was seen to hold it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Waits(Arc<Mutex<HashMap<Target, Option<Blockers>>>>);

impl Waits {
    /// Does the work of one try. Where it gives up waiting for a lock, and is not the first try to do so, its failure
    /// says who is in the way.
    pub(crate) async fn attend<T>(
        &self,
        context: &Context,
        session: &Session,
        target: &Target,
        work: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        let work = Box::pin(work);
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(target).cloned();
        let Some(earlier) = before else {
            let result = work.await;
            if gave_up(&result) {
                self.note(target, None);
            }
            return result;
        };
        let (mut result, now) = seen_during(context, session, work).await;
        if gave_up(&result) {
            match now {
                Some(blockers) => {
                    explain(&mut result, &blockers, "");
                    self.note(target, Some(blockers));
                }
                // It was too short, or the server did not answer in time: what an earlier try has seen is better
                // than nothing.
                None => {
                    if let Some(blockers) = earlier {
                        explain(&mut result, &blockers, "at an earlier try: ");
                    }
                }
            }
        }
        result
    }

    fn note(&self, target: &Target, blockers: Option<Blockers>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(target.clone(), blockers);
    }
}

/// Does work that has one try only.
pub(crate) async fn watched<T>(
    context: &Context,
    session: &Session,
    work: impl Future<Output = Result<T, StepError>>,
) -> Result<T, StepError> {
    let (mut result, seen) = seen_during(context, session, Box::pin(work)).await;
    if let (true, Some(blockers)) = (gave_up(&result), seen) {
        explain(&mut result, &blockers, "");
    }
    result
}

/// Does the work, and says who was in its way at its end.
async fn seen_during<T>(
    context: &Context,
    session: &Session,
    mut work: impl Future<Output = T> + Unpin,
) -> (T, Option<Blockers>) {
    // Behind a pooler a process's number means nothing.
    let Some(backend) = session.backend() else { return (work.await, None) };
    let limit = context.settings.lock_timeout;
    // Twice in each wait, wherever it begins. A script may have set a limit of its own.
    let pace = if limit.is_zero() { Duration::from_secs(1) } else { (limit / 2).max(Duration::from_millis(5)) };
    let fresh = pace * 2 + Duration::from_millis(250);
    let mut seen: Option<(Instant, Blockers)> = None;
    loop {
        let asked = async {
            tokio::time::sleep(pace).await;
            Box::pin(Blockers::of(&context.witness, backend)).await
        };
        tokio::select! {
            biased;
            result = &mut work => {
                // Of a wait that has passed it would tell the wrong one.
                let blockers = seen.filter(|(at, _)| at.elapsed() <= fresh).map(|(_, blockers)| blockers);
                return (result, blockers);
            }
            found = asked => if let Some(blockers) = found {
                seen = Some((Instant::now(), blockers));
            }
        }
    }
}

fn gave_up<T>(result: &Result<T, StepError>) -> bool {
    matches!(result, Err(StepError::Failed { failure, .. }) if failure.class == FailureClass::LockTimeout)
}

fn explain<T>(result: &mut Result<T, StepError>, blockers: &Blockers, when: &str) {
    let Err(StepError::Failed { failure, .. }) = result else { return };
    failure.detail = Some(format!("{when}{blockers}"));
    failure.hint = Some(blockers.remedy());
}
