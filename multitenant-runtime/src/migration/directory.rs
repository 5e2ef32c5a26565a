//! A folder of migrations in Diesel's layout, read as Diesel reads it and checked more strictly.

use std::fs;
use std::path::Path;

use migrations_internals::migrations_directories;

use super::Problem;
use super::metadata::Metadata;

/// One migration as it stands on disk, or in the binary.
pub(super) struct Folder {
    pub(super) name: String,
    /// The folder as configured, with `/`, for messages.
    pub(super) path: String,
    pub(super) up: String,
    pub(super) down: Option<String>,
    pub(super) run_in_transaction: bool,
    pub(super) allow_shared_locks: bool,
}

/// Reads all migrations of a folder, unsorted, with everything that is wrong.
pub(super) fn read(folder: &Path) -> (Vec<Folder>, Vec<Problem>) {
    let shown = slashes(folder);
    let entries = match migrations_directories(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("cannot be read ({error}): create the folder, or correct the configuration");
            return (Vec::new(), vec![Problem::in_file(&shown, message)]);
        }
    };
    let mut folders = Vec::new();
    let mut problems = Vec::new();
    for entry in entries {
        let read = entry
            .map_err(|error| Problem::in_file(&shown, format!("cannot be read ({error})")))
            .and_then(|entry| read_migration(&shown, &entry));
        match read {
            Ok(folder) => folders.push(folder),
            Err(problem) => problems.push(problem),
        }
    }
    (folders, problems)
}

fn read_migration(parent: &str, entry: &fs::DirEntry) -> Result<Folder, Problem> {
    let name = entry.file_name().into_string().map_err(|name| {
        Problem::in_file(&format!("{parent}/{}", name.to_string_lossy()), "is no UTF-8 name: rename the folder")
    })?;
    let path = format!("{parent}/{name}");
    let file = |file: &str| entry.path().join(file);
    let up = read_text(&file("up.sql"))?.ok_or_else(|| {
        Problem::in_file(&path, "has no up.sql: write it, or move what is no migration out of the folder")
    })?;
    let metadata = match read_text(&file("metadata.toml"))? {
        Some(text) => {
            Metadata::parse(&text).map_err(|message| Problem::in_file(&format!("{path}/metadata.toml"), message))?
        }
        None => Metadata::default(),
    };
    Ok(Folder {
        down: read_text(&file("down.sql"))?,
        up,
        name,
        path,
        run_in_transaction: metadata.run_in_transaction,
        allow_shared_locks: metadata.multitenant.allow_shared_locks,
    })
}

fn read_text(path: &Path) -> Result<Option<String>, Problem> {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            Problem::in_file(&slashes(path), format!("is not UTF-8 (byte {offset}): save it as UTF-8"))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::in_file(&slashes(path), format!("cannot be read ({error})"))),
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
