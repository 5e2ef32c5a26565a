//! What is there: a package, a workspace around it, a Diesel project. It is read only.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use multitenant_runtime::Version;
use toml::{Table, Value};

use crate::config::slashes;

use super::isolation::{self, Unfit};
use super::manifest;

/// What is there in the folder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ground {
    /// The folder, from the root of the file system on.
    pub(crate) root: PathBuf,
    /// `Cargo.toml`.
    pub(crate) manifest: Option<String>,
    /// What its package is called; `None` where there is none.
    pub(crate) package: Option<String>,
    /// The manifest of the workspace that a new package is in, with its folder.
    pub(crate) workspace: Option<(PathBuf, String)>,
    /// The folder of the workspace that the package is a member of, or will be; `None` where it stands alone.
    pub(super) around: Option<PathBuf>,
    /// The dependencies of that workspace, which its members may inherit.
    pub(super) inherited: Option<String>,
    /// The folders that `multitenant.toml` names, where there is one.
    pub(super) configured: Option<Configured>,
    /// Diesel's migrations of a single schema.
    pub(crate) old: Option<OldMigrations>,
    /// What the folders hold that migrations may lie in.
    pub(super) migrations: BTreeMap<String, Vec<String>>,
    /// The topmost folder of the repository.
    pub(crate) repository: Option<PathBuf>,
}

/// The folders that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Configured {
    pub(super) folder: String,
    pub(super) shared_folder: Option<String>,
}

/// Migrations that Diesel's own tools have made, for one schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldMigrations {
    /// Relative to the root, with `/`.
    pub(crate) folder: String,
    /// The names of their folders, by version.
    pub(crate) names: Vec<String>,
    /// Whether a table `tenants` is made by one of them.
    pub(crate) makes_tenants: bool,
    /// What named the folder.
    pub(crate) named_by: Option<String>,
    /// What would leak or break if they were each tenant's, as `lint` has it.
    pub(super) unfit: Vec<Unfit>,
    /// The file with `table!`, relative to the root.
    pub(crate) schema_file: Option<String>,
}

impl OldMigrations {
    /// The newest version, as the folder's name has it.
    pub(super) fn newest(&self) -> Option<&str> {
        self.names.last().map(|name| name.split_once('_').map_or(name.as_str(), |(version, _)| version))
    }
}

/// A file that is there and cannot be understood, with the reason.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) path: PathBuf,
    pub(crate) reason: String,
}

impl Ground {
    /// Looks around in a folder that need not be there.
    ///
    /// # Errors
    ///
    /// Where something that matters cannot be read or understood.
    pub(crate) fn read(root: &Path) -> Result<Self, Unusable> {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        // A folder that is reached by a link is where the link leads; one that is not there yet is where it is said to be.
        let root = fs::canonicalize(&root).unwrap_or(root);
        match fs::metadata(&root) {
            Ok(metadata) if !metadata.is_dir() => return Err(unusable(&root, "it is a file, and no folder")),
            Err(error) if !is_absent(&error) => return Err(unusable(&root, error)),
            _ => {}
        }
        let manifest_path = root.join("Cargo.toml");
        let manifest = text(&manifest_path)?;
        let package = match &manifest {
            Some(text) => manifest::package(text).map_err(|error| unusable(&manifest_path, error))?,
            None => None,
        };
        let stands_alone = manifest.as_deref().is_some_and(manifest::is_workspace);
        let around = if stands_alone { None } else { workspace(&root)? };
        let inherited = around.as_ref().map(|(_, text)| text.clone());
        let workspace = if manifest.is_none() { around.clone() } else { None };
        let around = around.map(|(folder, _)| folder);
        let configured = configured(&root)?;
        let old = if configured.is_none() { old(&root)? } else { None };
        let mut ground = Self { manifest, package, workspace, around, inherited, configured, old, ..Self::default() };
        ground.repository = root.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf);
        ground.root = root;
        let folders = ground.folders_to_look_into();
        for folder in folders {
            let names =
                names(&ground.root.join(&folder)).map_err(|error| unusable(&ground.root.join(&folder), error))?;
            ground.migrations.insert(folder, names);
        }
        Ok(ground)
    }

    /// The same, as if nothing had been configured yet.
    pub(crate) fn unconfigured(mut self) -> Result<Self, Unusable> {
        self.configured = None;
        self.old = old(&self.root)?;
        Ok(self)
    }

    /// Whether the package depends on a crate.
    pub(crate) fn depends_on(&self, name: &str) -> bool {
        self.manifest.as_deref().is_some_and(|manifest| manifest::depends_on(manifest, name))
    }

    fn folders_to_look_into(&self) -> Vec<String> {
        let mut folders: Vec<String> = super::files::FOLDERS.iter().map(|folder| (*folder).to_owned()).collect();
        folders.extend(self.old.iter().map(|old| old.folder.clone()));
        if let Some(configured) = &self.configured {
            folders.push(configured.folder.clone());
            folders.extend(configured.shared_folder.clone());
        }
        folders
    }

    /// The migrations in a folder, by version.
    pub(super) fn migrations_in(&self, folder: &str) -> &[String] {
        self.migrations.get(folder).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The workspace that a package in this folder would belong to.
fn workspace(root: &Path) -> Result<Option<(PathBuf, String)>, Unusable> {
    for folder in root.ancestors().skip(1) {
        let path = folder.join("Cargo.toml");
        // What cannot be read is not ours to judge: cargo says so soon enough.
        if let Some(text) = text(&path).ok().flatten()
            && let Ok(table) = text.parse::<Table>()
            && table.contains_key("workspace")
        {
            return Ok(Some((folder.to_path_buf(), text)));
        }
    }
    Ok(None)
}

fn configured(root: &Path) -> Result<Option<Configured>, Unusable> {
    let path = root.join("multitenant.toml");
    let Some(text) = text(&path)? else { return Ok(None) };
    let table: Table = text.parse().map_err(|error: toml::de::Error| unusable(&path, error.message()))?;
    let key = |name: &str| {
        let value = table.get("migrations").and_then(|section| section.get(name)).and_then(Value::as_str);
        value.map(|folder| folder.trim_end_matches('/').to_owned())
    };
    let shared_folder = key("shared_folder")
        .or_else(|| root.join(super::files::SHARED).is_dir().then(|| super::files::SHARED.to_owned()));
    Ok(Some(Configured { folder: key("folder").unwrap_or_else(|| super::files::TENANT.to_owned()), shared_folder }))
}

/// Diesel's migrations: in the folder that `diesel.toml` names, here or above, or in `migrations`.
fn old(root: &Path) -> Result<Option<OldMigrations>, Unusable> {
    let mut named_by = None;
    let mut folder = PathBuf::from("migrations");
    let mut schema_file = Some(PathBuf::from("src/schema.rs"));
    let highest = root.ancestors().take_while(|folder| {
        *folder == root || !root.ancestors().take_while(|f| f != folder).any(|f| f.join(".git").exists())
    });
    for (steps, above) in highest.enumerate() {
        let path = above.join("diesel.toml");
        let Some(text) = text(&path)? else { continue };
        let table: Table = text.parse().map_err(|error: toml::de::Error| unusable(&path, error.message()))?;
        let up: PathBuf = std::iter::repeat_n("..", steps).collect();
        let key = |section: &str, name: &str| table.get(section)?.get(name)?.as_str().map(|path| up.join(path));
        folder = key("migrations_directory", "dir").unwrap_or_else(|| up.join("migrations"));
        schema_file = key("print_schema", "file").or(schema_file);
        named_by = Some(slashes(&up.join("diesel.toml")));
        break;
    }
    let folder = folder.strip_prefix(root).map(Path::to_path_buf).unwrap_or(folder);
    let path = root.join(&folder);
    let names = names(&path).map_err(|error| unusable(&path, error))?;
    if names.is_empty() {
        return Ok(None);
    }
    let makes_tenants = names.iter().any(|name| {
        let up = fs::read(path.join(name).join("up.sql")).unwrap_or_default();
        makes_tenants(&String::from_utf8_lossy(&up))
    });
    let schema_file = schema_file.filter(|file| root.join(file).is_file());
    Ok(Some(OldMigrations {
        folder: slashes(&folder).trim_end_matches('/').to_owned(),
        names,
        makes_tenants,
        named_by,
        unfit: isolation::unfit(&path, root),
        schema_file: schema_file.map(|file| slashes(file.strip_prefix(root).unwrap_or(&file))),
    }))
}

/// The names of the folders that Diesel takes for migrations, by version.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(version) = Version::of_folder(&name)
            && !name.starts_with('.')
            && entry.path().join("up.sql").is_file()
        {
            found.push((version, name));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, name)| name).collect())
}

