//! A transaction that is known by its number: what became of it, where its answer is lost.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::connection::{Backend, Session};
use crate::ident::literal;
use crate::sqlstate::FailureClass;

use super::Failure;
use super::step::{Again, StepError};

/// The number of a transaction, by which its end can be learnt from another connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    number: String,
    /// The server's process that it runs in.
    backend: Option<Backend>,
}

/// How long a transaction whose connection is lost may go on: what was sent of it is perhaps still at work, and then
/// it commits.
const PATIENCE: Duration = Duration::from_secs(60);

/// As long, where the run is cancelled.
const MOMENT: Duration = Duration::from_secs(1);

/// How long the server may take to end a process.
const ENDING: Duration = Duration::from_secs(5);

impl Known {
    pub(crate) fn new(number: String, backend: Option<Backend>) -> Self {
        Self { number, backend }
    }

    /// Whether the transaction has committed. Waits while it is still at work, as the server may not have noticed
    /// that its connection is lost; but not for ever: then it is ended.
    ///
    /// # Errors
    ///
    /// The question's own; or that nobody knows, where it does not end.
    pub(crate) async fn has_committed(
        &self,
        session: &Session,
        cancellation: &CancellationToken,
    ) -> Result<bool, StepError> {
        let impatience = async {
            let cancelled = async {
                cancellation.cancelled().await;
                tokio::time::sleep(MOMENT).await;
            };
            let _ = tokio::time::timeout(PATIENCE, cancelled).await;
        };
        tokio::select! {
            biased;
            committed = self.end(session) => return Ok(committed?),
            () = impatience => {}
        }
        let end = async {
            if let Some(sql) = self.backend.as_ref().and_then(Backend::termination) {
                // Whoever may not do that waits.
                let _ = session.rows(&sql).await;
            }
            self.end(session).await
        };
        match tokio::time::timeout(ENDING, end).await {
            Ok(committed) => Ok(committed?),
            Err(_) => Err(self.unknown(cancellation)),
        }
    }

    /// Waits for its end.
    async fn end(&self, session: &Session) -> Result<bool, tokio_postgres::Error> {
        const AGAIN: Duration = Duration::from_millis(200);
        let sql = format!("SELECT pg_catalog.pg_xact_status({}::xid8)", literal(&self.number));
        loop {
            let rows = session.rows(&sql).await?;
            match rows.first().and_then(|row| row.get(0)) {
                Some("committed") => return Ok(true),
                Some("in progress") => tokio::time::sleep(AGAIN).await,
                // Aborted; or so long ago that nobody knows, which it is not.
                _ => return Ok(false),
            }
        }
    }

    /// It is neither done nor rolled back, and nothing may be built on either.
    fn unknown(&self, cancellation: &CancellationToken) -> StepError {
        let class = if cancellation.is_cancelled() { FailureClass::Cancelled } else { FailureClass::Permanent };
        let number = &self.number;
        let failure = Failure::new(
            class,
            format!("the connection was lost, and whether its transaction {number} commits is not known: it does not end"),
        )
        .with_hint(format!(
            "`SELECT pg_xact_status({}::xid8)` tells once the server has noticed; the process that is in it can be ended \
             by pg_terminate_backend; then look at the status before the next run",
            literal(number)
        ));
        StepError::Failed { failure: Box::new(failure), again: Again::Never }
    }
}
