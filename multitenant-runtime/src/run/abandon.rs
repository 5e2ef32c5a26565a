//! Removing a schema that was not finished.

use tokio_util::sync::CancellationToken;

use super::{Context, Frame, Preparation, StepError, Transaction, delays, send};

/// Removes what a transaction would have undone. If this fails too, the mark stays, and the next try removes it.
///
/// On a connection of its own, since a cancel request may still be on its way to the others; and it waits until
/// the server has ended a session that was left in the middle, and holds the lock until then.
pub(crate) async fn abandon(context: &Context, frame: Frame<'_>, mark: &str) {
    let abandon = Transaction::abandon_tenant(frame, mark);
    let mut delays = delays();
    loop {
        let result = match context.connect().await {
            Ok(session) => {
                let result = send(&session, &abandon, &[], &Preparation::default(), &CancellationToken::new()).await;
                session.close().await;
                result
            }
            Err(error) => Err(error.into()),
        };
        let again = match result {
            Err(StepError::Held) => true,
            Err(StepError::Failed { failure, .. }) => failure.class.is_retryable(),
            Ok(()) | Err(StepError::Stale | StepError::Suspicious) => false,
        };
        match delays.next() {
            Some(delay) if again => tokio::time::sleep(delay).await,
            _ => return,
        }
    }
}
