//! A tenant that one transaction cannot hold: its schema is marked as unfinished from the first to the last.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::connection::Session;
use crate::inventory::{Subject, observe_one};
use crate::migration::RunId;
use crate::migrator::Migrator;
use crate::plan::{Goal, Wanted, decide};
use crate::registry::UNDER_CONSTRUCTION;
use crate::run::{
    Context, Failure, Frame, Hooked, Job, Known, Outcome, Preparation, Registering, StepError, Transaction, Verdict,
    Worker, abandon, creation_lock, send, send_known,
};
use crate::sqlstate::FailureClass;

#[cfg(feature = "functions")]
use super::functions::End;

impl Migrator {
    /// Where one transaction cannot hold it all.
    pub(super) async fn create_in_steps(
        &self,
        frame: Frame<'_>,
        registering: &Registering,
        prepared: Preparation,
        known: &mut Option<Known>,
    ) -> Result<(), StepError> {
        let context = &self.context;
        // Between the steps nothing but this lock keeps another creation of the same tenant from taking this one
        // for interrupted. Its session does nothing else: whatever resets a session lets go of its locks.
        let holder = context.connect().await?;
        if !holder.is_direct() {
            let failure = Failure::behind_a_pooler("a tenant that cannot be created in one transaction");
            return Err(StepError::failed(failure));
        }
        let held = holder.rows(&creation_lock(frame.target.schema())).await?;
        if held.first().and_then(|row| row.get(0)) != Some("t") {
            return Err(StepError::Held);
        }
        let session = context.connect().await?;
        let result = self.steps(&session, frame, registering, prepared, known).await;
        session.close().await;
        holder.close().await;
        result
    }

    async fn steps(
        &self,
        session: &Session,
        frame: Frame<'_>,
        registering: &Registering,
        prepared: Preparation,
        known: &mut Option<Known>,
    ) -> Result<(), StepError> {
        let mark = &mark();
        let begin = Transaction::begin_tenant(frame, mark);
        send(session, &begin, &[], &prepared, &self.context.cancellation).await?;
        let result = self.fill(session, frame, registering, prepared, mark, known).await;
        // Where the answer to the last COMMIT is lost, the tenant may be made: that is found out first.
        let in_doubt = known.is_some()
            && matches!(&result, Err(StepError::Failed { failure, .. }) if failure.class == FailureClass::ConnectionLost);
        if result.is_err() && !in_doubt {
            abandon(&self.context, frame, mark).await;
        }
        result
    }

    /// Migrates the new schema, then registers the tenant and seeds it.
    async fn fill(
        &self,
        session: &Session,
        frame: Frame<'_>,
        registering: &Registering,
        prepared: Preparation,
        mark: &str,
        known: &mut Option<Known>,
    ) -> Result<(), StepError> {
        let mut context = Context::clone(&self.context);
        context.policy.creating = true;
        // The creation calls those of the whole target, once.
        context.hooks = Hooked::default();
        let context = Arc::new(context);
        let subject = Subject { target: frame.target, table: frame.table, set: &context.tenant };
        let observed = observe_one(session, subject).await?;
        let wanted = Wanted { goal: &Goal::default(), rest: None, policy: context.policy };
        let plan = decide(frame.target.clone(), &context.tenant, &observed, wanted);
        // Until the last step the state table knows nothing of it: a start would serve what it finds there.
        let silent = prepared.silent();
        let mut job = Job::new(0, plan);
        let mut worker = Worker::new(Arc::clone(&context), Arc::new(silent));
        let verdict = Box::pin(worker.work(&mut job)).await;
        worker.finish().await;
        match verdict {
            Verdict::Done(Outcome::Applied | Outcome::UpToDate, _) => {
                // Much may have happened since the first step.
                let roles = Box::pin(self.role_of_a_new_tenant(session, frame.target)).await?;
                let registering = &registering.with_roles(roles);
                let seeds = &registering.seeding.seeds;
                #[cfg(feature = "functions")]
                if registering.seeding.has_functions() {
                    prepared.read_wall(session, &context.settings).await?;
                    let end = End { context: &context, frame, registering, mark, prepared: &prepared };
                    return Box::pin(end.reach(known)).await;
                }
                // Without seeds it is short, and not worth being cancelled.
                let cancellation = if seeds.is_empty() {
                    CancellationToken::new()
                } else {
                    prepared.read_wall(session, &context.settings).await?;
                    context.cancellation.clone()
                };
                let finish = Transaction::finish_tenant(frame, registering, mark, &context.tenant, &prepared);
                send_known(session, &finish, seeds, &prepared, &cancellation, known).await
            }
            Verdict::Done(_, failure) => Err(StepError::failed(
                failure.unwrap_or_else(|| Failure::new(FailureClass::Permanent, "the migrations did not finish")),
            )),
            Verdict::Held => Err(StepError::Held),
        }
    }
}

/// The mark of one creation: what another one makes under the same name in the meantime is told from it.
fn mark() -> String {
    format!("{UNDER_CONSTRUCTION} ({})", RunId::default().as_str())
}
