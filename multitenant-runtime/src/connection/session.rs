use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, SimpleQueryMessage, SimpleQueryStream};

use super::attempt::{self, Attempt, Route};
use super::canceller::Canceller;
use super::codes;
use super::ear::Ear;
use super::error::{Cause, ConnectError};
use super::host::HostEntry;
use super::meaning::SessionAttributes;
use super::notice::{Notice, NoticeBuffer};
use super::row::Row;
use super::silence::{Attendant, Watch};
use super::socket::Address;
use super::tls::Connector;
use super::url::ConnectionUrl;

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
    client: Client,
    direct: bool,
    standby: bool,
    notices: NoticeBuffer,
    #[cfg_attr(not(feature = "functions"), expect(dead_code, reason = "for a Diesel connection"))]
    ear: Ear,
    driver: Driver,
    route: Route,
    limit: Duration,
    attendant: Attendant,
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

/// How to open a [`Session`]. The URL's own settings win.
#[derive(Debug, Clone)]
pub(crate) struct ConnectOptions {
    pub(crate) application_name: String,
    pub(crate) connect_timeout: Duration,
    /// Whether the server is asked who it is; a session that was not asked counts as not direct.
    pub(crate) introduction: bool,
    /// When it is given up.
    pub(crate) watch: Watch,
    /// Whether what the server says of failures is heard on its way, for [`into_guest`](Session::into_guest).
    pub(crate) overheard: bool,
    /// Whether it may write outside of an explicit `BEGIN … READ WRITE`: an application's connection, which is opened
    /// as any other client opens one.
    pub(crate) writes: bool,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            application_name: "cargo-multitenant".into(),
            connect_timeout: Duration::from_secs(10),
            introduction: true,
            watch: Watch::default(),
            overheard: false,
            writes: false,
        }
    }
}

/// The first failure of a pipeline. Statements after `index` may have run, where no transaction held them back.
#[derive(Debug)]
pub(crate) struct PipelineError {
    pub(crate) index: usize,
    pub(crate) error: tokio_postgres::Error,
}

/// Read-only outside of `BEGIN … READ WRITE`, and a mark by which we know that the options arrived.
const OPTIONS: &str = "-c default_transaction_read_only=on -c multitenant.direct=on";

/// The mark alone, for a session that may write.
const MARK: &str = "-c multitenant.direct=on";

impl ConnectOptions {
    /// Our startup options: without an introduction nobody asks for the mark.
    fn startup(&self) -> Option<&'static str> {
        match (self.writes, self.introduction) {
            (false, _) => Some(OPTIONS),
            (true, true) => Some(MARK),
            (true, false) => None,
        }
    }
}

/// By the catalogue's estimates, which are far off, our questions about a fleet are worth compiling. That takes longer
/// than all the rest: two thirds of a second for ten thousand tenants. An application's connection is its own.
const UNCOMPILED: &str = "-c jit=off";

/// One statement for all that a new connection must be asked.
const INTRODUCTION: &str = "SELECT current_setting('multitenant.direct', true), \
     current_setting('default_transaction_read_only'), pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), \
     (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint \
     FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())), \
     (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint";

