//! What there is to lint: migrations, schema code, and what of them cannot be read.
//!
//! A part that is broken is told and left out; the rest is there all the same.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use multitenant_runtime::{Tier, Version};

use super::lock::Lock;
use super::metadata;
pub(crate) use super::migration::{Direction, Migration, ScriptFile};
use super::parallel;
use super::paths::Paths;
use super::schema::{self, RustFile};
use super::sql::{self, Script};
use crate::config::slashes;
use crate::finding::{Edit, FileId, Place, Sources};

/// A larger file is told and not read: what it holds is data, and a parser needs many times its size.
const MOST_BYTES: u64 = 32 << 20;

const BYTE_ORDER_MARK: char = '\u{feff}';

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
    /// How many files were read.
    pub(crate) files: usize,
}

/// A part of the project that could not be read, and why.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) help: String,
    /// Whether a migration is not there since it could not be read.
    pub(crate) is_migration: bool,
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
        let (files, failed) = schema::files(&paths.rust);
        for file in files {
            project.read_rust(&file, &paths.here);
        }
        for (path, error) in failed {
            project.is_unreadable(&crate::config::shown(&path, &paths.here), &failure(&error), READABLE, false);
        }
        project
    }

    /// Whether a file is a migration's that is final.
    pub(crate) fn is_final(&self, file: FileId) -> bool {
        let of = self.migrations.iter().find(|migration| migration.has(file));
        self.lock.as_ref().zip(of).is_some_and(|(lock, migration)| lock.checksum(migration).is_some())
    }

    /// Whether there is nothing to look at.
    pub(crate) fn is_empty(&self) -> bool {
        self.migrations.is_empty() && self.unreadable.is_empty() && self.rust.iter().all(|file| file.tables.is_empty())
    }

    /// A project of nothing.
    pub(crate) fn empty() -> Self {
        let (migrations, rust, unreadable) = (Vec::new(), Vec::new(), Vec::new());
        Self { sources: Sources::default(), migrations, rust, unreadable, lock: None, files: 0 }
    }

    /// Puts statements in the place of a tier's migrations: those that would make what a database holds.
    pub(crate) fn stand_in(&mut self, tier: Tier, name: &str, statements: &str) {
        let folder = self.sources.add(name, "");
        let file = self.sources.add(name, statements);
        let script = sql::read(statements);
        self.migrations.push(Migration {
            tier,
            name: name.to_owned(),
            version: None,
            folder,
            up: Some(ScriptFile { file, script }),
            down: None,
            run_in_transaction: true,
            out_of_transaction: None,
        });
    }

    fn read_migrations(&mut self, tier: Tier, folder: &Path) {
        self.tell_loose(folder);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.is_unreadable(folder, &failure(&error), READABLE, true),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => names.extend(self.migration_s_name(&entry)),
                Err(error) => self.is_unreadable(folder, &failure(&error), READABLE, true),
            }
        }
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
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
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
            is_migration: true,
        });
    }

    /// The name of a migration's folder; what Diesel leaves alone has none.
    fn migration_s_name(&mut self, entry: &fs::DirEntry) -> Option<String> {
        let (name, path) = (entry.file_name(), entry.path());
        if name.to_string_lossy().starts_with('.') {
            return None;
        }
        // Through symbolic links, which may lead nowhere, or round in a circle.
        match fs::metadata(&path) {
            Ok(metadata) if !metadata.is_dir() => return None,
            Ok(_) => {}
            Err(error) => {
                self.is_unreadable(&path, &failure(&error), "mend the link, or remove it", true);
                return None;
            }
        }
        let name = name.into_string();
        if name.is_err() {
            self.is_unreadable(&path, "the folder has a name that is not UTF-8", "rename it", true);
        }
        name.ok()
    }

    fn read_migration(&mut self, tier: Tier, path: &Path, name: String) {
        let folder = self.sources.add(slashes(path), "");
        let up = self.read_script(&path.join("up.sql"));
        if up.is_none() && matches!(fs::symlink_metadata(path.join("up.sql")), Err(error) if is_absent(&error)) {
            self.unreadable.push(Unreadable {
                place: Place::new(folder, 0..0),
                message: "the migration has no up.sql".to_owned(),
                help: "write it, or move what is no migration out of the folder".to_owned(),
                is_migration: true,
            });
        }
        let down = self.read_script(&path.join("down.sql"));
        let (run_in_transaction, out_of_transaction) = self.read_metadata(&path.join("metadata.toml"));
        let version = Version::of_folder(&name);
        self.migrations.push(Migration {
            tier,
            name,
            version,
            folder,
            up,
            down,
            run_in_transaction,
            out_of_transaction,
        });
    }

    fn read_script(&mut self, path: &Path) -> Option<ScriptFile> {
        let (file, _) = self.read_text(path, true)?;
        Some(ScriptFile { file, script: Script::default() })
    }

    /// Makes statements of the texts that were read, on all processors.
    fn parse_scripts(&mut self) {
        let scripts = |migration: &Migration| migration.scripts().map(|(script, _)| script.file).collect::<Vec<_>>();
        let files: Vec<FileId> = self.migrations.iter().flat_map(scripts).collect();
        let parsed = parallel::map(&files, |file| sql::read(&unmarked(&self.sources.get(*file).text)));
        let scripts = self.migrations.iter_mut().flat_map(|m| m.up.iter_mut().chain(&mut m.down));
        scripts.zip(parsed).for_each(|(script, parsed)| script.script = parsed);
        for migration in &mut self.migrations {
            for side in [&mut migration.up, &mut migration.down] {
                let Some((span, message)) = side.as_mut().and_then(|script| script.script.excess.take()) else {
                    continue;
                };
                let place = side.take().map(|script| Place::new(script.file, span));
                self.unreadable.extend(place.map(|place| Unreadable {
                    place,
                    message: format!("{message}: the file is not linted"),
                    help: "divide it, or write what it holds in a flatter way".to_owned(),
                    is_migration: true,
                }));
            }
        }
    }

    /// Whether the migration runs in a transaction, and what would make it run outside of one.
    fn read_metadata(&mut self, path: &Path) -> (bool, Option<Edit>) {
        let before = self.unreadable.len();
        let Some((file, text)) = self.read_text(path, true) else {
            let is_absent = self.unreadable.len() == before;
            let edit = is_absent.then(|| Edit {
                place: Place::new(self.sources.add(slashes(path), ""), 0..0),
                text: metadata::OUT_OF_TRANSACTION.to_owned(),
            });
            return (true, edit);
        };
        match metadata::read(&text) {
            Ok(metadata) => {
                let edit = Edit { place: Place::new(file, metadata.value), text: "false".to_owned() };
                (metadata.run_in_transaction, Some(edit))
            }
            Err((span, message)) => {
                self.unreadable.push(Unreadable {
                    place: Place::new(file, span),
                    message: format!("metadata.toml: {message}"),
                    help: "write `run_in_transaction = true` or `false`; Diesel reads its absence as false, silently"
                        .to_owned(),
                    is_migration: false,
                });
                (true, None)
            }
        }
    }

    fn read_lock(&mut self, path: &Path) {
        if path.file_name().is_none() {
            return;
        }
        let Some((file, text)) = self.read_text(path, false) else { return };
        match Lock::parse(&text) {
            Ok(lock) => self.lock = Some(lock),
            Err((line, message)) => {
                let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
                let end = start + text[start..].lines().next().unwrap_or_default().len();
                self.unreadable.push(Unreadable {
                    place: Place::new(file, start..end),
                    message: format!("{}: {message}", super::lock::FILE_NAME),
                    help: "mend it, or write it anew with `cargo multitenant lock`".to_owned(),
                    is_migration: false,
                });
            }
        }
    }

    fn read_rust(&mut self, path: &Path, here: &Path) {
        let shown = crate::config::shown(path, here);
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return,
            Err(error) => return self.is_unreadable(&shown, &failure(&error), READABLE, false),
        };
        // What says nothing of tables is nobody's concern here, whatever else is in it.
        if !schema::is_concerned(&String::from_utf8_lossy(&bytes)) {
            return;
        }
        let text = match text(bytes) {
            Ok(text) => text,
            Err(message) => return self.is_unreadable(&shown, &message, UTF_8, false),
        };
        let file = self.sources.add(slashes(&shown), text.as_str());
        self.files += 1;
        match schema::read(file, &shown, &unmarked(&text)) {
            Ok(mut rust) => {
                rust.printed = schema::Printed::of(path, &text);
                self.rust.push(rust);
            }
            Err((span, message)) => self.unreadable.push(Unreadable {
                place: Place::new(file, span),
                message: format!("this is no Rust: {message}"),
                help: "what stands in this file is not linted".to_owned(),
                is_migration: false,
            }),
        }
    }

    /// The text of a file, if it is there; a file that is no text is told.
    fn read_text(&mut self, path: &Path, is_migration: bool) -> Option<(FileId, String)> {
        let (message, help) = match read(path) {
            Ok(bytes) => match text(bytes) {
                Ok(text) => {
                    self.files += 1;
                    return Some((self.sources.add(slashes(path), text.as_str()), text));
                }
                Err(message) => (message, UTF_8),
            },
            Err(error) if is_absent(&error) => return None,
            Err(error) => (failure(&error), READABLE),
        };
        self.is_unreadable(path, &message, help, is_migration);
        None
    }

    fn is_unreadable(&mut self, path: &Path, message: &str, help: &str, is_migration: bool) {
        let place = Place::new(self.sources.add(slashes(path), ""), 0..0);
        self.unreadable.push(Unreadable { place, message: message.to_owned(), help: help.to_owned(), is_migration });
    }
}

const READABLE: &str = "make it a file that you can read, or move it away";
const UTF_8: &str = "save it as UTF-8";

/// The bytes of a file; what is none, such as a pipe, which would never end, is an error.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path).map_err(|error| match fs::symlink_metadata(path) {
        // A link that leads nowhere is there all the same.
        Ok(_) if is_absent(&error) => io::Error::other("it is a link that leads nowhere"),
        _ => error,
    })?;
    if !metadata.is_file() {
        return Err(io::Error::other(if metadata.is_dir() { "it is a folder" } else { "it is no file" }));
    }
    if metadata.len() > MOST_BYTES {
        return Err(io::Error::other(format!(
            "it has {} MiB, and at most {} are",
            metadata.len() >> 20,
            MOST_BYTES >> 20
        )));
    }
    fs::read(path)
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn failure(error: &io::Error) -> String {
    format!("this cannot be read: {error}")
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes)
        .map_err(|error| format!("the file is not UTF-8 (byte {})", error.utf8_error().valid_up_to()))
}

/// A text in which a byte order mark is blanks, as many as it has bytes: parsers stumble over it, or count without it.
pub(super) fn unmarked(text: &str) -> std::borrow::Cow<'_, str> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len_utf8())).into(),
        None => text.into(),
    }
}
