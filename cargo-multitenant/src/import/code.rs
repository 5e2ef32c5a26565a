//! `table!` and structs of new tables, in the files where `scaffold` would put them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use multitenant_runtime::Tier;

use super::parts::Parts;
use crate::config::{shown, slashes};
use crate::error::CliError;
use crate::export::{Around, RustTypes, column_names, printed, structs, tables};
use crate::model::{ForeignKey, Home, Model, Table};
use crate::print_schema::{Style, formatted, rust_name};
use crate::scaffold::{Change, Files, Known, Layout, MOST_COLUMNS, Package, RustFile, is_inside, module, of_internal};

/// Where code goes.
pub(crate) struct CodeGround<'a> {
    pub(crate) package: &'a Package,
    pub(crate) known: &'a Known,
    pub(crate) types: &'a RustTypes,
    /// The files that are named for `table!` and for the structs.
    pub(crate) named: (Option<&'a Path>, Option<&'a Path>),
    /// The folder of the configuration, for rustfmt.
    pub(crate) root: &'a Path,
    pub(crate) here: &'a Path,
}

/// The changes to the package's files.
///
/// # Errors
///
/// What the layout refuses, and where the package has not what the code needs, with the commands that add it.
pub(super) fn code(parts: &Parts, ground: &CodeGround<'_>, words: &mut Vec<String>) -> Result<Vec<Change>, CliError> {
    let new: Vec<&Table> = parts.new.tables.iter().collect();
    let all = printed(&new, words);
    if all.is_empty() {
        return Ok(Vec::new());
    }
    needs(&parts.all, &all, ground.package)?;
    let mut units = Units::default();
    for table in all {
        let own = rust_name(&table.name, None);
        let layout = Layout::of(ground.package, ground.known, table.tier, &own, ground.named, ground.here)?;
        // All of a tier are where the first is.
        let file = units.tables_file(table.tier).unwrap_or(layout.tables);
        units.put(file, layout.models, table);
    }
    let mut of_tables: Vec<(PathBuf, String)> = Vec::new();
    // The text of each file of structs, and the names that it will have.
    let mut of_models: BTreeMap<PathBuf, (String, Vec<String>)> = BTreeMap::new();
    for (file, by_models) in &units.units {
        let here: Vec<&Table> = by_models.values().flatten().copied().collect();
        let known = RustFile::read(file, ground.here)?;
        let mut style = Style::by_itself();
        let is_there = |name: &str| known.as_ref().is_some_and(|known| known.has_module(name));
        style.types_module = (1..)
            .map(|n: u32| if n == 1 { "sql_types".to_owned() } else { format!("sql_types_{n}") })
            .find(|name| !is_there(name));
        if let Some(table) = here.iter().find(|table| is_there(&rust_name(&table.name, None))) {
            return Err(CliError::Refused(format!(
                "{} has a module `{}` already, as the table {:?} would be: name another file with --tables",
                slashes(&shown(file, ground.here)),
                rust_name(&table.name, None),
                table.name
            )));
        }
        let path = module(ground.package, file);
        let mut text = tables(&parts.all, &here, &style, words)?;
        text += &joins(&parts.all, &here, (file, &path), &units, ground, words);
        for (models, of) in by_models {
            let (known_text, taken) = match of_models.remove(models) {
                Some(before) => before,
                None => {
                    let names = RustFile::read(models, ground.here)?;
                    (String::new(), names.map(|names| names.names().to_vec()).unwrap_or_default())
                }
            };
            let around = Around { types: ground.types, style: &style, path: &format!("{path}::"), taken: &taken };
            let written = structs(&parts.all, of, &around, words);
            text += &written.marks;
            let text = written.text.trim_start_matches('\n');
            let gap = if known_text.is_empty() || text.is_empty() { "" } else { "\n" };
            of_models.insert(models.clone(), (format!("{known_text}{gap}{text}"), written.names));
        }
        of_tables.push((file.clone(), text));
    }
    let mut files = Files::new(ground.package, ground.here);
    // In the order in which rustfmt would have their modules, where both are new.
    for (path, (text, _)) in of_models {
        if !text.is_empty() {
            files.put(&path, &formatted(text, ground.root, words))?;
        }
    }
    for (path, text) in of_tables {
        files.put(&path, &formatted(text, ground.root, words))?;
    }
    Ok(files.changes())
}

/// Tables by the file of their `table!`, then by that of their structs.
#[derive(Default)]
struct Units<'a> {
    units: BTreeMap<PathBuf, BTreeMap<PathBuf, Vec<&'a Table>>>,
}

impl<'a> Units<'a> {
    fn put(&mut self, tables: PathBuf, models: PathBuf, table: &'a Table) {
        self.units.entry(tables).or_default().entry(models).or_default().push(table);
    }

