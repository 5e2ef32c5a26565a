use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::account::Account;
use super::data::Origin;
use super::pid_file::PidFile;
use super::programs::{self, Programs, Search};
use super::server::EmbeddedServer;
use super::settings::{Listen, Settings};
use super::watchdog::Watchdog;
use super::{EmbeddedError, folders, url};

const PATIENCE: Duration = Duration::from_secs(60);
/// How often another port is tried when somebody else took the one that was free a moment ago.
const PORTS: usize = 5;

/// What a throw-away server shall be like.
///
/// ```no_run
/// use multitenant_runtime::embedded::EmbeddedServer;
///
/// # fn main() -> Result<(), multitenant_runtime::embedded::EmbeddedError> {
/// let server = EmbeddedServer::builder().setting("max_connections", "300").tcp(true).start()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder starts nothing until `start` is called"]
pub struct EmbeddedServerBuilder {
    settings: Settings,
    search: Search,
    tcp: bool,
}

impl EmbeddedServerBuilder {
    pub(super) fn new() -> Self {
        Self { settings: Settings::throw_away(), search: Search::default(), tcp: false }
    }

    /// A setting of `postgresql.conf`. It wins over the defaults here, but for where the server listens and
    /// logs.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.set(name.into(), value.into());
        self
    }

    /// Whether the server also listens on 127.0.0.1, on a free port and with a password, for clients that
    /// know no Unix sockets: see [`EmbeddedServer::tcp_url`]. Such a start takes a second.
    pub fn tcp(mut self, tcp: bool) -> Self {
        self.tcp = tcp;
        self
    }

    /// The folder of `initdb` and `postgres`, instead of `PG_BIN_DIR` and the search.
    pub fn bin_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.search.bin_dir = Some(folder.into());
        self
    }

    /// Whether to use the fetched programs even where PostgreSQL is installed, so that every machine runs the
    /// same version.
    pub fn fetched(mut self, fetched: bool) -> Self {
        self.search.fetched = fetched;
        self
    }

    /// Starts the server, and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// As for [`EmbeddedServer::start`]; also where a setting's name or value cannot be handed over.
    pub fn start(self) -> Result<EmbeddedServer, EmbeddedError> {
        let account = Account::of_server()?;
        let programs = programs::find(&self.search, &account)?;
        let password = self.tcp.then(folders::random).transpose()?;
        let origin = Origin { programs: &programs, account: &account, password: password.as_deref() };

        let mut watchdog = Watchdog::start(&account)?;
        let data = watchdog.folder().join("data");
        let copied = origin.copy(&data, &mut watchdog);
        if !copied {
            origin.make(&data, &mut watchdog)?;
            origin.keep(&data, &mut watchdog);
        }
        let port = match self.serve(&programs, &data, &mut watchdog) {
            // Is it the copy's fault, or would this server not start in any case?
            Err(EmbeddedError::Start { .. }) if copied => {
                watchdog = Watchdog::start(&account)?;
                let data = watchdog.folder().join("data");
                origin.make(&data, &mut watchdog)?;
                let port = self.serve(&programs, &data, &mut watchdog)?;
                origin.forget();
                port
            }
            port => port?,
        };
        Ok(EmbeddedServer { watchdog, port, password, version: programs.version })
    }

    fn serve(&self, programs: &Programs, data: &Path, watchdog: &mut Watchdog) -> Result<u16, EmbeddedError> {
        if !self.tcp {
            return self.serve_on(Listen::SocketOnly, programs, data, watchdog).map(|()| url::PORT);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let port = free_port().map_err(EmbeddedError::spawn(&programs.postgres()))?;
            match self.serve_on(Listen::Tcp(port), programs, data, watchdog) {
                Err(EmbeddedError::Start { log, .. })
                    if tries < PORTS && log.contains("could not create any TCP/IP sockets") => {}
                result => return result.map(|()| port),
            }
        }
    }

    fn serve_on(
        &self,
        listen: Listen,
        programs: &Programs,
        data: &Path,
        watchdog: &mut Watchdog,
    ) -> Result<(), EmbeddedError> {
        let arguments = self.settings.arguments(data, watchdog.folder(), listen)?;
        // QUIT is PostgreSQL's immediate shutdown: there is nothing to keep.
        watchdog.run("QUIT", &programs.postgres(), &arguments)?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            // It is how one waits for the server, and notices its end at once.
            if watchdog.exit_code(Duration::from_millis(5)).is_some() {
                return Err(EmbeddedError::Start { data: data.to_owned(), log: watchdog.log() });
            }
            if PidFile::read(data).is_some_and(|file| file.serves()) {
                return Ok(());
            }
        }
        Err(EmbeddedError::Timeout { action: "to start", data: data.to_owned(), log: watchdog.log() })
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