impl Session {
    /// Connects to the first server of the URL that will have us.
    ///
    /// The time limit is for each server of the list.
    pub(crate) async fn connect(url: &ConnectionUrl, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let connector = Connector::new(url.ssl())
            .map_err(|error| ConnectError::new(url, url.host_for_display(), Cause::Tls(error)))?;
        let limit = url.connect_timeout().unwrap_or(options.connect_timeout);
        let mut config = url.config().clone();
        if config.get_application_name().is_none() {
            config.application_name(&options.application_name);
        }
        let hosts = url.hosts();
        let mut failure = None;
        for entry in &hosts {
            let attempt = Self::introduce(url, entry, &config, &connector, limit, options);
            let cause = match tokio::time::timeout(limit, Box::pin(attempt)).await {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(cause)) => cause,
                Err(_) => Cause::Timeout(limit),
            };
            let last = !cause.leaves_others();
            failure = Some((entry, cause));
            if last {
                break;
            }
        }
        let (target, cause) = match failure {
            Some((entry, cause)) => (entry.with_database(url.database()), cause),
            None => (url.host_for_display(), Cause::Resolve(std::io::ErrorKind::NotFound.into())),
        };
        Err(ConnectError::new(url, target, cause))
    }

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

    /// Connects to one server, with our options or else without, and asks who it is.
    async fn introduce(
        url: &ConnectionUrl,
        entry: &HostEntry,
        config: &Config,
        connector: &Connector,
        limit: Duration,
        options: &ConnectOptions,
    ) -> Result<Self, Cause> {
        let ear = Ear::default();
        let listener = options.overheard.then_some(&ear);
        let mut guarded = config.clone();
        let ours = options.startup();
        if let Some(ours) = ours {
            guarded.options(match config.get_options() {
                Some(theirs) if options.writes => format!("{theirs} {ours}"),
                Some(theirs) => format!("{UNCOMPILED} {theirs} {ours}"),
                None if options.writes => ours.to_owned(),
                None => format!("{UNCOMPILED} {ours}"),
            });
        }
        let attempt = match connect_to(entry, &guarded, url, connector, listener).await {
            Err(cause) if ours.is_some() && refuses_options(&cause) => {
                connect_to(entry, config, url, connector, listener).await?
            }
            other => other?,
        };
        let Attempt { client, connection, route } = attempt;
        let notices = NoticeBuffer::default();
        let driver = Driver(tokio::spawn(drive(connection, notices.clone())));
        let attendant = Attendant { watch: options.watch.clone(), backend: None, driver: driver.0.abort_handle() };
        let mut session = Self { client, direct: false, standby: false, notices, ear, driver, route, limit, attendant };
        if !options.introduction && matches!(url.attributes(), SessionAttributes::Any) {
            return Ok(session);
        }
        let rows = session.rows(INTRODUCTION).await.map_err(Cause::from_startup)?;
        if let Some(row) = rows.first() {
            session.direct = row.get(0) == Some("on") && (options.writes || row.get(1) == Some("on"));
            let standby = row.get(2) == Some("t");
            session.standby = standby;
            // A pooler's is another one for each transaction.
            session.attendant.backend =
                row.get(3).filter(|_| session.direct).and_then(|pid| pid.parse().ok()).map(|pid| {
                    let [started, server] = [4, 5].map(|column| row.get(column).map(str::to_owned));
                    Backend { pid, started, server }
                });
            match url.attributes() {
                SessionAttributes::Primary if standby => return Err(Cause::WrongServer),
                SessionAttributes::Standby if !standby => return Err(Cause::WrongServer),
                _ => {}
            }
        }
        Ok(session)
    }
}

/// Tries the addresses of one host.
async fn connect_to(
    entry: &HostEntry,
    config: &Config,
    url: &ConnectionUrl,
    connector: &Connector,
    ear: Option<&Ear>,
) -> Result<Attempt, Cause> {
    let mut failure = None;
    for address in Address::resolve(entry).await.map_err(Cause::Resolve)? {
        match attempt::connect(&address, entry, config, url.ssl(), connector, ear).await {
            Ok(attempt) => return Ok(attempt),
            Err(cause) if cause.leaves_others() => failure = Some(cause),
            Err(cause) => return Err(cause),
        }
    }
    Err(failure.unwrap_or_else(|| Cause::Resolve(std::io::ErrorKind::NotFound.into())))
}

/// Whether the answer may be to our startup options. Asking again without them tells.
fn refuses_options(cause: &Cause) -> bool {
    cause.code().is_some_and(|code| *code == codes::PROTOCOL_VIOLATION || *code == codes::FEATURE_NOT_SUPPORTED)
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

/// The task that moves the bytes; gone with the session.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
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