    fn tables_file(&self, tier: Tier) -> Option<PathBuf> {
        let has = |by: &&BTreeMap<PathBuf, Vec<&Table>>| by.values().flatten().any(|table| table.tier == tier);
        self.units.iter().find(|(_, by)| has(by)).map(|(file, _)| file.clone())
    }

    /// The file of a table's `table!`.
    fn file_of(&self, tier: Tier, name: &str) -> Option<&Path> {
        let has = |by: &BTreeMap<PathBuf, Vec<&Table>>| {
            by.values().flatten().any(|table| table.tier == tier && table.name == name)
        };
        self.units.iter().find(|(_, by)| has(by)).map(|(file, _)| file.as_path())
    }
}

/// What may be joined with tables of other files, or of this one from before.
fn joins(
    model: &Model,
    here: &[&Table],
    (file, path): (&Path, &str),
    units: &Units<'_>,
    ground: &CodeGround<'_>,
    words: &mut Vec<String>,
) -> String {
    let mut text = String::new();
    for table in here {
        let mut done: Vec<(Home, &str)> = Vec::new();
        for key in &table.foreign_keys {
            let parent = (key.home, key.table.as_str());
            let is_here = here.iter().any(|other| (Home::of(other.tier), other.name.as_str()) == parent);
            if is_here || done.contains(&parent) {
                continue;
            }
            done.push(parent);
            let tier = if key.home == Home::Shared { Tier::Shared } else { Tier::Tenant };
            let module = match (units.file_of(tier, &key.table), ground.known.declared_at(tier, &key.table)) {
                (Some(other), _) => module(ground.package, other),
                (None, Some((shown, inner))) => {
                    let other = ground.here.join(shown);
                    if !is_inside(ground.package.source(), &other) {
                        words.push(format!("the `table!` of {} is in another package: it cannot be joined", key.table));
                        continue;
                    }
                    let above = if other == file { path.to_owned() } else { module(ground.package, &other) };
                    inner.iter().fold(above, |path, inner| format!("{path}::{inner}"))
                }
                (None, None) => {
                    words.push(format!(
                        "no `table!` of {} was found: {} cannot be joined with it",
                        key.table, table.name
                    ));
                    continue;
                }
            };
            text += &join(model, table, key, (path, &module), words);
        }
    }
    text
}

fn join(
    model: &Model,
    table: &Table,
    key: &ForeignKey,
    (path, other): (&str, &str),
    words: &mut Vec<String>,
) -> String {
    let (child, parent) = (rust_name(&table.name, None), rust_name(&key.table, None));
    if child == parent {
        words.push(format!("both {} are `{child}` in Rust: they cannot be joined", table.name));
        return String::new();
    }
    let is_one = table.foreign_keys.iter().filter(|of| (of.home, &of.table) == (key.home, &key.table)).count() == 1;
    let primary = model.table(key.home, &key.table).and_then(|table| table.primary_key.as_ref());
    let is_primary = primary.is_some_and(|primary| primary.columns == key.target);
    let column = match &key.columns[..] {
        [column] if is_one && is_primary => Some(column_names(table, &child).of(column)),
        _ => None,
    };
    let (indent, outside) = if path == other { ("", None) } else { ("    ", Some(other)) };
    let mut lines = String::new();
    if let Some(column) = column {
        lines += &format!("{indent}diesel::joinable!({child} -> {parent} ({column}));\n");
    }
    lines += &format!("{indent}diesel::allow_tables_to_appear_in_same_query!({child}, {parent});\n");
    match outside {
        Some(other) => format!("\nconst _: () = {{\n    use {other}::{parent};\n{lines}}};\n"),
        None => format!("\n{lines}"),
    }
}

/// Refuses what the package has no features or crates for.
fn needs(model: &Model, tables: &[&Table], package: &Package) -> Result<(), CliError> {
    let mut missing: Vec<String> = Vec::new();
    for table in tables {
        if table.columns.len() > MOST_COLUMNS {
            return Err(CliError::Usage(format!(
                "the table {} has {} columns, and Diesel has none of more than {MOST_COLUMNS}: leave it out by naming the \
                 others with --table, or import its migration alone with --no-code",
                table.name,
                table.columns.len()
            )));
        }
        missing.extend(package.missing_for_width(table.columns.len()));
        for used in table.columns.iter().filter_map(|column| column.ty.as_ref()) {
            let beneath = model.beneath(used);
            let known = match beneath.name.as_str() {
                "json" => of_internal("jsonb"),
                "time" => of_internal("timestamptz"),
                name => of_internal(name),
            };
            if let Some(known) = known.filter(|_| beneath.home == Home::System) {
                missing.extend(package.rust(&[known]).1);
            }
        }
    }
    missing.extend(package.rust(&[]).1);
    missing.sort();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    Err(CliError::Files {
        what: format!(
            "the package {} has not all that these tables need, and nothing was written; add it, and try again, or import \
             the migrations alone with --no-code:\n  {}",
            package.name,
            missing.join("\n  ")
        ),
        help: None,
        source: None,
    })
}
