//! Where schema code goes: as the project lays it out, or as Diesel's guide does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;

use super::known::{Known, word};
use super::package::Package;
use super::words::singular;
use crate::config::{shown, slashes};
use crate::error::CliError;

/// Where the two parts of schema code go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The file of `table!`.
    pub(crate) tables: PathBuf,
    /// The file of the structs.
    pub(crate) models: PathBuf,
}

impl Layout {
    /// Where a table's code goes.
    ///
    /// `table!` goes into the file that is named, else the one with most tables that are marked as this tier's, else the
    /// first that is there of `schema/<tier>.rs`, what `print_schema.file` of diesel.toml says, `schema.rs` and
    /// `schema/mod.rs`; else `schema.rs` is made. The structs go where most structs of this tier's tables are, or into a
    /// file of their own where each of those has one; else into the first that is there of `models/<tier>.rs`,
    /// `models.rs` and `models/mod.rs`; else `models.rs` is made.
    pub(crate) fn of(
        package: &Package,
        known: &Known,
        tier: Tier,
        table: &str,
        named: (Option<&Path>, Option<&Path>),
        here: &Path,
    ) -> Result<Self, CliError> {
        let source = package.source();
        let (tier_s_tables, tier_s_models) = used(known, tier);
        let at = |shown: &str| here.join(shown);
        let inside = |path: &PathBuf| is_inside(source, path);
        let first = |candidates: Vec<PathBuf>| candidates.into_iter().find(|path| path.is_file() && inside(path));
        let tables = match named.0 {
            Some(path) => here.join(path),
            None => most(&tier_s_tables)
                .map(at)
                .filter(inside)
                .or_else(|| {
                    let tier_s = source.join(format!("schema/{}.rs", word(tier)));
                    let printed = print_schema_file(package.folder());
                    let usual = [source.join("schema.rs"), source.join("schema/mod.rs")];
                    first([tier_s].into_iter().chain(printed).chain(usual).collect())
                })
                .unwrap_or_else(|| source.join("schema.rs")),
        };
        let models = match named.1 {
            Some(path) => here.join(path),
            None => own_file(&tier_s_models, table)
                .map(|path| here.join(path))
                .or_else(|| most(&tier_s_models.iter().map(|(path, tables)| (*path, tables.len())).collect()).map(at))
                .filter(inside)
                .or_else(|| {
                    let tier_s = source.join(format!("models/{}.rs", word(tier)));
                    first(vec![tier_s, source.join("models.rs"), source.join("models/mod.rs")])
                })
                .unwrap_or_else(|| source.join("models.rs")),
        };
        for path in [&tables, &models] {
            if !inside(path) || path.extension().is_none_or(|extension| extension != "rs") {
                return Err(CliError::Usage(format!(
                    "{} is no module of the package {}: name a file that ends in .rs, below {}",
                    slashes(&shown(path, here)),
                    package.name,
                    slashes(&shown(source, here))
                )));
            }
        }
        // There, `crate` would mean another crate than where the schema is.
        if let Some(path) =
            [&tables, &models].into_iter().find(|path| package.other_roots().iter().any(|o| same(o, path)))
        {
            return Err(CliError::Usage(format!(
                "{} is a crate of its own beside {}, which has the schema: name a module of that one with --tables and \
                 --models",
                slashes(&shown(path, here)),
                slashes(&shown(&package.root_file, here))
            )));
        }
        Ok(Self { tables, models })
    }
}

/// A file's module, as a path from the crate's root: `crate::schema::tenant`.
pub(crate) fn module(package: &Package, file: &Path) -> String {
    if same(file, &package.root_file) {
        return "crate".to_owned();
    }
    let (source, file) = (resolved(package.source()), resolved(file));
    let below = file.strip_prefix(&source).unwrap_or(&file).with_extension("");
    let names = below.iter().map(|part| part.to_string_lossy()).filter(|part| part != "mod");
    std::iter::once("crate".into()).chain(names).collect::<Vec<_>>().join("::")
}

