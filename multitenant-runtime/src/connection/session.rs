use std::error::Error;
use std::fmt;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryStream};

use super::attempt::Route;
use super::canceller::Canceller;
use super::driver::Driver;
use super::ear::Ear;
use super::notice::{Notice, NoticeBuffer};
use super::row::Row;
use super::silence::Attendant;
use super::socket::Way;

/// One connection of ours, for migrating and administering.
///
/// Outside of an explicit `BEGIN … READ WRITE` a session cannot write: it is opened with
/// `default_transaction_read_only`, to which `RESET ALL` and `DISCARD ALL` return. In a pipeline `BEGIN` itself can
/// fail (a cancel request that comes late), and what follows would run on its own, outside of any transaction.
/// Statements that cannot run in a transaction need `SET default_transaction_read_only = off` first.
///
/// A transaction pooler refuses such options, or ignores them: then the session is not [direct](Self::is_direct),
/// and has no such protection.
///
/// Dropping a session closes its socket at once: what has not been sent is not sent.
pub(crate) struct Session {
    pub(super) client: Client,
    pub(super) direct: bool,
    pub(super) standby: bool,
    pub(super) notices: NoticeBuffer,
    #[cfg_attr(not(feature = "functions"), expect(dead_code, reason = "for a Diesel connection"))]
    pub(super) ear: Ear,
    pub(super) driver: Driver,
    pub(super) route: Route,
    pub(super) limit: Duration,
    pub(super) attendant: Attendant,
}

/// The server's process that serves a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backend {
    pub(crate) pid: i32,
    /// When it began, in microseconds as no setting of the session changes them, where our role may know.
    pub(crate) started: Option<String>,
    /// When its server began, likewise: by this it is told from another one of the same name.
    pub(crate) server: Option<String>,
}

/// The first failure of a pipeline. Statements after `index` may have run, where no transaction held them back.
#[derive(Debug)]
pub(crate) struct PipelineError {
    pub(crate) index: usize,
    pub(crate) error: tokio_postgres::Error,
}

impl Session {
    /// The client, for what this type does not offer.
    #[cfg(test)]
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether session state stays with us: false behind a pooler in transaction or statement mode, and behind
    /// any other that drops our startup options, as the two cannot be told apart.
    pub(crate) fn is_direct(&self) -> bool {
        self.direct
    }

    /// The notices since the last call, oldest first; of very many, the latest.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// Whether the server was a standby when the session began, which takes no writes.
    pub(crate) fn is_standby(&self) -> bool {
        self.standby
    }

    /// The server's process, where it is ours alone.
    pub(crate) fn backend(&self) -> Option<&Backend> {
        self.attendant.backend.as_ref()
    }

