//! Removes the folders of servers that lost their watchdog as well, as when a whole container is killed.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::account::Account;
use super::folders::PREFIX;

/// Far longer than it takes from a folder to a socket that answers.
const AGE: Duration = Duration::from_secs(600);

/// What answers is alive, whoever watches it; what is young may be about to.
pub(crate) fn remove(parent: &Path, account: &Account) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_name = |name: &str| {
            let digits = name.strip_prefix(PREFIX).unwrap_or_default();
            digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if !name.to_str().is_some_and(is_name) || !entry.metadata().is_ok_and(|meta| is_old(&meta, account)) {
            continue;
        }
        if !answers(&entry.path()) {
            // Best effort: another process may be at it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_old(meta: &Metadata, account: &Account) -> bool {
    let age = meta.modified().ok().and_then(|time| time.elapsed().ok());
    meta.is_dir() && meta.uid() == account.uid && age.is_some_and(|age| age > AGE)
}

/// A server with TCP has its port in the socket's name.
fn answers(folder: &Path) -> bool {
    let sockets = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut sockets = sockets.filter(|entry| entry.file_name().to_string_lossy().starts_with(".s.PGSQL."));
    sockets.any(|entry| UnixStream::connect(entry.path()).is_ok())
}
