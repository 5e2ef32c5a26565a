use std::time::Duration;

use tokio_postgres::CancelToken;

use super::attempt::Route;
use super::error::Cause;
use super::patient::Patient;
use super::socket::Socket;

/// Stops what runs on one connection, from another one. Outlives the session, harmlessly.
#[derive(Clone)]
pub(crate) struct Canceller {
    pub(super) token: CancelToken,
    pub(super) route: Route,
    pub(super) limit: Duration,
}

impl Canceller {
    /// Asks the server to cancel what runs on the connection now.
    ///
    /// The server does not say whether anything was cancelled, and a late request can hit the next statement;
    /// a request that cannot be delivered is logged and no error, as nothing can be done about it.
    ///
    /// # Cancel safety
    ///
    /// Dropped in between, the request may or may not have been sent.
    pub(crate) async fn cancel(&self) {
        let sent = tokio::time::timeout(self.limit, self.send()).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!(host = %self.route.host, "a cancel request could not be delivered");
        }
    }

    async fn send(&self) -> Result<(), Cause> {
        let socket = Socket::new(Patient(self.route.reopen().await?));
        let handshake = self.route.connector.handshake(&self.route.host);
        self.token.cancel_query_raw(socket, handshake).await.map_err(Cause::from_startup)
    }
}
