//! What there is to lint: migrations, schema code, and what of them cannot be read.
//!
//! A part that is broken is told and left out; the rest is there all the same.

use std::path::{Path, PathBuf};

use multitenant_runtime::{Tier, Version};

use super::lock::Lock;
use super::parallel;
use super::schema::{self, RustFile};
use super::sql::{self, Script};
use crate::config::slashes;
use crate::finding::{FileId, Place, Sources};

/// A project as it stands on disk.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) sources: Sources,
    /// The shared ones first, each tier in the order in which its migrations are applied.
    pub(crate) migrations: Vec<Migration>,
    pub(crate) rust: Vec<RustFile>,
    /// What could not be read.
    pub(crate) unreadable: Vec<Unreadable>,
    /// The migrations that are final, if that is said.
    pub(crate) lock: Option<Lock>,
}

/// A migration.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) tier: Tier,
    /// Its folder's name.
    pub(crate) name: String,
    /// `None` where Diesel could not use it.
    pub(crate) version: Option<Version>,
    /// The folder, as a file without text.
    pub(crate) folder: FileId,
    pub(crate) up: Option<ScriptFile>,
    pub(crate) down: Option<ScriptFile>,
    pub(crate) run_in_transaction: bool,
}

/// `up.sql` or `down.sql`.
#[derive(Debug)]
pub(crate) struct ScriptFile {
    pub(crate) file: FileId,
    pub(crate) script: Script,
}

/// A part of the project that could not be read, and why.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Where to look.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) shared: Option<PathBuf>,
    pub(crate) tenant: Option<PathBuf>,
    /// Folders with Rust code, and single files.
    pub(crate) rust: Vec<PathBuf>,
    /// `multitenant.lock`, whether it is there or not.
    pub(crate) lock: PathBuf,
    /// Where the paths of Rust code are shown from.
    pub(crate) here: PathBuf,
}

impl Project {
    /// Reads a project.
    pub(crate) fn read(paths: &Paths) -> Self {
        let mut project = Self::empty();
        for (tier, folder) in [(Tier::Shared, &paths.shared), (Tier::Tenant, &paths.tenant)] {
            if let Some(folder) = folder {
                project.read_migrations(tier, folder);
            }
        }
        project.parse_scripts();
        project.read_lock(&paths.lock);
        for file in schema::files(&paths.rust) {
            project.read_rust(&file, &paths.here);
        }
        project
    }

    /// Whether a file is a migration's that is final.
    pub(crate) fn is_final(&self, file: FileId) -> bool {
        let of = self.migrations.iter().find(|migration| migration.scripts().any(|(script, _)| script.file == file));
        self.lock.as_ref().zip(of).is_some_and(|(lock, migration)| lock.checksum(migration).is_some())
    }

    /// A project of nothing.
    pub(crate) fn empty() -> Self {
        let (migrations, rust, unreadable) = (Vec::new(), Vec::new(), Vec::new());
        Self { sources: Sources::default(), migrations, rust, unreadable, lock: None }
    }

    fn read_migrations(&mut self, tier: Tier, folder: &Path) {
        self.tell_loose(folder);
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect();
        // As Diesel sorts them; the name decides where two versions are the same, or one is missing.
        names.sort_by_cached_key(|name| (Version::of_folder(name), name.clone()));
        for name in names {
            self.read_migration(tier, &folder.join(&name), name);
        }
    }

