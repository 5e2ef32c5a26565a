//! How a session begins: which server, with which options, and who that is.

use std::time::Duration;

use tokio_postgres::Config;

use super::attempt::{self, Attempt};
use super::codes;
use super::driver::Driver;
use super::ear::Ear;
use super::error::{Cause, ConnectError};
use super::host::HostEntry;
use super::meaning::SessionAttributes;
use super::notice::NoticeBuffer;
use super::session::{Backend, Session};
use super::silence::{Attendant, Watch};
use super::socket::Address;
use super::tls::Connector;
use super::url::ConnectionUrl;

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
        let driver = Driver::of(connection, notices.clone());
        let attendant = Attendant { watch: options.watch.clone(), backend: None, driver: driver.abort_handle() };
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
