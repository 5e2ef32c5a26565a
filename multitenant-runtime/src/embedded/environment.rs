//! The environment variables that development servers look at, all of them, read in this file only.

#[cfg(any(unix, feature = "testing"))]
use std::ffi::OsString;
#[cfg(unix)]
use std::path::PathBuf;

#[cfg(any(unix, feature = "testing"))]
#[expect(
    clippy::disallowed_methods,
    reason = "development servers have no configuration file: this is their only layer"
)]
fn non_empty(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The folder of PostgreSQL's programs, when the user named one.
#[cfg(unix)]
pub(crate) fn bin_dir() -> Option<PathBuf> {
    non_empty("PG_BIN_DIR").map(PathBuf::from)
}

/// The folders that a shell looks for programs in.
#[cfg(unix)]
pub(crate) fn path() -> Vec<PathBuf> {
    non_empty("PATH").map_or_else(Vec::new, |path| std::env::split_paths(&path).collect())
}

/// Where this user's caches lie, best first; relative paths mean nothing here and are left out.
#[cfg(unix)]
pub(crate) fn caches() -> Vec<PathBuf> {
    let under_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    let home = non_empty("HOME").map(|home| PathBuf::from(home).join(under_home));
    non_empty("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .into_iter()
        .chain(home)
        .filter(|folder| folder.is_absolute())
        .collect()
}

/// The server that tests shall use instead of one of their own.
#[cfg(feature = "testing")]
pub(crate) fn database_url() -> Option<String> {
    non_empty("DATABASE_URL").map(|url| url.to_string_lossy().into_owned())
}