    /// Whether what is said goes through TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.route.encrypted
    }

    /// What is between us and the server, or the pooler before it.
    pub(crate) fn way(&self) -> Way {
        self.route.address.way()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// What stops this connection's work from outside.
    pub(crate) fn canceller(&self) -> Canceller {
        Canceller { token: self.client.cancel_token(), route: self.route.clone(), limit: self.limit }
    }

    /// Sends all statements at once, in order, a message each, then reads all answers. Rows are not kept: a
    /// migration may select millions, and nobody wants to see them.
    ///
    /// # Errors
    ///
    /// The first failure and its index. All answers have been read by then, unless the connection is lost.
    ///
    /// # Cancel safety
    ///
    /// None: dropped in between, statements that were sent run to their end. Drop the session as well.
    pub(crate) async fn pipeline(&self, statements: &[impl AsRef<str>]) -> Result<(), PipelineError> {
        self.answers(statements, Rows::Dropped, 0).await.map(drop)
    }

    /// As [`pipeline`](Self::pipeline), after statements whose own failure is no failure of it: the server goes on
    /// with what follows them. What follows must find out itself what it needs of them.
    pub(crate) async fn pipeline_after(
        &self,
        before: &[&str],
        statements: &[impl AsRef<str>],
    ) -> Result<(), PipelineError> {
        let all: Vec<&str> = before.iter().copied().chain(statements.iter().map(AsRef::as_ref)).collect();
        self.answers(&all, Rows::Dropped, before.len())
            .await
            .map(drop)
            .map_err(|failure| PipelineError { index: failure.index - before.len(), ..failure })
    }

    /// As [`pipeline`](Self::pipeline), with the rows of each statement.
    pub(crate) async fn pipeline_rows(&self, statements: &[impl AsRef<str>]) -> Result<Vec<Vec<Row>>, PipelineError> {
        self.answers(statements, Rows::Kept, 0).await
    }

    /// The answers to all statements, or the first failure of those from this place on.
    async fn answers(
        &self,
        statements: &[impl AsRef<str>],
        keep: Rows,
        from: usize,
    ) -> Result<Vec<Vec<Row>>, PipelineError> {
        let bytes = statements.iter().map(|statement| statement.as_ref().len()).sum();
        self.attendant.attended(bytes, pin!(self.in_order(statements, keep, from))).await
    }

    async fn in_order(
        &self,
        statements: &[impl AsRef<str>],
        keep: Rows,
        from: usize,
    ) -> Result<Vec<Vec<Row>>, PipelineError> {
        let mut sent = Vec::with_capacity(statements.len());
        for statement in statements {
            // Ready at once: the text goes into the driver's queue, and the driver both writes and reads.
            sent.push(self.client.simple_query_raw(statement.as_ref()).await);
        }
        let mut answers = Vec::with_capacity(sent.len());
        let mut failure = None;
        for (index, answer) in sent.into_iter().enumerate() {
            let rows = match answer {
                Ok(stream) => read(stream, keep).await,
                Err(error) => Err(error),
            };
            match rows {
                Ok(rows) => answers.push(rows),
                Err(error) if failure.is_none() && index >= from => failure = Some(PipelineError { index, error }),
                Err(_) => {}
            }
        }
        failure.map_or(Ok(answers), Err)
    }

    /// The rows of one simple query.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.attendant.attended(sql.len(), pin!(self.one(sql, Rows::Kept))).await
    }

    /// As [`rows`](Self::rows), without anybody to notice that no answer comes.
    pub(super) async fn rows_unattended(&self, sql: &str) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.one(sql, Rows::Kept).await
    }

    /// Sends one statement; its answer is read message by message, and the server waits while nobody reads.
    pub(crate) async fn answer(&self, sql: &str) -> Result<Answer<'_>, tokio_postgres::Error> {
        Ok(Answer { attendant: &self.attendant, stream: Box::pin(self.client.simple_query_raw(sql).await?) })
    }

    /// Runs one statement of a migration, whose rows are not kept.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.attendant.attended(sql.len(), pin!(self.one(sql, Rows::Dropped))).await.map(drop)
    }

    async fn one(&self, sql: &str, keep: Rows) -> Result<Vec<Row>, tokio_postgres::Error> {
        read(self.client.simple_query_raw(sql).await?, keep).await
    }

    /// Says goodbye to the server and waits until it is said.
    pub(crate) async fn close(self) {
        let Self { client, mut driver, .. } = self;
        drop(client);
        // A server that does not take the goodbye is not waited for.
        driver.wait(Duration::from_secs(5)).await;
    }

    /// What it is made of, for who goes on with it in another way.
    #[cfg(feature = "functions")]
    pub(super) fn into_parts(self) -> (Client, NoticeBuffer, Ear, Driver, Attendant) {
        (self.client, self.notices, self.ear, self.driver, self.attendant)
    }
}

/// An answer that is being read.
pub(crate) struct Answer<'s> {
    attendant: &'s Attendant,
    stream: Pin<Box<SimpleQueryStream>>,
}

impl Answer<'_> {
    /// The next message.
    pub(crate) async fn next(&mut self) -> Result<Option<SimpleQueryMessage>, tokio_postgres::Error> {
        self.attendant.attended(0, pin!(self.stream.try_next())).await
    }
}

/// What becomes of the rows of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    Kept,
    Dropped,
}

async fn read(stream: SimpleQueryStream, keep: Rows) -> Result<Vec<Row>, tokio_postgres::Error> {
    let mut stream = pin!(stream);
    let mut rows = Vec::new();
    while let Some(message) = stream.try_next().await? {
        if let (SimpleQueryMessage::Row(row), Rows::Kept) = (message, keep) {
            rows.push(Row::from(&row));
        }
    }
    Ok(rows)
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {} failed: {}", self.index + 1, self.error)
    }
}

impl Error for PipelineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
