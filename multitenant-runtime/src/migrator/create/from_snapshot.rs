//! Creating a tenant from a snapshot, where there is one.

use crate::connection::Session;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::migrator::create::idle::Asked;
use crate::run::{Event, Frame, Known, Preparation, Registering, Standing, StepError, Transaction, send_known};
use crate::snapshot::{self, SnapshotOutcome, SnapshotReport, Snapshots};

impl Migrator {
    /// Makes the snapshot of the tenants' migrations, by which [`create_tenant`](Self::create_tenant) does not replay
    /// them.
    ///
    /// It needs `pg_dump`, of the server's version or later; looks for it as the embedded server looks for PostgreSQL's
    /// programs. Two scratch schemas are filled by the migrations, under random names; they are in no registry, marked
    /// as unfinished so that nobody serves them, and removed; those that a killed making has left are removed by the
    /// next one. A snapshot that is there already, for these migrations and this shared schema, is left as it is.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached, or goes away. That there can be no snapshot is no error: it is the report's
    /// outcome, with the reason.
    ///
    /// # Cancel safety
    ///
    /// A dropped future may leave scratch schemas, which the next making removes.
    pub async fn make_snapshot(&self) -> Result<SnapshotReport, Error> {
        // What is kept for the next creation may know of no snapshots.
        if let Some(kept) = self.idle.take() {
            kept.session.close().await;
        }
        let session = self.connect().await?;
        let report = Box::pin(snapshot::make(&session, &self.context, self.pg_dump.as_deref())).await;
        session.close().await;
        report
    }

    /// How it stands with the snapshot of the tenants' migrations. Writes nothing.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached or read.
    pub async fn snapshot(&self) -> Result<SnapshotReport, Error> {
        let session = self.connect().await?;
        let report = snapshot::look(&session, &self.context).await;
        session.close().await;
        report
    }

    /// Creates the tenant from the snapshot; `None` where the migrations are to be replayed, and nothing is done yet.
    pub(super) async fn create_from_snapshot(
        &self,
        session: &Session,
        asked: &mut Asked,
        frame: Frame<'_>,
        registering: &Registering,
        known: &mut Option<Known>,
    ) -> Option<Result<(), StepError>> {
        let context = &self.context;
        // A function among the seeds wants steps.
        if self.snapshots == Snapshots::Never || !asked.snapshots || registering.seeding.has_functions() {
            return None;
        }
        let statements = snapshot::find(session, context, &mut asked.snapshots).await?;
        let prepared = match Preparation::walled(&context.settings, session, asked.state.clone()).await {
            Ok(prepared) => prepared,
            Err(error) => return Some(Err(error.into())),
        };
        let migrations = context.tenant.migrations();
        let standing = Standing::complete(&context.tenant);
        let transaction =
            Transaction::create_from_snapshot(frame, &statements, migrations, registering, &standing, &prepared);
        let seeds = &registering.seeding.seeds;
        let sent = send_known(session, &transaction, seeds, &prepared, &context.cancellation, known).await;
        match sent {
            Ok(()) => {
                context.emit(&Event::CreatedFromSnapshot { target: frame.target.clone() });
                Some(Ok(()))
            }
            // There is a schema of that name: what that means is told by who replays.
            Err(StepError::Stale | StepError::Suspicious) => None,
            Err(StepError::Failed { failure, .. })
                if !failure.class.is_retryable() && !context.cancellation.is_cancelled() =>
            {
                // Rolled back: whatever it was, a replay says it better, or does not meet it.
                tracing::warn!(%failure, tenant = %frame.target, "the snapshot failed; the migrations are replayed");
                *known = None;
                None
            }
            Err(other) => Some(Err(other)),
        }
    }

    /// After a creation: makes the snapshot for the next one, where that was asked for and is worth it.
    pub(super) async fn snapshot_for_the_next(&self) {
        let many = self.context.tenant.migrations().len() >= snapshot::WORTH_IT;
        if self.snapshots != Snapshots::Make || !many {
            return;
        }
        // The tenant is made, and that is what the caller asked for.
        match self.snapshot().await {
            Ok(report) if report.outcome == SnapshotOutcome::Absent => {}
            Ok(_) => return,
            Err(error) => return tracing::warn!(%error, "the snapshot cannot be looked at"),
        }
        if let Err(error) = Box::pin(self.make_snapshot()).await {
            tracing::warn!(%error, "no snapshot is made");
        }
    }
}
