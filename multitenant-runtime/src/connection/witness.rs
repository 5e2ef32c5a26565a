use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::error::ConnectError;
use super::introduction::ConnectOptions;
use super::row::Row;
use super::session::Session;
use super::url::ConnectionUrl;

/// One more connection, made when it is first needed, over which the server is asked about the others: what a
/// connection that waits, or whose answers do not arrive, cannot be asked itself.
///
/// One question at a time, so that there is never a second such connection.
pub(crate) struct Witness {
    url: ConnectionUrl,
    session: Mutex<Option<Session>>,
}

/// What is asked here is answered at once, or it is no answer.
const LIMIT: Duration = Duration::from_secs(10);

impl Witness {
    pub(crate) fn new(url: ConnectionUrl) -> Self {
        Self { url, session: Mutex::new(None) }
    }

    /// The rows of one query; `None` where it cannot be asked, or is not answered in time.
    ///
    /// # Cancel safety
    ///
    /// Dropped in between, the answer is thrown away, and the connection serves the next question.
    pub(crate) async fn ask(&self, sql: &str) -> Option<Vec<Row>> {
        let mut held = self.session.lock().await;
        let session = match held.take() {
            Some(session) if !session.is_closed() => held.insert(session),
            _ => held.insert(connect(&self.url).await.ok()?),
        };
        match tokio::time::timeout(LIMIT, session.rows_unattended(sql)).await {
            Ok(Ok(rows)) => Some(rows),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a question about another connection was not answered");
                None
            }
            Err(_) => {
                *held = None;
                None
            }
        }
    }

    /// Says goodbye to the server, if there is a connection.
    pub(crate) async fn close(&self) {
        let session = self.session.lock().await.take();
        if let Some(session) = session {
            session.close().await;
        }
    }
}

/// A boxed future, since connecting asks the server who it is, which is attended by a witness again.
fn connect(url: &ConnectionUrl) -> BoxFuture<'_, Result<Session, ConnectError>> {
    Box::pin(async move {
        let options = ConnectOptions { introduction: false, ..ConnectOptions::default() };
        Session::connect(url, &options).await
    })
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("url", &self.url).finish_non_exhaustive()
    }
}
