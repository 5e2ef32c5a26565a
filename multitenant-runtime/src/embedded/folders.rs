//! Where short-lived folders go, and how they are named.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::EmbeddedError;
use super::account::Account;

/// What PostgreSQL makes in a socket folder.
pub(crate) fn socket(folder: &Path, port: u16) -> PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

/// PostgreSQL refuses longer paths of sockets.
const LONGEST_SOCKET: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Of the folders of throw-away servers.
pub(crate) const PREFIX: &str = "mt-";

/// Linux' folder in memory, where it has room for a server: a new database is some hundred new files, which
/// takes ten times as long on a disk. Containers have 64 MB there as a rule, and are left alone.
fn memory() -> Option<PathBuf> {
    const ROOM: u64 = 4 << 20; // KiB
    let folder = Path::new("/dev/shm");
    let output = Command::new("df").arg("-Pk").arg(folder).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let fields: Vec<&str> = text.lines().nth(1)?.split_whitespace().collect();
    let available: u64 = fields.get(3)?.parse().ok()?;
    let is_there = fields.last().is_some_and(|mounted| Path::new(mounted) == folder);
    (is_there && available >= ROOM).then(|| folder.to_owned())
}

/// Names for a folder that does not exist yet, best first: the name is short enough for a socket in it, and
/// the account may make and remove it.
pub(crate) fn temporary(account: &Account) -> Result<Vec<PathBuf>, EmbeddedError> {
    let name = format!("{PREFIX}{}", random()?);
    let temporary = std::env::temp_dir();
    // Who sets TMPDIR has a reason.
    let memory = (temporary == Path::new("/tmp")).then(memory).flatten();
    let mut folders: Vec<PathBuf> = memory
        .into_iter()
        .chain([temporary, "/tmp".into(), "/var/tmp".into()])
        .filter(|parent| is_plain(parent) && account.may_enter(parent) && account.may_write(parent))
        .map(|parent| parent.join(&name))
        .filter(|folder| fits(folder))
        .collect();
    folders.dedup();
    Ok(folders)
}

/// PostgreSQL takes a comma for the end of a folder's name, and the watchdog a new line.
fn is_plain(parent: &Path) -> bool {
    let name = parent.to_str().unwrap_or_default();
    name.starts_with('/') && !name.contains([',', '"', '\n'])
}

fn fits(folder: &Path) -> bool {
    socket(folder, u16::MAX).as_os_str().len() <= LONGEST_SOCKET
}

/// 16 hexadecimal digits that nobody guesses and no other process draws.
pub(crate) fn random() -> Result<String, EmbeddedError> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 8];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).map_err(EmbeddedError::folder("read", path))?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        assert!(fits(Path::new("/tmp/mt-0123456789abcdef")));
        assert!(!fits(&Path::new("/").join("x".repeat(95))));
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
