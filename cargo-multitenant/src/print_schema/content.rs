//! What goes into which file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use multitenant_runtime::{Settings, Tier};

use super::joins::{self, Join};
use super::model::{Model, Table, can_be_named};
use super::style::{Style, Together};
use super::text;
use super::types::SqlType;
use crate::error::CliError;

/// Where schema code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Stdout,
    /// Both tiers in one file.
    File(PathBuf),
    /// A file for each tier.
    Files {
        shared: PathBuf,
        tenant: PathBuf,
    },
}

/// The schema code of one file.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// `None` for stdout.
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
}

/// What a file is to hold.
#[derive(Debug, Default)]
pub(super) struct Content<'a> {
    pub(super) tables: Vec<&'a Table>,
    /// Tables of another file, with what they are called here: its module, and the names.
    pub(super) beside: Option<(String, Vec<(&'a Table, String)>)>,
    /// Types that are defined.
    pub(super) types: Vec<&'a SqlType>,
    pub(super) joins: Vec<(String, String, String)>,
    /// Tables that may be queried together.
    pub(super) together: Vec<Vec<String>>,
    /// Whether the tables are marked.
    pub(super) marks: bool,
}

/// The schema code of a database, as the files have it that it goes to. What cannot be written is said in `warnings`.
pub(crate) fn sheets(
    model: &Model,
    settings: &Settings,
    style: &Style,
    marks: bool,
    place: &Place,
    warnings: &mut Vec<String>,
) -> Result<Vec<Sheet>, CliError> {
    printed(model, settings.shared_schema.as_str(), style, marks, place, warnings)
}

/// The same, of what no database was asked for.
pub(super) fn printed(
    model: &Model,
    shared_schema: &str,
    style: &Style,
    marks: bool,
    place: &Place,
    warnings: &mut Vec<String>,
) -> Result<Vec<Sheet>, CliError> {
    let all: Vec<usize> = (0..model.tables.len()).collect();
    let (shared, tenant): (Vec<usize>, Vec<usize>) =
        all.iter().partition(|table| model.tables[**table].tier == Tier::Shared);
    if !shared.is_empty() && !can_be_named(shared_schema) {
        return Err(CliError::Usage(format!(
            "`table!` cannot name the schema {shared_schema:?}: rename it to what Rust can take for a name, or leave shared \
             tables out by filter in diesel.toml"
        )));
    }
    let writer = Writer { model, style, marks };
    let sheet = |path: Option<&PathBuf>, content: &Content<'_>, warnings: &mut Vec<String>| {
        writer.check_types(content, warnings);
        Sheet { path: path.cloned(), text: text::write(content, style) }
    };
    match place {
        Place::Stdout | Place::File(_) => {
            writer.check_names(&all)?;
            let path = if let Place::File(path) = place { Some(path) } else { None };
            Ok(vec![sheet(path, &writer.content(&all, None), warnings)])
        }
        Place::Files { shared: shared_file, tenant: tenant_file } => {
            writer.check_names(&shared)?;
            writer.check_names(&tenant)?;
            let module = module_beside(tenant_file, shared_file);
            if module.is_none() {
                warnings.push(format!(
                    "{} and {} are no modules beside each other: joins of tenants' tables with shared ones are left out",
                    tenant_file.display(),
                    shared_file.display()
                ));
            }
            let beside = module.map(|module| (module, shared.as_slice())).filter(|(_, shared)| !shared.is_empty());
            let mut of_shared = writer.content(&shared, None);
            if beside.is_some() && !tenant.is_empty() {
                // The other file says it of all.
                of_shared.together = Vec::new();
            }
            let of_tenants = writer.content(&tenant, beside.as_ref().filter(|_| !tenant.is_empty()));
            Ok(vec![sheet(Some(shared_file), &of_shared, warnings), sheet(Some(tenant_file), &of_tenants, warnings)])
        }
    }
}

struct Writer<'a> {
    model: &'a Model,
    style: &'a Style,
    marks: bool,
}