/// The file that declares the module that a new file is, and the module's name.
pub(super) fn parent(package: &Package, file: &Path) -> Option<(PathBuf, String)> {
    let (source, folder) = (package.source(), file.parent()?);
    let stem = file.file_stem()?.to_string_lossy().into_owned();
    let (folder, name) = match stem.as_str() {
        "mod" => (folder.parent()?, folder.file_name()?.to_string_lossy().into_owned()),
        _ => (folder, stem),
    };
    if same(folder, source) {
        return Some((package.root_file.clone(), name));
    }
    let beside = folder.with_extension("rs");
    Some((if beside.is_file() { beside } else { folder.join("mod.rs") }, name))
}

fn same(a: &Path, b: &Path) -> bool {
    resolved(a) == resolved(b)
}

/// Whether a file is below a folder, links and `..` considered.
pub(crate) fn is_inside(source: &Path, path: &Path) -> bool {
    resolved(path).starts_with(resolved(source))
}

/// A path without links and `..`, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => resolved(parent).join(name),
        _ => path.to_path_buf(),
    }
}

/// The files with this tier's tables and how many, and those with their structs and whose.
fn used(known: &Known, tier: Tier) -> (BTreeMap<&str, usize>, BTreeMap<&str, Vec<String>>) {
    let path = |file| known.project.sources.get(file).path.as_str();
    let (mut tables, mut models) = (BTreeMap::new(), BTreeMap::<&str, Vec<String>>::new());
    for (table, marked) in known.marking.tables(&known.project) {
        if marked.tier() == Some(tier) {
            *tables.entry(path(table.place.file)).or_insert(0) += 1;
        }
    }
    for file in &known.project.rust {
        for item in file.structs.iter().filter(|item| item.marks.iter().any(|(marked, _)| *marked == tier)) {
            let names = item.tables.iter().filter_map(|(path, _)| path.last().cloned());
            let entry = models.entry(path(item.place.file)).or_default();
            entry.extend(names);
            entry.sort();
            entry.dedup();
        }
    }
    (tables, models)
}

fn most<'a>(counts: &BTreeMap<&'a str, usize>) -> Option<&'a str> {
    // The first of equals.
    counts.iter().rev().max_by_key(|(_, count)| **count).map(|(path, _)| *path)
}

/// A file of the table's own, where two tables or more have one each, in one folder.
fn own_file(models: &BTreeMap<&str, Vec<String>>, table: &str) -> Option<PathBuf> {
    let folders: Vec<&str> = models.keys().map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    let (first, is_one) = (folders.first()?, folders.iter().all(|folder| Some(folder) == folders.first()));
    let is_module = models.keys().all(|path| !path.ends_with("/mod.rs") && !path.ends_with("/lib.rs"));
    let fits = models.len() > 1 && is_one && is_module && models.values().all(|tables| tables.len() == 1);
    fits.then(|| {
        // Named as the others are: after the table, or after one of its rows.
        let stem = |path: &str| Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let is_plural = models.iter().any(|(path, tables)| stem(path).as_ref() == tables.first());
        Path::new(first).join(format!("{}.rs", if is_plural { table.to_owned() } else { singular(table) }))
    })
}

/// What diesel.toml says `diesel print-schema` writes.
fn print_schema_file(folder: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(folder.join("diesel.toml")).ok()?;
    let document: toml::Table = text.parse().ok()?;
    Some(folder.join(document.get("print_schema")?.get("file")?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_own_file_where_all_do() {
        let models = |files: &[(&'static str, &[&str])]| {
            let files = files.iter().map(|(path, tables)| (*path, tables.iter().map(|t| (*t).to_owned()).collect()));
            files.collect::<BTreeMap<&'static str, Vec<String>>>()
        };
        for (files, own) in [
            (&[("m/user.rs", &["users"][..]), ("m/order.rs", &["orders"])][..], Some("m/item.rs")),
            (&[("m/users.rs", &["users"]), ("m/orders.rs", &["orders"])], Some("m/items.rs")),
            (&[("m/user.rs", &["users"])], None),
            (&[("m/user.rs", &["users"]), ("n/order.rs", &["orders"])], None),
            (&[("m/user.rs", &["users", "orders"]), ("m/order.rs", &["orders"])], None),
        ] {
            assert_eq!(own_file(&models(files), "items").as_deref(), own.map(Path::new), "{files:?}");
        }
    }

    #[test]
    fn equal_counts_take_the_first() {
        assert_eq!(most(&BTreeMap::from([("a", 1), ("b", 2), ("c", 2)])), Some("b"));
        assert_eq!(most(&BTreeMap::new()), None);
    }
}
