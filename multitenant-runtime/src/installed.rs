//! Where PostgreSQL's programs are on this machine.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where package managers put PostgreSQL; a star stands for one version.
const USUAL: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib64/postgresql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/local/lib/postgresql*/bin",
    "/usr/local/pgsql/bin",
];

/// A program of PostgreSQL's: in `PG_BIN_DIR` where that is set, else on the `PATH`, where `pg_config` says, or in the
/// usual folders.
#[cfg(feature = "migrations")]
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let runs = |program: &PathBuf| {
        let asked = Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
        asked.is_ok_and(|output| output.status.success())
    };
    if let Some(folder) = bin_dir() {
        return Some(folder.join(name)).filter(runs);
    }
    let folders = of_pg_config().into_iter().chain(usual());
    std::iter::once(PathBuf::from(name)).chain(folders.map(|folder| folder.join(name))).find(runs)
}

/// The folder of PostgreSQL's programs that somebody has named.
#[cfg(feature = "migrations")]
#[expect(
    clippy::disallowed_methods,
    reason = "where a machine's programs are is no setting of the project; the embedded server looks there too"
)]
pub(crate) fn bin_dir() -> Option<PathBuf> {
    std::env::var_os("PG_BIN_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The folder that `pg_config` says.
pub(crate) fn of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// The usual folders that exist, newest version first.
pub(crate) fn usual() -> impl Iterator<Item = PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = USUAL.iter().flat_map(|pattern| expand(pattern)).collect();
    folders.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    folders.into_iter().map(|(_, folder)| folder)
}

/// The major version in what a program says of itself: `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`,
/// `pg_dump (PostgreSQL) 18beta1`.
pub(crate) fn major(version: &str) -> Option<u32> {
    leading_number(version.split_once("(PostgreSQL)")?.1.trim_start())
}

fn leading_number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The folders that a pattern with at most one star stands for, each with the number under the star.
fn expand(pattern: &str) -> Vec<(u32, PathBuf)> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![(0, PathBuf::from(pattern))];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = leading_number(name.strip_prefix(prefix)?)?;
            Some((version, entry.path().join(after.trim_start_matches('/'))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let check = |text, expected| assert_eq!(major(text), expected, "{text}");
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15));
        check("pg_dump (PostgreSQL) 18beta1", Some(18));
        check("postgres (EnterpriseDB) 15", None);
        check("", None);
    }
}
