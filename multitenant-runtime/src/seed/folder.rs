//! Folders of seeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::migration::Problem;

/// One seed as it stands on disk, or in the binary.
#[derive(Debug)]
pub(super) struct File {
    /// What it is recorded as: its path in the folder.
    pub(super) name: String,
    /// The file as configured, with `/`, for messages.
    pub(super) path: String,
    pub(super) sql: String,
    pub(super) environment: Option<String>,
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The common ones first, each by its name.
    pub(super) files: Vec<File>,
    pub(super) environments: BTreeSet<String>,
}

/// Reads a folder: SQL files, and folders of them, whose names are those of environments. All else is none of ours.
pub(super) fn read(folder: &Path, problems: &mut Vec<Problem>) -> Found {
    let mut found = Found::default();
    let folders = files(folder, None, &mut found.files, problems);
    for name in folders {
        let more = files(&folder.join(&name), Some(&name), &mut found.files, problems);
        for inner in more {
            let path = slashes(&folder.join(&name).join(inner));
            problems.push(Problem::in_file(&path, "is a folder in an environment's: move its files up"));
        }
        found.environments.insert(name);
    }
    found
}

/// Reads the files of one folder, and gives the names of the folders in it.
fn files(folder: &Path, environment: Option<&str>, files: &mut Vec<File>, problems: &mut Vec<Problem>) -> Vec<String> {
    let shown = slashes(folder);
    let cannot = |error: std::io::Error| {
        Problem::in_file(&shown, format!("cannot be read ({error}): create the folder, or correct the configuration"))
    };
    let mut names = Vec::new();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Ok(entry) => names.push(entry.file_name()),
                    Err(error) => problems.push(cannot(error)),
                }
            }
        }
        Err(error) => problems.push(cannot(error)),
    }
    // The order of a folder is the file system's.
    names.sort_unstable();
    let mut folders = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let Ok(name) = name.into_string() else {
            problems.push(Problem::in_file(&slashes(&path), "is no UTF-8 name: rename it"));
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            folders.push(name);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            let recorded = environment.map_or(name.clone(), |environment| format!("{environment}/{name}"));
            match text(&path) {
                Ok(sql) => files.push(File {
                    name: recorded,
                    path: slashes(&path),
                    sql,
                    environment: environment.map(str::to_owned),
                }),
                Err(problem) => problems.push(problem),
            }
        }
    }
    folders
}

/// One file, wherever it lies.
pub(super) fn file(path: &Path) -> Result<File, Problem> {
    let shown = slashes(path);
    // As if it lay in the folder itself, however it is reached.
    let name = path.file_name().map_or(shown.clone(), |name| name.to_string_lossy().into_owned());
    Ok(File { name, sql: text(path)?, path: shown, environment: None })
}

fn text(path: &Path) -> Result<String, Problem> {
    let shown = slashes(path);
    let bytes = fs::read(path).map_err(|error| Problem::in_file(&shown, format!("cannot be read ({error})")))?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Problem::in_file(&shown, format!("is not UTF-8 (byte {offset}): save it as UTF-8"))
    })
}

pub(super) fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
