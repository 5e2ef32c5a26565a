//! A data folder for a throw-away server: made once by `initdb`, which takes a second, and copied from then on.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::hash::hash;
use super::programs::Programs;
use super::watchdog::Watchdog;
use super::{EmbeddedError, cache, settings};

const PATIENCE: Duration = Duration::from_secs(120);

/// Where the data of a server comes from.
pub(crate) struct Origin<'a> {
    pub(crate) programs: &'a Programs,
    pub(crate) account: &'a Account,
    /// Of the superuser. Data with a password is nobody else's, and is not taken from the cache.
    pub(crate) password: Option<&'a str>,
}

impl Origin<'_> {
    /// Copies what an earlier server of the same programs and account was started from. False where there is
    /// nothing, or nothing whole: then it has to be made.
    pub(crate) fn copy(&self, data: &Path) -> bool {
        let Some(cached) = self.cached().filter(|cached| cached.is_dir()) else {
            return false;
        };
        let copied = cache::copy(&cached, data, self.account).is_ok();
        if !copied {
            let _ = fs::remove_dir_all(data);
        }
        copied
    }

    /// Runs `initdb`, and keeps a copy for the next server.
    pub(crate) fn make(&self, data: &Path, watchdog: &mut Watchdog) -> Result<(), EmbeddedError> {
        let password_file = self.write_password(watchdog.folder())?;
        let mut arguments = settings::initdb(self.programs, password_file.as_deref());
        arguments.extend(["--no-sync".into(), "--wal-segsize=1".into(), "-D".into(), data.display().to_string()]);
        watchdog.run("TERM", &self.programs.initdb(), &arguments)?;
        match watchdog.exit_code(PATIENCE) {
            Some(0) => {}
            Some(_) => {
                return Err(EmbeddedError::Initdb { data: data.to_owned(), output: watchdog.log() });
            }
            None => {
                let (data, log) = (data.to_owned(), watchdog.log());
                return Err(EmbeddedError::Timeout { action: "to be initialised", data, log });
            }
        }
        if let Some(cached) = self.cached() {
            // The cache saves time and nothing else: without it every start takes a second longer.
            let _ = self.keep(data, &cached);
        }
        Ok(())
    }

    /// Forgets the cached data, which turned out not to start.
    pub(crate) fn forget(&self) {
        if let Some(cached) = self.cached() {
            let _ = cache::unfinished(&cached)
                .map(|aside| fs::rename(&cached, &aside).and_then(|()| fs::remove_dir_all(&aside)));
        }
    }

    fn keep(&self, data: &Path, cached: &Path) -> Result<(), EmbeddedError> {
        cache::remove_unfinished(cached);
        let unfinished = cache::unfinished(cached)?;
        let kept = cache::copy(data, &unfinished, self.account).and_then(|()| cache::publish(&unfinished, cached));
        if kept.is_err() {
            let _ = fs::remove_dir_all(&unfinished);
        }
        kept
    }

    fn cached(&self) -> Option<PathBuf> {
        if self.password.is_some() {
            return None;
        }
        let Programs { bin, major, version } = self.programs;
        let made_by = format!("{}\n{version}\n{:?}", bin.display(), settings::initdb(self.programs, None));
        let name = format!("data-{major}-{}-{:016x}", self.account.uid, hash(made_by.as_bytes()));
        cache::folder(self.account).ok().map(|cache| cache.join(name))
    }

    fn write_password(&self, folder: &Path) -> Result<Option<PathBuf>, EmbeddedError> {
        let Some(password) = self.password else {
            return Ok(None);
        };
        let path = folder.join("password");
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(password.as_bytes()))
            .and_then(|()| self.account.own(&path))
            .map_err(EmbeddedError::folder("write", &path))?;
        Ok(Some(path))
    }
}
