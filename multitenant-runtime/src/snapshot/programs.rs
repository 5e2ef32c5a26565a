//! Finds a `pg_dump` that can read this server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::installed::{bin_dir, major, of_pg_config, usual};

/// The first that will do: where the caller or `PG_BIN_DIR` says, on `PATH`, where `pg_config` says, in the usual
/// folders; of the server's own version if there is one, else of a later one. An older one refuses the server.
pub(super) fn find(named: Option<&Path>, server: u32) -> Result<PathBuf, String> {
    if let Some(program) = named {
        return match version(program) {
            Some(version) if version >= server => Ok(program.to_owned()),
            Some(version) => Err(format!("{} has version {version}, and the server {server}", program.display())),
            None => Err(format!("{} is no pg_dump that runs", program.display())),
        };
    }
    let folders: Vec<PathBuf> = match bin_dir() {
        Some(folder) => vec![folder],
        None => of_pg_config().into_iter().chain(usual()).collect(),
    };
    // A name alone is looked for on the PATH.
    let on_path = if bin_dir().is_some() { None } else { Some(PathBuf::from("pg_dump")) };
    let programs = on_path.into_iter().chain(folders.into_iter().map(|folder| folder.join("pg_dump")));
    let found: Vec<(u32, PathBuf)> =
        programs.filter_map(|program| Some((version(&program)?, program))).filter(|(v, _)| *v >= server).collect();
    let best = found.iter().find(|(version, _)| *version == server).or(found.first());
    best.map(|(_, program)| program.clone()).ok_or_else(|| {
        format!(
            "there is no pg_dump of version {server} or later: install PostgreSQL's client programs, or set PG_BIN_DIR to \
             their folder"
        )
    })
}

fn version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}
