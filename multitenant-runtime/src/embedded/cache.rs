//! A folder for what is worth keeping between runs, and how things get into it whole or not at all.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::{EmbeddedError, environment, folders};

/// The first cache folder that is ours alone to write, and that the server's account may enter.
pub(crate) fn folder(account: &Account) -> Result<PathBuf, EmbeddedError> {
    // Another account serves root alone.
    let uid = if account.is_other() { 0 } else { account.uid };
    let mut candidates: Vec<PathBuf> =
        environment::caches().into_iter().map(|folder| folder.join("multitenant")).collect();
    if account.is_other() {
        candidates.push("/var/cache/multitenant".into());
    }
    candidates.push(format!("/var/tmp/multitenant-{uid}").into());
    let mut last = None;
    for folder in candidates {
        match make(&folder, uid, account) {
            Ok(()) => return Ok(folder),
            Err(source) => {
                last = Some(EmbeddedError::Folder { action: "use the cache folder", path: folder, source });
            }
        }
    }
    Err(last.unwrap_or(EmbeddedError::Unsupported))
}

/// Programs are run from here, so nobody else may have a hand in it.
fn make(folder: &Path, uid: u32, account: &Account) -> io::Result<()> {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists());
    if !existing.is_some_and(|existing| account.may_enter(existing)) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("`{}` may not enter it", account.name())));
    }
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    let meta = fs::symlink_metadata(folder)?;
    if !meta.is_dir() || meta.uid() != uid || meta.mode() & 0o022 != 0 {
        return Err(io::Error::other("it is not a folder that only the current user may write"));
    }
    if account.is_other() && !account.may_enter(folder) {
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        if !account.may_enter(folder) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a folder above it is closed"));
        }
    }
    Ok(())
}

/// A name beside `path` for what is to become `path`.
pub(crate) fn unfinished(path: &Path) -> Result<PathBuf, EmbeddedError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", folders::random()?));
    Ok(path.with_file_name(name))
}

/// Removes what processes left unfinished beside `path` that were killed, an hour ago or more.
pub(crate) fn remove_unfinished(path: &Path) {
    let hour = Duration::from_secs(3600);
    let Some((parent, name)) = path.parent().zip(path.file_name()) else {
        return;
    };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry
            .file_name()
            .to_string_lossy()
            .strip_prefix(&*name.to_string_lossy())
            .is_some_and(|rest| rest.starts_with('.'));
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        if ours && age.is_some_and(|age| age > hour) {
            // Best effort: it costs space, nothing else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Puts a finished folder in its place. Where another process was faster, its folder stays.
pub(crate) fn publish(unfinished: &Path, path: &Path) -> Result<(), EmbeddedError> {
    match fs::rename(unfinished, path) {
        Ok(()) => Ok(()),
        Err(_) if path.is_dir() => fs::remove_dir_all(unfinished).map_err(EmbeddedError::folder("remove", unfinished)),
        Err(error) => Err(EmbeddedError::folder("make", path)(error)),
    }
}
