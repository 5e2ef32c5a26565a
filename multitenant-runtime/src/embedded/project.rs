use std::fs;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::pid_file::{self, PidFile, Process};
use super::place::Place;
use super::postmaster::{Postmaster, log_file, settle, signal, wait};
use super::programs::{self, Search};
use super::{EmbeddedError, url};

/// A development server that belongs to a project: it keeps its data, and outlives the process that starts it.
///
/// Its files lie under a folder of the project, for example `.multitenant/postgres`, and its socket in a short
/// folder under `/tmp` whose name follows from the project's. Any number of processes may start, use and stop
/// it at once. It syncs to disk as PostgreSQL does by default.
///
/// As root, the server runs as `postgres` or `nobody`. Where that account may not enter the project's folder,
/// the data lies under `/var/lib/multitenant`, and a file in the project's folder says where.
///
/// ```no_run
/// use multitenant_runtime::embedded::ProjectServer;
///
/// # fn main() -> Result<(), multitenant_runtime::embedded::EmbeddedError> {
/// let server = ProjectServer::new(".multitenant/postgres");
/// server.start()?;
/// let url = server.url("postgres");
/// server.stop()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProjectServer {
    place: Place,
    search: Search,
}

impl ProjectServer {
    /// The server of this folder. Nothing is started, read or made yet.
    #[must_use]
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { place: Place::new(folder.as_ref()), search: Search::default() }
    }

    /// The folder of `initdb` and `postgres`, instead of `PG_BIN_DIR` and the search.
    #[must_use]
    pub fn bin_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.search.bin_dir = Some(folder.into());
        self
    }

    /// Starts the server unless it runs, and waits until it takes connections. The URL is that of the database
    /// `postgres`; see [`url`](Self::url) for others, which are the caller's to create.
    ///
    /// # Errors
    ///
    /// Where no PostgreSQL is found or fetched, the folder cannot be written, or the server does not start, for
    /// example because an older PostgreSQL made the data: see [`EmbeddedError`].
    pub fn start(&self) -> Result<String, EmbeddedError> {
        if !self.is_running() {
            let _lock = self.place.lock()?;
            let account = Account::of_server()?;
            let data = self.place.make_room(&account)?;
            if !settle(&data)? {
                let search = Search { major: version(&data), ..self.search.clone() };
                let postmaster = Postmaster { programs: programs::find(&search, &account)?, account, data };
                postmaster.start(&self.place.socket_folder())?;
            }
        }
        Ok(self.url("postgres"))
    }

    /// Stops the server and waits until it has ended; open transactions are rolled back. False where it did
    /// not run.
    ///
    /// # Errors
    ///
    /// Where it belongs to another user, or does not end in time.
    pub fn stop(&self) -> Result<bool, EmbeddedError> {
        let data = self.place.data();
        if !pid_file::path(&data).exists() {
            return Ok(false);
        }
        let _lock = self.place.lock()?;
        let Some(file) = PidFile::read(&data).filter(|file| file.process(&data) == Process::Server) else {
            return Ok(false);
        };
        // PostgreSQL's fast shutdown.
        signal(file.pid, "INT")?;
        wait(&data, "to stop", || Ok((!pid_file::path(&data).exists()).then_some(())))?;
        // Empty by now; a server that was started under the project's earlier name has another one.
        let _ = fs::remove_dir(self.place.socket_folder());
        Ok(true)
    }

    /// Whether the server takes connections.
    #[must_use]
    pub fn is_running(&self) -> bool {
        PidFile::read(&self.place.data()).is_some_and(|file| file.serves())
    }

    /// The URL of a database of this server, by its Unix socket, as the superuser `postgres`, whether the server
    /// runs or not.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use multitenant_runtime::embedded::ProjectServer;
    ///
    /// let server = ProjectServer::new(".multitenant/postgres");
    /// assert!(server.url("app").starts_with("postgresql://postgres@%2Ftmp%2Fmtp-"));
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let running = PidFile::read(&self.place.data()).filter(PidFile::serves);
        let folder = running.and_then(|file| file.socket_folder).unwrap_or_else(|| self.place.socket_folder());
        url::of_socket(&folder, url::PORT, database)
    }

    /// The file that the server logs to.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        log_file(&self.place.data())
    }
}

/// The major version of the PostgreSQL that made the data.
fn version(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}