impl<'a> Writer<'a> {
    /// A file with these tables; where it is the tenants', beside a module with the shared ones.
    fn content(&self, tables: &[usize], beside: Option<&(String, &[usize])>) -> Content<'a> {
        let mut names: BTreeMap<usize, String> =
            tables.iter().map(|table| (*table, self.model.tables[*table].rust_name.clone())).collect();
        let own: Vec<String> = names.values().cloned().collect();
        let others = beside.map_or(&[] as &[usize], |(_, others)| *others);
        for table in others {
            let name = &self.model.tables[*table].rust_name;
            let name = if own.contains(name) { format!("shared_{name}") } else { name.clone() };
            names.insert(*table, name);
        }
        let is_here = |join: &&Join| {
            names.contains_key(&join.child) && names.contains_key(&join.parent) && tables.contains(&join.child)
        };
        let joins: Vec<Join> = self.model.joins.iter().filter(is_here).cloned().collect();
        let known: Vec<usize> = names.keys().copied().collect();
        // Those between shared tables are in the other file, and make groups all the same.
        let groups = match self.style.together {
            Together::All => vec![known],
            Together::Related => joins::groups(&known, &self.model.joins),
            Together::None => Vec::new(),
        };
        let groups: Vec<Vec<usize>> = groups.into_iter().filter(|group| group.len() > 1).collect();
        let is_used = |table: &usize| {
            groups.iter().any(|group| group.contains(table)) || joins.iter().any(|join| join.parent == *table)
        };
        let others: Vec<_> = others.iter().filter(|table| is_used(table)).collect();
        Content {
            beside: beside.filter(|_| !others.is_empty()).map(|(module, _)| {
                (module.clone(), others.iter().map(|at| (&self.model.tables[**at], names[*at].clone())).collect())
            }),
            types: self.types(tables),
            joins: joins
                .iter()
                .map(|join| (names[&join.child].clone(), names[&join.parent].clone(), join.column.clone()))
                .collect(),
            together: groups.iter().map(|group| group.iter().map(|table| names[table].clone()).collect()).collect(),
            tables: tables.iter().map(|table| &self.model.tables[*table]).collect(),
            marks: self.marks,
        }
    }

    /// The types to be defined for these tables, by their names in Rust.
    fn types(&self, tables: &[usize]) -> Vec<&'a SqlType> {
        let columns = tables.iter().flat_map(|table| &self.model.tables[*table].columns);
        let mut types: Vec<&SqlType> =
            columns.map(|column| &column.ty).filter(|ty| text::is_defined(ty, self.style)).collect();
        types.sort_by(|one, other| {
            (&one.rust_name, &one.schema, &one.name).cmp(&(&other.rust_name, &other.schema, &other.name))
        });
        types.dedup();
        types
    }

    /// Two types of one name would be one in Rust: the first is taken, as Diesel CLI does it.
    fn check_types(&self, content: &Content<'_>, warnings: &mut Vec<String>) {
        for pair in content.types.windows(2) {
            let [one, other] = pair else { continue };
            if one.rust_name == other.rust_name {
                let said = |ty: &SqlType| match &ty.schema {
                    Some(schema) => format!("{schema}.{}", ty.name),
                    None => ty.name.clone(),
                };
                let (first, second) = (said(one), said(other));
                warnings.push(format!(
                    "the types {first} and {second} are both called {} in Rust, and only {first} is defined: define them \
                     by hand, with except_custom_type_definitions and import_types in diesel.toml",
                    one.rust_name
                ));
            }
        }
    }

    /// A module can have a name once.
    fn check_names(&self, tables: &[usize]) -> Result<(), CliError> {
        let mut seen: BTreeMap<&str, &Table> = BTreeMap::new();
        for table in tables.iter().map(|table| &self.model.tables[*table]) {
            if let Some(other) = seen.insert(&table.rust_name, table) {
                let help = if other.tier == table.tier {
                    "leave one of them out by filter in diesel.toml, and declare it by hand"
                } else {
                    "give each tier a file of its own by shared_file and tenant_file in [print_schema] of \
                     multitenant.toml, or rename one of them"
                };
                let (one, other) = (other.full_name(), table.full_name());
                return Err(CliError::Usage(format!(
                    "the tables {one} and {other} would both be the module `{}`: {help}",
                    table.rust_name
                )));
            }
        }
        Ok(())
    }
}

/// The path from one file's module to another's, where they lie side by side.
fn module_beside(from: &Path, to: &Path) -> Option<String> {
    let is_plain = |path: &Path| {
        let stem =
            path.file_stem().and_then(|stem| stem.to_str()).filter(|_| path.extension().is_some_and(|e| e == "rs"))?;
        (!["mod", "lib", "main"].contains(&stem) && super::names::is_identifier(stem)).then_some(stem.to_owned())
    };
    is_plain(from)?;
    let to_module = is_plain(to)?;
    (from.parent() == to.parent()).then(|| format!("super::{to_module}"))
}