/// Whether a migration's text makes a table of that name, roughly.
fn makes_tenants(sql: &str) -> bool {
    let plain = sql.to_lowercase().replace('"', "").replace('(', " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.windows(3).enumerate().any(|(at, window)| {
        let name = match window {
            ["create", "table", "if"] => words.get(at + 5),
            ["create", "table", name] => Some(name),
            _ => None,
        };
        name.is_some_and(|name| ["tenants", "public.tenants"].contains(name))
    })
}

/// A text; `None` where there is no such file.
fn text(path: &Path) -> Result<Option<String>, Unusable> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(unusable(path, error)),
    }
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound)
}

#[expect(clippy::needless_pass_by_value, reason = "errors and texts alike are given where they arise")]
fn unusable(path: &Path, reason: impl ToString) -> Unusable {
    Unusable { path: path.to_path_buf(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> (tempfile::TempDir, Ground) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let ground = Ground::read(folder.path()).unwrap();
        (folder, ground)
    }

    #[test]
    fn a_diesel_project_is_found() {
        let (_folder, ground) = with(&[
            ("diesel.toml", "[print_schema]\nfile = \"src/db/schema.rs\"\n[migrations_directory]\ndir = \"db\"\n"),
            ("src/db/schema.rs", ""),
            ("db/00000000000000_diesel_initial_setup/up.sql", ""),
            ("db/2025-01-02-030405_b/up.sql", "create table if not exists public.\"tenants\"(id int);"),
            ("db/2024-01-02-030405_a/up.sql", ""),
            ("db/notes/readme", ""),
        ]);
        let old = ground.old.unwrap();
        assert_eq!(old.names.len(), 3);
        assert_eq!((old.newest(), old.makes_tenants), (Some("2025-01-02-030405"), true));
        assert_eq!((&*old.folder, old.schema_file.as_deref()), ("db", Some("src/db/schema.rs")));
    }

    #[test]
    fn folders_for_each_tier_are_no_migrations() {
        let (_folder, ground) = with(&[("migrations/tenant/2025-01-02-030405_b/up.sql", "")]);
        assert_eq!(ground.old, None);
        assert_eq!(ground.migrations_in("migrations/tenant"), ["2025-01-02-030405_b"]);
    }

    #[test]
    fn tables_of_other_names_are_not_the_registry() {
        for (sql, expected) in [
            ("CREATE TABLE tenants(id int)", true),
            ("create  table\n public.tenants (id int)", true),
            ("create table tenants_old (id int)", false),
            ("create index on tenants (id)", false),
        ] {
            assert_eq!(makes_tenants(sql), expected, "{sql}");
        }
    }
}
