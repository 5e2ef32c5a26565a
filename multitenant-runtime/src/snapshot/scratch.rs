//! Scratch schemas: a tenant's schema that nobody serves, made by its migrations, to be copied and removed.

use std::sync::Arc;

use crate::connection::Session;
use crate::ident::{SchemaName, TenantId, literal};
use crate::inventory::{Subject, observe_one};
use crate::migration::RunId;
use crate::migrator::needs_steps;
use crate::plan::{Goal, Wanted, decide};
use crate::registry::UNDER_CONSTRUCTION;
use crate::run::{
    Context, Failure, Frame, Hooked, Job, Outcome, Preparation, Registering, Standing, StepError, Transaction, Verdict,
    Worker, abandon, delays, send,
};
use crate::sqlstate::FailureClass;
use crate::target::Target;

use super::obstacle::Obstacle;

/// What the comment says after [`UNDER_CONSTRUCTION`]; then which making it was.
const PURPOSE: &str = " (scratch of a snapshot, ";

/// One scratch schema.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    pub(super) target: Target,
    /// The comment that tells it from a tenant's, and from any other scratch schema.
    pub(super) mark: String,
}

impl Scratch {
    /// A name that nobody else has or could have written into a migration, and that needs quotes.
    pub(super) fn new() -> Result<Self, Obstacle> {
        let token = RunId::default();
        let mark = format!("{UNDER_CONSTRUCTION}{PURPOSE}{})", token.as_str());
        Self::named(&format!("Snapshot {}", token.as_str()), mark)
    }

    fn named(name: &str, mark: String) -> Result<Self, Obstacle> {
        let refused = |error: crate::ident::IdentError| Obstacle::here(error.to_string());
        let (tenant, schema) = (TenantId::new(name).map_err(refused)?, SchemaName::new(name).map_err(refused)?);
        Ok(Self { target: Target::tenant_in(tenant, schema), mark })
    }

    /// Those that a killed making has left.
    pub(super) async fn left_behind(session: &Session) -> Result<Vec<Self>, Obstacle> {
        let sql = format!(
            "SELECT nspname, pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace \
             WHERE pg_catalog.starts_with(nspname::text, 'Snapshot ') \
             AND pg_catalog.starts_with(pg_catalog.obj_description(oid, 'pg_namespace'), {})",
            literal(&format!("{UNDER_CONSTRUCTION}{PURPOSE}"))
        );
        let rows = session.rows(&sql).await?;
        rows.iter().filter_map(|row| Some(Self::named(row.get(0)?, row.get(1)?.to_owned()))).collect()
    }

    pub(super) fn frame<'a>(&'a self, context: &'a Context) -> Frame<'a> {
        Frame::new(&context.settings, &self.target)
    }

    /// Fills it as the creation of a tenant would, and marks it in the same transaction. Nothing is done outside of
    /// it, or nothing at all.
    pub(super) async fn fill(&self, context: &Arc<Context>, prepared: &Preparation) -> Result<(), Obstacle> {
        let prepared = prepared.confined();
        let mut delays = delays();
        loop {
            let failure = match self.try_to_fill(context, &prepared).await {
                Ok(()) => return Ok(()),
                Err(StepError::Failed { failure, .. }) if failure.class.is_retryable() => failure,
                Err(other) => return Err(other.into()),
            };
            // A COMMIT whose answer was lost may have happened: then it is begun anew.
            self.remove(context).await;
            match delays.next() {
                Some(delay) if !context.cancellation.is_cancelled() => tokio::time::sleep(delay).await,
                _ => return Err(Obstacle::of(*failure)),
            }
        }
    }

    async fn try_to_fill(&self, context: &Arc<Context>, prepared: &Preparation) -> Result<(), StepError> {
        let (migrations, frame) = (context.tenant.migrations(), self.frame(context));
        if migrations.iter().all(crate::migration::Migration::run_in_transaction) {
            match self.in_one_transaction(context, prepared).await {
                Err(StepError::Failed { failure, .. }) if needs_steps(&failure, migrations) => {}
                result => return result,
            }
        }
        let session = context.connect().await?;
        let begin = Transaction::begin_tenant(frame, &self.mark);
        let begun = send(&session, &begin, &[], prepared, &context.cancellation).await;
        let filled = match begun {
            Ok(()) => self.in_steps(&session, context, prepared).await,
            Err(error) => Err(error),
        };
        session.close().await;
        filled
    }

    async fn in_one_transaction(&self, context: &Context, prepared: &Preparation) -> Result<(), StepError> {
        let (migrations, frame) = (context.tenant.migrations(), self.frame(context));
        // In place of a row of the registry: what keeps everybody from serving it.
        let schema = self.target.schema().quoted();
        let marking = Registering::by(format!("COMMENT ON SCHEMA {schema} IS {}", literal(&self.mark)));
        let standing = Standing::complete(&context.tenant);
        let session = context.connect().await?;
        let mut result = Ok(());
        for _ in 0..2 {
            let transaction = Transaction::create_tenant(frame, migrations, &marking, &standing, prepared);
            result = send(&session, &transaction, migrations, prepared, &context.cancellation).await;
            if !matches!(result, Err(StepError::Suspicious)) {
                break;
            }
            prepared.be_careful(migrations);
        }
        session.close().await;
        result
    }

    async fn in_steps(
        &self,
        session: &Session,
        context: &Arc<Context>,
        prepared: &Preparation,
    ) -> Result<(), StepError> {
        let mut quiet = Context::clone(context);
        quiet.policy.creating = true;
        // Nobody has asked for this schema, and nobody is told of it.
        quiet.observer = None;
        quiet.hooks = Hooked::default();
        let quiet = Arc::new(quiet);
        let frame = self.frame(&quiet);
        let observed = observe_one(session, Subject { target: &self.target, table: frame.table, set: &quiet.tenant });
        let plan = decide(
            self.target.clone(),
            &quiet.tenant,
            &observed.await?,
            Wanted { goal: &Goal::default(), rest: None, policy: quiet.policy },
        );
        let mut job = Job::new(0, plan);
        let mut worker = Worker::new(Arc::clone(&quiet), Arc::new(prepared.clone()));
        let verdict = Box::pin(worker.work(&mut job)).await;
        worker.finish().await;
        match verdict {
            Verdict::Done(Outcome::Applied | Outcome::UpToDate, _) => Ok(()),
            Verdict::Done(_, failure) => Err(StepError::failed(
                failure.unwrap_or_else(|| Failure::new(FailureClass::Cancelled, "the migrations did not finish")),
            )),
            Verdict::Held => Err(StepError::Held),
        }
    }

    /// Removes it, where it is there.
    pub(super) async fn remove(&self, context: &Context) {
        abandon(context, self.frame(context), &self.mark).await;
    }
}
