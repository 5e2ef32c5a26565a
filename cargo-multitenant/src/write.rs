//! Files that are there as a whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many files of a name on its way there are at most.
const MOST_BESIDE: u32 = 100;

/// Writes a file, new or over what was there.
#[cfg(any(test, feature = "lint"))]
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    over(path, text.as_bytes(), |_| Ok(()))
}

/// Writes a file anew, if it still is what it was; one that was not there had no text.
pub(crate) fn rewrite(path: &Path, before: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> io::Result<()> {
    let (before, text) = (before.as_ref(), text.as_ref());
    if is_special(path)? {
        return into(path, text);
    }
    // Somebody else may have done the very same meanwhile.
    if is(path, text)? {
        return Ok(());
    }
    over(path, text, |path| match is(path, before)? {
        true => Ok(()),
        false => Err(io::Error::other("it has changed since it was read: try again")),
    })
}

/// Writes a file that is not there yet, as a whole; where there is one, by whomever, it is left alone.
///
/// # Errors
///
/// `AlreadyExists` where there is something of that name; or where it cannot be written.
#[cfg(feature = "scaffold")]
pub(crate) fn create(path: &Path, text: &[u8], private: bool) -> io::Result<()> {
    let (beside, mut file) = beside(path)?;
    let written = (|| {
        if private {
            only_for_its_owner(&file)?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        match fs::hard_link(&beside, path) {
            // Where a file system has no links, nothing better is left than to look before.
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists && fs::symlink_metadata(path).is_err() => {
                fs::rename(&beside, path)
            }
            linked => linked,
        }
    })();
    let _ = fs::remove_file(&beside);
    written
}

#[cfg(all(unix, feature = "scaffold"))]
fn only_for_its_owner(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(all(not(unix), feature = "scaffold"))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn only_for_its_owner(_: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a file can be written to.
pub(crate) fn can_be_written(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        // It could be replaced all the same, but that is not what it is read-only for.
        Ok(metadata) if metadata.permissions().readonly() => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"))
        }
        _ => Ok(()),
    }
}

/// Whether a path leads to what can be written to, and not replaced: a device, a pipe, a socket. To read it could take forever.
///
/// # Errors
///
/// Where it is a folder, or a link to nothing, in whose place nothing is put.
pub(crate) fn is_special(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        Ok(metadata) => Ok(!metadata.is_file()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) if fs::symlink_metadata(path).is_ok() => {
            Err(io::Error::other("it is a link to a file that is not there"))
        }
        Err(_) => Ok(false),
    }
}

/// Writes to what is there, as a shell does with `>`.
fn into(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text)?;
    file.flush()
}

fn is(path: &Path, text: &[u8]) -> io::Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes == text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(text.is_empty()),
        Err(error) => Err(error),
    }
}

/// Writes beside the file, looks at it once more, and puts the new one in its place.
fn over(path: &Path, text: &[u8], still: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    can_be_written(path)?;
    if is_special(path)? {
        return into(path, text);
    }
    // A link stays one: what it leads to is what is written, or nothing is.
    let path = match fs::canonicalize(path) {
        Err(_) if fs::symlink_metadata(path).is_err() => path.to_path_buf(),
        found => found?,
    };
    let (beside, file) = beside(&path)?;
    let written =
        fill(file, &path, &beside, text).and_then(|()| still(&path)).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A new file in the same folder, which nobody else writes to.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = 0;
    loop {
        let beside = beside_of(path, std::process::id(), number);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_BESIDE => number += 1,
            Err(error) => return Err(error),
        }
    }
}

fn beside_of(path: &Path, process: u32, number: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{process}.{number}.tmp"))
}

/// Removes what a process that was ended has left beside a file that it wrote.
#[cfg(feature = "scaffold")]
pub(crate) fn sweep(path: &Path, process: u32) {
    let _ = (0..=MOST_BESIDE).try_for_each(|number| fs::remove_file(beside_of(path, process, number)));
}

fn fill(mut file: File, path: &Path, beside: &Path, text: &[u8]) -> io::Result<()> {
    file.write_all(text)?;
    file.sync_all()?;
    // What may be done with the file stays as it was, and by whom.
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(beside, metadata.permissions())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, chown};
            // Only root may give a file away, and everybody else's is their own already.
            let _ = chown(beside, Some(metadata.uid()), Some(metadata.gid()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(folder: &Path, name: &str, text: &str) {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), text);
        let files =
            fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_file());
        assert_eq!(files.count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_is_there_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("up.sql");
        write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        only(folder.path(), "up.sql", "new");
        assert!(write(&folder.path().join("no/up.sql"), "x").is_err());
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("up.sql");
        write(&path, "theirs").unwrap();
        assert!(rewrite(&path, "old", "new").unwrap_err().to_string().contains("changed"));
        only(folder.path(), "up.sql", "theirs");
        rewrite(&path, "theirs", "new").unwrap();
        rewrite(&path, "theirs", "new").unwrap();
        only(folder.path(), "up.sql", "new");
        assert!(rewrite(&folder.path().join("gone.sql"), "old", "new").is_err());
        rewrite(&folder.path().join("metadata.toml"), "", "new").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay_and_read_only_means_it() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("up.sql");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        fs::create_dir(folder.path().join("links")).unwrap();
        let link = folder.path().join("links/up.sql");
        symlink(&path, &link).unwrap();
        write(&link, "new").unwrap();
        only(folder.path(), "up.sql", "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
        let error = write(&path, "newer").unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::PermissionDenied, "it is read-only"));
        only(folder.path(), "up.sql", "new");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_to_and_stays_what_it_is() {
        use std::io::Read as _;
        use std::os::unix::fs::{FileTypeExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Open at both ends, so that a test that fails does not wait.
        let mut end = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let link = folder.path().join("link");
        symlink(&pipe, &link).unwrap();
        for text in ["one", "two"] {
            let written = if text == "one" { write(&pipe, text) } else { rewrite(&link, "", text) };
            written.unwrap();
            assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "{text}");
            let mut read = [0; 3];
            end.read_exact(&mut read).unwrap();
            assert_eq!(read, text.as_bytes());
        }

        let nowhere = folder.path().join("nowhere");
        symlink(folder.path().join("gone"), &nowhere).unwrap();
        for refused in [write(&nowhere, "x"), rewrite(&nowhere, "", "x")] {
            assert_eq!(refused.unwrap_err().to_string(), "it is a link to a file that is not there");
        }
        assert!(fs::symlink_metadata(&nowhere).unwrap().is_symlink());
        assert_eq!(write(folder.path(), "x").unwrap_err().to_string(), "it is a folder");
    }
}
