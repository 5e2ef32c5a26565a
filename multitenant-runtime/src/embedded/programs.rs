//! Finds `initdb` and `postgres` on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::installed::{major, of_pg_config, usual};

use super::account::Account;
use super::{EmbeddedError, environment, fetch};

const OLDEST: u32 = 13;

/// A folder with programs that were seen to run.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) bin: PathBuf,
    pub(crate) major: u32,
    /// What `postgres --version` says.
    pub(crate) version: String,
}

impl Programs {
    pub(crate) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }
}

/// Where to look.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    /// This folder and no other.
    pub(crate) bin_dir: Option<PathBuf>,
    /// Do not look at what is installed.
    pub(crate) fetched: bool,
    /// The major version that made the data, and that alone can use it.
    pub(crate) major: Option<u32>,
}

impl Search {
    fn examine(&self, folder: &Path, account: &Account) -> Result<Programs, String> {
        let programs = examine(folder, account)?;
        match self.major {
            Some(major) if major != programs.major => {
                Err(format!("it is {}, and version {major} made the data", programs.version))
            }
            _ => Ok(programs),
        }
    }
}

/// The first usable programs: where the user said, on `PATH`, where `pg_config` says, in the usual folders,
/// fetched.
pub(crate) fn find(search: &Search, account: &Account) -> Result<Programs, EmbeddedError> {
    let named = search.bin_dir.clone().or_else(|| if search.fetched { None } else { environment::bin_dir() });
    if let Some(folder) = named {
        return search.examine(&folder, account).map_err(|reason| EmbeddedError::BinDir { folder, reason });
    }
    let mut rejected = Vec::new();
    if !search.fetched {
        let folders = environment::path().into_iter().chain(of_pg_config()).chain(usual());
        for folder in folders.filter(|folder| folder.is_absolute() && folder.join("postgres").exists()) {
            match search.examine(&folder, account) {
                Ok(programs) => return Ok(programs),
                Err(reason) => rejected.push(format!("not {}: {reason}", folder.display())),
            }
        }
    }
    let fetched = fetch::programs(account).and_then(|folder| search.examine(&folder, account));
    fetched.map_err(|fetch| EmbeddedError::Programs { rejected, fetch })
}

/// Follows links, so that a link to `postgres` on `PATH` leads to the folder that has its other programs.
fn examine(folder: &Path, account: &Account) -> Result<Programs, String> {
    let postgres = fs::canonicalize(folder.join("postgres")).map_err(|error| format!("no `postgres`: {error}"))?;
    let bin = postgres.parent().unwrap_or(folder).to_owned();
    if !bin.join("initdb").exists() {
        return Err("no `initdb` beside `postgres`".to_owned());
    }
    if !account.may_enter(&bin) {
        return Err(format!("the server has to run as `{}`, which may not enter {}", account.name(), bin.display()));
    }
    let mut command = Command::new(&postgres);
    account.apply(&mut command);
    let output = command
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run `postgres --version`: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match major(&version) {
        None => Err(format!("`postgres --version` wrote {version:?} {:?}", String::from_utf8_lossy(&output.stderr))),
        Some(major) if major < OLDEST => Err(format!("{version} is older than {OLDEST}")),
        Some(major) => Ok(Programs { bin, major, version }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_folder_of_its_target() {
        let account = Account::of_server().unwrap();
        let Ok(found) = find(&Search::default(), &account) else {
            return;
        };
        assert!(found.initdb().exists() && found.major >= OLDEST);
    }
}
