//! A small shell that outlives us by a moment, to stop what we started and remove its folder.
//!
//! Destructors do not run on `abort()`, on `kill -9`, or for statics; a pipe that only this process holds is
//! closed in every case. The folder belongs to the watchdog before anything is put into it.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::account::Account;
use super::{EmbeddedError, abandoned, folders, settings};

const SCRIPT: &str = include_str!("watchdog.sh");

/// Stops and removes everything when it is dropped, or when the process is gone.
#[derive(Debug)]
pub(crate) struct Watchdog {
    folder: PathBuf,
    shell: Child,
    /// Closed to stop.
    line: Option<UnixStream>,
    received: Vec<u8>,
}

impl Watchdog {
    /// In a fresh folder of the account that nobody else may enter.
    pub(crate) fn start(account: &Account) -> Result<Self, EmbeddedError> {
        let mut failure = None;
        for folder in folders::temporary(account)? {
            if let Some(parent) = folder.parent() {
                abandoned::remove(parent, account);
            }
            let mut watchdog = Self::in_folder(account, folder)?;
            if watchdog.receive(Duration::from_secs(30)).is_some_and(|line| line == "ready") {
                return Ok(watchdog);
            }
            failure = Some(watchdog.folder.clone());
        }
        let path = failure.unwrap_or_else(std::env::temp_dir);
        Err(EmbeddedError::folder("create", &path)(ErrorKind::PermissionDenied.into()))
    }

    fn in_folder(account: &Account, folder: PathBuf) -> Result<Self, EmbeddedError> {
        let program = Path::new("/bin/sh");
        let (ours, theirs) = UnixStream::pair().map_err(EmbeddedError::spawn(program))?;
        let stdin: OwnedFd = theirs.try_clone().map_err(EmbeddedError::spawn(program))?.into();
        let mut command = Command::new(program);
        account.apply(&mut command);
        settings::shield(&mut command);
        let shell = command
            .args(["-c", SCRIPT, "multitenant-watchdog"])
            .arg(&folder)
            .stdin(stdin)
            .stdout(OwnedFd::from(theirs))
            .stderr(Stdio::null())
            // Ctrl-C in a terminal is for us; what it means for the server follows from that.
            .process_group(0)
            .spawn()
            .map_err(EmbeddedError::spawn(program))?;
        Ok(Self { folder, shell, line: Some(ours), received: Vec::new() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program, and with it, the watch: `signal` is how it is stopped when we are gone.
    pub(crate) fn run(&mut self, signal: &str, program: &Path, arguments: &[String]) -> Result<(), EmbeddedError> {
        let mut text = format!("arg {}\n", program.display());
        for argument in arguments {
            text.push_str(&format!("arg {argument}\n"));
        }
        text.push_str(&format!("run {signal}\n"));
        let sent = self
            .line
            .as_mut()
            .map_or_else(|| Err(ErrorKind::BrokenPipe.into()), |line| line.write_all(text.as_bytes()));
        sent.map_err(EmbeddedError::spawn(program))
    }

    /// The exit code of the program that runs, or none if it still runs after `patience`. A watchdog that is
    /// gone counts as a failure of what it watched.
    pub(crate) fn exit_code(&mut self, patience: Duration) -> Option<i32> {
        self.receive(patience).map(|line| line.parse().unwrap_or(-1))
    }

    /// The end of what the programs wrote.
    pub(crate) fn log(&self) -> String {
        tail(&self.folder.join("log"))
    }

    /// One line, or an empty one where there will be none any more.
    fn receive(&mut self, patience: Duration) -> Option<String> {
        let until = Instant::now() + patience;
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line).trim().to_owned());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            match self.read(left) {
                Ok(0) => return Some(String::new()),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Some(String::new()),
            }
        }
    }

    fn read(&mut self, patience: Duration) -> io::Result<usize> {
        let Some(line) = &mut self.line else {
            return Ok(0);
        };
        line.set_read_timeout(Some(patience))?;
        let mut buffer = [0; 64];
        let read = line.read(&mut buffer)?;
        self.received.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.line = None;
        // It ends in any case; there is nobody to tell an error to.
        let _ = self.shell.wait();
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
