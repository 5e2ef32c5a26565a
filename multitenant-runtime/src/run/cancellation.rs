//! What a cancelled run means for a statement that is at work.

use std::pin::pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::connection::Canceller;
use crate::sqlstate::FailureClass;

use super::step::StepError;

/// Waits for the work; on cancellation asks the server to stop it, again and again until it has ended, since a
/// request that arrives between two statements stops neither.
pub(crate) async fn cancellable<T>(
    cancellation: &CancellationToken,
    canceller: impl FnOnce() -> Canceller,
    work: impl Future<Output = T>,
) -> T {
    const AGAIN: Duration = Duration::from_millis(100);
    let mut work = pin!(work);
    tokio::select! {
        biased;
        result = &mut work => return result,
        () = cancellation.cancelled() => {}
    }
    let canceller = canceller();
    loop {
        canceller.cancel().await;
        if let Ok(result) = tokio::time::timeout(AGAIN, &mut work).await {
            return result;
        }
    }
}

/// A statement that was cancelled, and not by us, would be cancelled again.
pub(super) fn unless_cancelled(cancellation: &CancellationToken, mut error: StepError) -> StepError {
    if let StepError::Failed { failure, .. } = &mut error
        && failure.class == FailureClass::Cancelled
        && !cancellation.is_cancelled()
    {
        failure.class = FailureClass::Permanent;
        failure.hint.get_or_insert_with(|| {
            "it ran longer than database.statement_timeout, or an administrator cancelled it: allow more time, or split \
             the work into several migrations"
                .to_owned()
        });
    }
    error
}
