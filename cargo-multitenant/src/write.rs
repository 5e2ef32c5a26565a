//! Files that are there as a whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file, new or over what was there.
#[cfg(any(test, feature = "lint"))]
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    over(path, text.as_bytes(), |_| Ok(()))
}

/// Writes a file anew, if it still is what it was; one that was not there had no text.
pub(crate) fn rewrite(path: &Path, before: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> io::Result<()> {
    let (before, text) = (before.as_ref(), text.as_ref());
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
    // A link stays one: what it leads to is what is written.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    loop {
        let beside = path.with_file_name(format!(".{name}.{}.{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(error) => return Err(error),
        }
    }
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
}
