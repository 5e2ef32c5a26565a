//! The record of what is done: it alone is tried again.

use tokio_util::sync::CancellationToken;

use crate::connection::Session;
use crate::inventory::{Subject, observe_one};

use super::super::event::Event;
use super::super::frame::Standing;
use super::super::retry;
use super::super::step::{StepError, send};
use super::super::transaction::Transaction;
use super::Run;

impl Run<'_> {
    /// Records the migration, over another connection where this one is lost.
    pub(super) async fn record(&self, standing: &Standing<'_>) -> Result<(), StepError> {
        let Self { frame, migration, prepared, context, .. } = *self;
        let transaction = Transaction::record(frame, migration, standing, prepared);
        let migrations = std::slice::from_ref(migration);
        // The effects are there: a cancelled run records them before it ends.
        let never = CancellationToken::new();
        let mut delays = retry::delays();
        let mut attempt = 0;
        let mut result = send(self.session, &transaction, migrations, self.prepared, &never).await;
        loop {
            let failure = match result {
                Ok(()) => return Ok(()),
                Err(StepError::Failed { failure, .. }) if failure.class.is_retryable() => failure,
                Err(error) => return Err(self.not_recorded(error)),
            };
            let Some(delay) = delays.next() else {
                return Err(self.not_recorded(StepError::failed(*failure)));
            };
            attempt += 1;
            context.emit(&Event::Retrying { target: frame.target.clone(), attempt, delay, failure });
            tokio::time::sleep(delay).await;
            result = if self.session.is_closed() {
                self.record_anew(&transaction).await
            } else {
                send(self.session, &transaction, migrations, self.prepared, &never).await
            };
        }
    }

    /// Records it over a new connection, if the lost one has not.
    async fn record_anew(&self, transaction: &Transaction) -> Result<(), StepError> {
        let session = self.context.connect_to_stay().await?;
        let result = self.record_unless_there(&session, transaction).await;
        session.close().await;
        result
    }

    async fn record_unless_there(&self, session: &Session, transaction: &Transaction) -> Result<(), StepError> {
        let Self { frame, migration, context, .. } = *self;
        let subject = Subject { target: frame.target, table: frame.table, set: context.set(frame.target) };
        let observed = observe_one(session, subject).await?;
        let is_recorded = observed.applied.iter().any(|row| row.version == *migration.version());
        if is_recorded != migration.is_reversal() {
            return Ok(());
        }
        let (migrations, never) = (std::slice::from_ref(migration), CancellationToken::new());
        send(session, transaction, migrations, self.prepared, &never).await
    }
}
