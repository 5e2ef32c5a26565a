use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::account::Account;
use super::pid_file::{self, PidFile, Process};
use super::place::{self, Place};
use super::programs::{self, Programs, Search};
use super::settings::{self, Listen, Settings};
use super::{EmbeddedError, cache, url, watchdog};

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// A development server that belongs to a project: it keeps its data, and outlives the process that starts it.
///
/// Its files lie under a folder of the project, for example `.multitenant/postgres`, and its socket in a short
/// folder under `/tmp` whose name follows from the project's. Any number of processes may start, use and stop
/// it at once. It syncs to disk as PostgreSQL does by default.
///
/// As root, the server runs as `postgres` or `nobody`. Where that account may not enter the project's folder,
/// the data lies under `/var/tmp`, and a file in the project's folder says where.
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
                let programs = programs::find(&self.search, &account)?;
                if !data.exists() {
                    initialise(&programs, &account, &data)?;
                }
                self.serve(&programs, &account, &data)?;
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
        // INT is PostgreSQL's fast shutdown.
        let kill = Path::new("kill");
        let output = Command::new(kill)
            .args(["-s", "INT", &file.pid.to_string()])
            .output()
            .map_err(EmbeddedError::spawn(kill))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(EmbeddedError::spawn(kill)(io::Error::other(text)));
        }
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
    /// assert!(server.url("app").starts_with("postgresql://postgres@%2Ftmp%2Fmt-"));
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

    fn serve(&self, programs: &Programs, account: &Account, data: &Path) -> Result<(), EmbeddedError> {
        let socket_folder = self.place.socket_folder();
        place::own_folder(&socket_folder, account)?;
        let arguments = Settings::kept().arguments(data, &socket_folder, Listen::SocketOnly)?;
        let mut child = spawn(programs, account, data, &arguments)?;
        let started = wait(data, "to start", || {
            if PidFile::read(data).is_some_and(|file| file.pid == child.id() && file.serves()) {
                return Ok(Some(()));
            }
            if child.try_wait().map_err(EmbeddedError::spawn(&programs.postgres()))?.is_none() {
                return Ok(None);
            }
            let log = watchdog::tail(&log_file(data));
            if !log.contains("pre-existing shared memory block") {
                return Err(EmbeddedError::Start { data: data.to_owned(), log });
            }
            // The processes of a server that was killed have not noticed yet.
            thread::sleep(Duration::from_millis(200));
            child = spawn(programs, account, data, &arguments)?;
            Ok(None)
        });
        if started.is_err() {
            // It may have ended by itself: then there is nothing to kill, and that is as good.
            let _ = child.kill();
        }
        // Asks how it ended when it does, so that it leaves no zombie while this process lives.
        thread::spawn(move || child.wait());
        started
    }
}

/// What an earlier server left: true if it runs after all. Its last words are waited for, and a file whose
/// process number was given to another process is removed, since PostgreSQL would take that for itself.
fn settle(data: &Path) -> Result<bool, EmbeddedError> {
    wait(data, "to start or stop", || {
        let Some(file) = PidFile::read(data) else {
            return Ok(Some(false));
        };
        if file.serves() {
            return Ok(Some(true));
        }
        match file.process(data) {
            Process::Server => return Ok(None),
            Process::Gone => {}
            Process::Other => {
                let path = pid_file::path(data);
                fs::remove_file(&path).map_err(EmbeddedError::folder("remove", &path))?;
                if let Some(folder) = &file.socket_folder {
                    // Its lock file names the same process. Where there is none, that is as good.
                    let _ = fs::remove_file(folder.join(format!(".s.PGSQL.{}.lock", url::PORT)));
                }
            }
        }
        Ok(Some(false))
    })
}

/// Makes the data folder, whole or not at all.
fn initialise(programs: &Programs, account: &Account, data: &Path) -> Result<(), EmbeddedError> {
    cache::remove_unfinished(data);
    let unfinished = cache::unfinished(data)?;
    let program = programs.initdb();
    let mut command = Command::new(&program);
    account.apply(&mut command);
    settings::shield(&mut command);
    let output = command
        .args(settings::initdb(programs, None))
        .arg("-D")
        .arg(&unfinished)
        .stdin(Stdio::null())
        .output()
        .map_err(EmbeddedError::spawn(&program))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(EmbeddedError::Initdb { data: data.to_owned(), output });
    }
    fs::rename(&unfinished, data).map_err(EmbeddedError::folder("create", data))
}

/// Starts `postgres` so that neither a closed terminal nor Ctrl-C reaches it.
fn spawn(programs: &Programs, account: &Account, data: &Path, arguments: &[String]) -> Result<Child, EmbeddedError> {
    let path = log_file(data);
    let log = File::create(&path).map_err(EmbeddedError::folder("write", &path))?;
    let errors = log.try_clone().map_err(EmbeddedError::folder("write", &path))?;
    let program = programs.postgres();
    let mut command = Command::new(&program);
    account.apply(&mut command);
    settings::shield(&mut command);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(EmbeddedError::spawn(&program))
}

/// Asks until there is an answer.
fn wait<T>(
    data: &Path,
    action: &'static str,
    mut ask: impl FnMut() -> Result<Option<T>, EmbeddedError>,
) -> Result<T, EmbeddedError> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() >= until {
            let log = watchdog::tail(&log_file(data));
            return Err(EmbeddedError::Timeout { action, data: data.to_owned(), log });
        }
        thread::sleep(PAUSE);
    }
}

fn log_file(data: &Path) -> PathBuf {
    data.with_file_name("log")
}
