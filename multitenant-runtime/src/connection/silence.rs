//! A connection from which no answer comes: is the server at work, or has the network swallowed it?
//!
//! A statement of DDL may take hours, so no time limit can tell. The server can: where it says that it waits for us
//! while we wait for it, the answer is lost, and so is the connection.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::session::Backend;
use super::witness::Witness;
use crate::ident::literal;

/// When a session whose answers do not come is given up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch {
    /// Who can ask the server about it, and after how long a silence.
    pub(crate) witness: Option<(Arc<Witness>, Duration)>,
    /// After this it is waited for only a little longer.
    pub(crate) cancellation: Option<CancellationToken>,
    /// How long any answer may take: for what cannot be asked about, and asks only what is answered at once.
    pub(crate) limit: Option<Duration>,
}

/// Who waits for the answers on a connection, and gives it up.
#[derive(Clone)]
pub(crate) struct Attendant {
    pub(super) watch: Watch,
    /// The server's process, where it is ours alone.
    pub(super) backend: Option<Backend>,
    /// The task that moves the bytes.
    pub(super) driver: AbortHandle,
}

/// How long a cancelled call waits for an end in order: meanwhile cancel requests are sent.
const GRACE: Duration = Duration::from_secs(10);

/// The longest pause between two questions about one connection.
const SELDOM: Duration = Duration::from_secs(300);

impl Attendant {
    /// Waits for the work on this connection, or gives the connection up: then the work ends with an error, as for
    /// any connection that is lost. So many bytes are to be sent for it.
    pub(crate) async fn attended<T>(&self, bytes: usize, mut work: Pin<&mut impl Future<Output = T>>) -> T {
        tokio::select! {
            biased;
            result = &mut work => return result,
            why = Box::pin(self.nothing_more_comes(bytes)) => tracing::warn!(why, "a connection is given up"),
        }
        self.driver.abort();
        work.await
    }

    /// Returns when nothing more is to be expected here, with the reason.
    async fn nothing_more_comes(&self, bytes: usize) -> &'static str {
        let why = tokio::select! {
            () = self.is_forgotten(bytes) => "the server has answered, and nothing has arrived",
            () = self.is_cancelled() => "it does not end after it was cancelled",
            () = self.takes_too_long() => "a question that is answered at once has no answer",
        };
        // What the server has not noticed would hold its locks for ever.
        if let (Some(backend), Some((witness, _))) = (&self.backend, &self.watch.witness)
            && let Some(sql) = backend.termination()
        {
            witness.ask(&sql).await;
        }
        why
    }

    /// Waits until the server says that it waits for us.
    async fn is_forgotten(&self, bytes: usize) {
        let asked = self.watch.witness.as_ref().zip(self.backend.as_ref().and_then(Backend::is_idle));
        let Some(((witness, quiet), sql)) = asked else { return std::future::pending().await };
        // While a statement is still on its way, the server waits for us as well.
        tokio::time::sleep(time_to_send(bytes)).await;
        let mut quiet = *quiet;
        loop {
            tokio::time::sleep(quiet).await;
            let rows = witness.ask(&sql).await.unwrap_or_default();
            if rows.first().and_then(|row| row.get(0)) == Some("t") {
                // It may be we who were asleep: then the answer lies here.
                tokio::time::sleep(Duration::from_secs(1)).await;
                return;
            }
            quiet = quiet.mul_f64(1.5).min(SELDOM);
        }
    }

    async fn is_cancelled(&self) {
        let Some(token) = &self.watch.cancellation else { return std::future::pending().await };
        token.cancelled().await;
        tokio::time::sleep(GRACE).await;
    }

    async fn takes_too_long(&self) {
        match self.watch.limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    }
}

/// How long a slow line may take for so many bytes.
fn time_to_send(bytes: usize) -> Duration {
    const A_SECOND: usize = 64 * 1024;
    Duration::from_secs((bytes / A_SECOND) as u64)
}

impl Backend {
    /// A query: whether this backend has been waiting for its client for a while, or is gone. What the role may not
    /// see is no; so is what another server says, to which the same URL may lead.
    fn is_idle(&self) -> Option<String> {
        Some(format!(
            "SELECT pg_catalog.count(*) FILTER (WHERE (state IN ('idle', 'idle in transaction', \
             'idle in transaction (aborted)') AND state_change < pg_catalog.clock_timestamp() - interval '5 seconds') \
             IS NOT TRUE) = 0 AND (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint = {} \
             FROM pg_catalog.pg_stat_activity WHERE {}",
            literal(self.server.as_deref()?),
            self.is_it()?
        ))
    }

    /// A query that ends this backend, where it is still there.
    pub(crate) fn termination(&self) -> Option<String> {
        let is_it = self.is_it()?;
        Some(format!("SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE {is_it}"))
    }

    /// An SQL condition on `pg_stat_activity`: numbers are given out again, together with the time they are not.
    fn is_it(&self) -> Option<String> {
        let started = literal(self.started.as_deref()?);
        Some(format!("pid = {} AND (extract(epoch FROM backend_start) * 1000000)::bigint = {started}", self.pid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_statement_has_more_time() {
        assert_eq!(time_to_send(1_000), Duration::ZERO);
        assert_eq!(time_to_send(64 * 1024 * 1024), Duration::from_secs(1024));
    }
}
