//! `postmaster.pid`, by which a running server tells where it is reached and whether it is ready.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{folders, url};

/// The lines that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    pub(crate) socket_folder: Option<PathBuf>,
    port: u16,
    ready: bool,
}

impl PidFile {
    /// None where there is none, or where the server has just begun to write it.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(data)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        Some(Self {
            pid: lines.first()?.trim().parse().ok()?,
            port: lines.get(3).and_then(|port| port.trim().parse().ok()).unwrap_or(url::PORT),
            socket_folder: lines.get(4).filter(|line| !line.is_empty()).map(PathBuf::from),
            ready: lines.get(7).is_some_and(|status| status.trim() == "ready"),
        })
    }

    /// Whether the server behind this file takes connections: a file that a crash left behind says "ready" too,
    /// so the socket is tried.
    pub(crate) fn serves(&self) -> bool {
        self.ready
            && self
                .socket_folder
                .as_deref()
                .is_some_and(|folder| UnixStream::connect(folders::socket(folder, self.port)).is_ok())
    }

    /// Whose the number in the file of this data folder is by now.
    pub(crate) fn process(&self, data: &Path) -> Process {
        let proc = PathBuf::from(format!("/proc/{}", self.pid));
        if let Ok(stat) = fs::read_to_string(proc.join("stat")) {
            // The state follows the name, which stands in brackets and may hold anything.
            if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')) {
                return Process::Other;
            }
        } else if Path::new("/proc/self/stat").exists() {
            return Process::Gone;
        }
        if let Ok(folder) = fs::read_link(proc.join("cwd")) {
            let same = fs::canonicalize(data).is_ok_and(|data| data == folder);
            return if same { Process::Server } else { Process::Other };
        }
        let ps = Command::new("ps").args(["-o", "comm=", "-p", &self.pid.to_string()]).stdin(Stdio::null()).output();
        match ps.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()) {
            Ok(name) if name.is_empty() => Process::Gone,
            Ok(name) if !name.contains("postgres") => Process::Other,
            // Not to know is to leave it alone: PostgreSQL itself refuses to start on a folder in use.
            _ => Process::Server,
        }
    }
}

/// What a process number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// The server of the data folder.
    Server,
    /// Nothing.
    Gone,
    /// A process that was given the number later, or one that ended and nobody has asked how.
    Other,
}

pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |text| PidFile::parse(text).map(|file| (file.pid, file.socket_folder, file.ready));
        assert_eq!(check(""), None);
        assert_eq!(check("12\n/d\n"), Some((12, None, false)));
        let full = "12\n/d\n1700000000\n5432\n/tmp/s\n\n 12 0\nready   \n";
        assert_eq!(check(full), Some((12, Some("/tmp/s".into()), true)));
        assert_eq!(check(&full.replace("ready", "starting")), Some((12, Some("/tmp/s".into()), false)));
    }
}
