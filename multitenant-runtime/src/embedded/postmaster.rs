//! A kept server's process: how it is started, and what an earlier one left.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::account::Account;
use super::pid_file::{self, PidFile, Process};
use super::place;
use super::programs::Programs;
use super::settings::{self, Listen, Settings};
use super::{EmbeddedError, cache, orphan, url, watchdog};

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// As the account, since the folder of the log is its own: root must not write where others may put links.
const LOGGED: &str = r#"log=$1; shift; exec "$@" >"$log" 2>&1"#;

/// What a server is started from. The caller holds the lock of its place.
pub(crate) struct Postmaster {
    pub(crate) programs: Programs,
    pub(crate) account: Account,
    pub(crate) data: PathBuf,
}

impl Postmaster {
    /// Makes the data where there is none, starts the server, and waits until it takes connections.
    pub(crate) fn start(&self, socket_folder: &Path) -> Result<(), EmbeddedError> {
        if !self.data.exists() {
            self.initialise()?;
        }
        place::own_folder(socket_folder, &self.account)?;
        let arguments = Settings::kept().arguments(&self.data, socket_folder, Listen::SocketOnly)?;
        let mut child = self.spawn(&arguments)?;
        let started = wait(&self.data, "to start", || {
            if PidFile::read(&self.data).is_some_and(|file| file.pid == child.id() && file.serves()) {
                return Ok(Some(()));
            }
            let ended = child.try_wait().map_err(EmbeddedError::spawn(&self.programs.postgres()))?;
            if ended.is_none() {
                return Ok(None);
            }
            let log = watchdog::tail(&log_file(&self.data));
            // The processes of a server that was killed have not noticed yet, or one has not that its data is gone.
            if !log.contains("pre-existing shared memory block") && !orphan::end(socket_folder, &self.data)? {
                return Err(EmbeddedError::Start { data: self.data.clone(), log });
            }
            thread::sleep(Duration::from_millis(200));
            child = self.spawn(&arguments)?;
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

    /// Makes the data folder, whole or not at all.
    fn initialise(&self) -> Result<(), EmbeddedError> {
        cache::remove_unfinished(&self.data);
        let unfinished = cache::unfinished(&self.data)?;
        let program = self.programs.initdb();
        let output = self
            .command(&program)
            .args(settings::initdb(&self.programs, None))
            .arg("-D")
            .arg(&unfinished)
            .output()
            .map_err(EmbeddedError::spawn(&program))?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(EmbeddedError::Initdb { data: self.data.clone(), output });
        }
        fs::rename(&unfinished, &self.data).map_err(EmbeddedError::folder("create", &self.data))
    }

    /// Starts `postgres` so that neither a closed terminal nor Ctrl-C reaches it.
    fn spawn(&self, arguments: &[String]) -> Result<Child, EmbeddedError> {
        let shell = Path::new("/bin/sh");
        self.command(shell)
            .args(["-c", LOGGED, "sh"])
            .arg(log_file(&self.data))
            .arg(self.programs.postgres())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(EmbeddedError::spawn(shell))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.account.apply(&mut command);
        settings::shield(&mut command);
        command.stdin(Stdio::null());
        command
    }
}

/// What an earlier server left: true if it runs after all. Its last words are waited for, and a file whose
/// process number was given to another process is removed, since PostgreSQL would take that for itself.
pub(crate) fn settle(data: &Path) -> Result<bool, EmbeddedError> {
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

/// Sends a process a signal, by its name without `SIG`.
pub(crate) fn signal(pid: u32, name: &str) -> Result<(), EmbeddedError> {
    let shell = Path::new("/bin/sh");
    let output = Command::new(shell)
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(EmbeddedError::spawn(shell))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(EmbeddedError::spawn(shell)(io::Error::other(text)))
}

/// Asks until there is an answer.
pub(crate) fn wait<T>(
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

pub(crate) fn log_file(data: &Path) -> PathBuf {
    data.with_file_name("log")
}
