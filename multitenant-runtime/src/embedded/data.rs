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
use super::{EmbeddedError, cache, place, settings};

const PATIENCE: Duration = Duration::from_secs(120);

/// Where the data of a server comes from.
pub(crate) struct Origin<'a> {
    pub(crate) programs: &'a Programs,
    pub(crate) account: &'a Account,
    /// Of the superuser. Data with a password is nobody else's, and has no part in the cache.
    pub(crate) password: Option<&'a str>,
}

impl Origin<'_> {
    /// Copies what an earlier server of the same programs and account was started from. False where there is
    /// nothing, or nothing whole: then it has to be made.
    pub(crate) fn copy(&self, data: &Path, watchdog: &mut Watchdog) -> bool {
        let Some(cached) = self.cached().filter(|cached| cached.is_dir()) else {
            return false;
        };
        let copied = copy(&cached, data, watchdog);
        if !copied {
            let _ = fs::remove_dir_all(data);
        }
        copied
    }

    /// Runs `initdb`.
    pub(crate) fn make(&self, data: &Path, watchdog: &mut Watchdog) -> Result<(), EmbeddedError> {
        let password_file = self.write_password(watchdog.folder())?;
        let mut arguments = settings::initdb(self.programs, password_file.as_deref());
        arguments.extend(["--no-sync", "--wal-segsize=1", "-D"].map(String::from));
        arguments.push(data.display().to_string());
        watchdog.run("TERM", &self.programs.initdb(), &arguments)?;
        let exit_code = watchdog.exit_code(PATIENCE);
        let (data, output) = (data.to_owned(), watchdog.log());
        match exit_code {
            Some(0) => Ok(()),
            Some(_) => Err(EmbeddedError::Initdb { data, output }),
            None => Err(EmbeddedError::Timeout { action: "to be initialised", data, log: output }),
        }
    }

    /// Copies data that no server was started on yet, for the next server.
    pub(crate) fn keep(&self, data: &Path, watchdog: &mut Watchdog) {
        let Some(cached) = self.cached().filter(|cached| !cached.exists()) else {
            return;
        };
        cache::remove_unfinished(&cached);
        let Ok(unfinished) = cache::unfinished(&cached) else {
            return;
        };
        if !copy(data, &unfinished, watchdog) || cache::publish(&unfinished, &cached).is_err() {
            // The cache saves time and nothing else: without it every start takes a second longer.
            let _ = fs::remove_dir_all(&unfinished);
        }
    }

    /// Forgets the cached data, which turned out not to start.
    pub(crate) fn forget(&self) {
        if let Some((cached, aside)) =
            self.cached().and_then(|cached| cache::unfinished(&cached).ok().map(|aside| (cached, aside)))
        {
            // Another process may have done so already.
            let _ = fs::rename(&cached, &aside).and_then(|()| fs::remove_dir_all(&aside));
        }
    }

    fn cached(&self) -> Option<PathBuf> {
        if self.password.is_some() {
            return None;
        }
        let room = cache::folder(self.account).ok()?.join(format!("data-{}", self.account.uid));
        // The account's own, so that it can copy by itself.
        place::own_folder(&room, self.account).ok()?;
        let (bin, version) = (self.programs.bin.display(), &self.programs.version);
        let made_by = format!("{bin}\n{version}\n{:?}", settings::initdb(self.programs, None));
        Some(room.join(format!("{}-{:016x}", self.programs.major, hash(made_by.as_bytes()))))
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
            .and_then(|mut file| {
                file.write_all(password.as_bytes())?;
                self.account.own_file(&file)
            })
            .map_err(EmbeddedError::folder("write", &path))?;
        Ok(Some(path))
    }
}

/// By the account, whose folders these are: root must not read and write where others may put links. And by
/// the watchdog, which stops it when we are gone.
fn copy(from: &Path, to: &Path, watchdog: &mut Watchdog) -> bool {
    let arguments = ["-R".to_owned(), from.display().to_string(), to.display().to_string()];
    watchdog.run("TERM", Path::new("cp"), &arguments).is_ok() && watchdog.exit_code(PATIENCE) == Some(0)
}