    /// Migrations that are files, with a version in their names: other tools read them, Diesel does not.
    fn tell_loose(&mut self, folder: &Path) {
        let is_loose = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            path.is_file() && name.starts_with(|c: char| c.is_ascii_digit()) && name.ends_with(".sql")
        };
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut loose: Vec<PathBuf> = files.filter(is_loose).collect();
        loose.sort();
        let Some(first) = loose.first() else { return };
        let file = self.sources.add(slashes(first), "");
        let more = loose.len() - 1;
        let more = if more > 0 { format!(", and {more} more beside it") } else { String::new() };
        self.unreadable.push(Unreadable {
            place: Place::new(file, 0..0),
            message: format!("a file of SQL beside the migrations{more}: Diesel reads folders with an up.sql"),
            help: "make it a migration, or move it out of the folder".to_owned(),
        });
    }

    fn read_migration(&mut self, tier: Tier, path: &Path, name: String) {
        let folder = self.sources.add(slashes(path), "");
        let up = self.read_script(&path.join("up.sql"));
        if up.is_none() && !path.join("up.sql").exists() {
            self.unreadable.push(Unreadable {
                place: Place::new(folder, 0..0),
                message: "the migration has no up.sql".to_owned(),
                help: "write it, or move what is no migration out of the folder".to_owned(),
            });
        }
        let down = self.read_script(&path.join("down.sql"));
        let run_in_transaction = self.read_metadata(&path.join("metadata.toml"));
        let version = Version::of_folder(&name);
        self.migrations.push(Migration { tier, name, version, folder, up, down, run_in_transaction });
    }

    fn read_script(&mut self, path: &Path) -> Option<ScriptFile> {
        let (file, _) = self.read_text(path)?;
        Some(ScriptFile { file, script: Script::default() })
    }

    /// Makes statements of the texts that were read, on all processors.
    fn parse_scripts(&mut self) {
        let scripts = |migration: &Migration| migration.scripts().map(|(script, _)| script.file).collect::<Vec<_>>();
        let files: Vec<FileId> = self.migrations.iter().flat_map(scripts).collect();
        let parsed = parallel::map(&files, |file| sql::read(&self.sources.get(*file).text));
        let scripts = self.migrations.iter_mut().flat_map(|m| m.up.iter_mut().chain(&mut m.down));
        scripts.zip(parsed).for_each(|(script, parsed)| script.script = parsed);
    }

    /// Whether the migration runs in a transaction.
    fn read_metadata(&mut self, path: &Path) -> bool {
        let Some((file, text)) = self.read_text(path) else { return true };
        let (message, span) = match text.parse::<toml::Table>() {
            Ok(table) => match table.get("run_in_transaction") {
                Some(toml::Value::Boolean(value)) => return *value,
                Some(_) => ("`run_in_transaction` is neither true nor false".to_owned(), 0..text.len()),
                None => ("does not say `run_in_transaction = true` or `false`".to_owned(), 0..text.len()),
            },
            Err(error) => (error.message().to_owned(), error.span().unwrap_or(0..0)),
        };
        self.unreadable.push(Unreadable {
            place: Place::new(file, span),
            message: format!("metadata.toml: {message}"),
            help: "write `run_in_transaction = true` or `false`; Diesel reads its absence as false, silently"
                .to_owned(),
        });
        true
    }

    fn read_lock(&mut self, path: &Path) {
        let Some((file, text)) = self.read_text(path).filter(|_| path.file_name().is_some()) else { return };
        match Lock::parse(&text) {
            Ok(lock) => self.lock = Some(lock),
            Err(message) => self.unreadable.push(Unreadable {
                place: Place::new(file, 0..0),
                message: format!("{}: {message}", super::lock::FILE_NAME),
                help: "mend it, or write it anew with `cargo multitenant lock`".to_owned(),
            }),
        }
    }

    fn read_rust(&mut self, path: &Path, here: &Path) {
        let shown = crate::config::shown(path, here);
        let Ok(text) = std::fs::read_to_string(path) else { return };
        if !schema::is_concerned(&text) {
            return;
        }
        let file = self.sources.add(slashes(&shown), text.as_str());
        match schema::read(file, &shown, &text) {
            Ok(mut rust) => {
                rust.printed = schema::Printed::of(path, &text);
                self.rust.push(rust);
            }
            Err((span, message)) => self.unreadable.push(Unreadable {
                place: Place::new(file, span),
                message: format!("this is no Rust: {message}"),
                help: "what stands in this file is not linted".to_owned(),
            }),
        }
    }

    /// The text of a file, if it is there; a file that is no text is told.
    fn read_text(&mut self, path: &Path) -> Option<(FileId, String)> {
        let message = match std::fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => return Some((self.sources.add(slashes(path), text.as_str()), text)),
                Err(error) => format!("is not UTF-8 (byte {})", error.utf8_error().valid_up_to()),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => format!("cannot be read ({error})"),
        };
        let file = self.sources.add(slashes(path), "");
        let help = "save it as UTF-8, readable for you".to_owned();
        self.unreadable.push(Unreadable {
            place: Place::new(file, 0..0),
            message: format!("the file {message}"),
            help,
        });
        None
    }
}

impl Migration {
    /// Its scripts, with whether it is the way back.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = (&ScriptFile, Direction)> {
        let up = self.up.iter().map(|up| (up, Direction::Up));
        up.chain(self.down.iter().map(|down| (down, Direction::Down)))
    }
}

/// Which of a migration's scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}
