use std::future::poll_fn;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{AbortHandle, JoinHandle};
use tokio_postgres::{AsyncMessage, Connection};

use super::notice::{Notice, NoticeBuffer};

/// The task that moves the bytes; gone with the session.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
    /// Moves the bytes of this connection, and keeps its notices.
    pub(super) fn of<S, T>(connection: Connection<S, T>, notices: NoticeBuffer) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self(tokio::spawn(drive(connection, notices)))
    }

    /// What ends it from elsewhere.
    pub(super) fn abort_handle(&self) -> AbortHandle {
        self.0.abort_handle()
    }

    /// Whether there is nothing more to move: the connection is closed, or lost.
    #[cfg(feature = "functions")]
    pub(super) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for its end.
    pub(super) async fn wait(&mut self, limit: Duration) {
        let _ = tokio::time::timeout(limit, &mut self.0).await;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn drive<S, T>(mut connection: Connection<S, T>, notices: NoticeBuffer)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => notices.push(Notice::from(&notice)),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(%error, "a connection was lost");
                return;
            }
            None => return,
        }
    }
}
