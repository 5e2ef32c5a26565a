//! A server whose data was removed under it. It holds the project's socket until it notices, which may take a minute.

use std::fs;
use std::path::Path;

use super::pid_file::PidFile;
use super::{EmbeddedError, folders, postmaster, url};

/// Asks it to end at once, where there is one; whether there is.
///
/// It is known by the lock of the socket, which lies in a folder that is closed to others, and by its working directory, which
/// is gone. Elsewhere than on Linux that cannot be seen, and nothing is ended.
pub(crate) fn end(socket_folder: &Path, data: &Path) -> Result<bool, EmbeddedError> {
    let lock = folders::socket(socket_folder, url::PORT).with_extension(format!("{}.lock", url::PORT));
    let Ok(text) = fs::read_to_string(lock) else { return Ok(false) };
    let mut lines = text.lines();
    let pid = lines.next().and_then(|pid| pid.trim().parse::<u32>().ok());
    let is_of_this_project = lines.next().is_some_and(|folder| Path::new(folder) == data);
    let Some(pid) = pid.filter(|_| is_of_this_project) else { return Ok(false) };
    let serves_this_data = PidFile::read(data).is_some_and(|file| file.pid == pid);
    let is_gone = fs::read_link(format!("/proc/{pid}/cwd"))
        .is_ok_and(|folder| folder.as_os_str().as_encoded_bytes().ends_with(b" (deleted)"));
    if serves_this_data || !is_gone {
        return Ok(false);
    }
    // There is nothing left that it could write to.
    postmaster::signal(pid, "QUIT")?;
    Ok(true)
}
