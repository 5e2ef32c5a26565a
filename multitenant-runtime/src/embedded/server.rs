use std::path::Path;

use super::builder::EmbeddedServerBuilder;
use super::watchdog::Watchdog;
use super::{EmbeddedError, url};

/// A PostgreSQL server of one's own, gone with the value, and with the process whatever ends it.
///
/// It lives in a fresh temporary folder, in memory where there is much of it and `TMPDIR` is not set, and is tuned for speed, not for keeping data. A small shell holds the
/// other end of a pipe from this process; when the pipe closes, by a drop, `exit()`, `abort()` or `kill -9`,
/// it stops the server and removes the folder. So the server may well be kept in a static.
///
/// The first start on a machine takes about a second longer than those after it, which copy a data folder
/// that was initialised before.
///
/// ```no_run
/// use multitenant_runtime::embedded::EmbeddedServer;
///
/// # fn main() -> Result<(), multitenant_runtime::embedded::EmbeddedError> {
/// let server = EmbeddedServer::start()?;
/// let url = server.url("postgres"); // for diesel, tokio-postgres, libpq and psql
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EmbeddedServer {
    pub(super) watchdog: Watchdog,
    pub(super) port: u16,
    /// Of the superuser, where there is TCP.
    pub(super) password: Option<String>,
    pub(super) version: String,
}

impl EmbeddedServer {
    /// Starts a server with the settings that suit most uses, and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// Where no PostgreSQL is found or fetched, or it does not start: see [`EmbeddedError`].
    pub fn start() -> Result<Self, EmbeddedError> {
        Self::builder().start()
    }

    /// For a server with settings, programs or connections of one's choice.
    pub fn builder() -> EmbeddedServerBuilder {
        EmbeddedServerBuilder::new()
    }

    /// The URL of a database of this server, by its Unix socket, as the superuser `postgres`.
    ///
    /// The database need not exist; `postgres` always does.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        url::of_socket(self.watchdog.folder(), self.port, database)
    }

    /// The URL of a database by TCP on 127.0.0.1, if that was asked for. It holds the password.
    #[must_use]
    pub fn tcp_url(&self, database: &str) -> Option<String> {
        self.password.as_ref().map(|password| url::of_tcp(password, self.port, database))
    }

    /// The folder that the server lives in: its socket, its data and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.watchdog.folder()
    }

    /// What `postgres --version` says.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The end of the server's log.
    #[must_use]
    pub fn log(&self) -> String {
        self.watchdog.log()
    }
}
