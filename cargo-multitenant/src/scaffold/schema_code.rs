//! `table!`, the structs, and the lines that make modules of new files.

use std::path::Path;

use multitenant_runtime::Tier;
use serde::Serialize;

use super::batch::Change;
use super::column::Column;
use super::files::Files;
use super::keywords::hides;
use super::known::{Known, word};
use super::layout::{self, Layout};
use super::migration::{ColumnView, TableOptions};
use super::name::{Subject, check};
use super::package::{MOST_COLUMNS, Package};
use super::rust_file::RustFile;
use super::template::Templates;
use super::types::{self, ColumnType};
use super::words::{camel, singular};
use crate::config::{shown, slashes};
use crate::error::CliError;

/// What schema code is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SchemaCode<'a> {
    pub(crate) tier: Tier,
    pub(crate) table: &'a str,
    /// The struct's name, where one was given.
    pub(crate) model: Option<&'a str>,
    pub(crate) shared_schema: &'a str,
    pub(crate) options: TableOptions,
    pub(crate) columns: &'a [ColumnView],
    pub(crate) known: &'a Known,
    pub(crate) templates: &'a Templates,
    pub(crate) package: &'a Package,
    pub(crate) layout: &'a Layout,
    pub(crate) here: &'a Path,
}

#[derive(Serialize)]
struct TableValues<'a> {
    tier: &'static str,
    table: &'a str,
    schema: Option<&'a str>,
    columns: Vec<DieselColumn<'a>>,
    joins: Vec<Join<'a>>,
}

#[derive(Serialize)]
struct DieselColumn<'a> {
    name: &'a str,
    diesel: String,
}

#[derive(Serialize)]
struct Join<'a> {
    table: &'a str,
    path: Option<String>,
    column: Option<&'a str>,
}

#[derive(Serialize)]
struct ModelValues<'a> {
    tier: &'static str,
    table: &'a str,
    path: String,
    model: String,
    mark: &'static str,
    columns: Vec<RustColumn<'a>>,
    new_columns: Vec<RustColumn<'a>>,
}

#[derive(Serialize)]
struct RustColumn<'a> {
    name: &'a str,
    rust: String,
}

/// A column of the table: one that was asked for, or one by an option.
struct Any<'a> {
    name: &'a str,
    ty: ColumnType,
    nullable: bool,
    /// Whether the database fills it in if nobody does.
    has_default: bool,
    is_asked: bool,
}

impl<'a> SchemaCode<'a> {
    /// The changes to the package's files, and what is worth a word.
    pub(crate) fn changes(&self) -> Result<(Vec<Change>, Vec<String>), CliError> {
        let all = self.all_columns();
        if all.len() > MOST_COLUMNS {
            return Err(CliError::Usage(format!(
                "the table would have {} columns, and Diesel has none of more than {MOST_COLUMNS}: put some into a table of \
                 their own",
                all.len()
            )));
        }
        let types: Vec<ColumnType> = all.iter().map(|column| column.ty).collect();
        let (rust, missing) = self.package.rust(&types);
        if !missing.is_empty() {
            return Err(CliError::Files {
                what: format!(
                    "the package {} has not all that this table needs, and nothing was written; add it, and try again:\n  {}",
                    self.package.name,
                    missing.join("\n  ")
                ),
                help: None,
                source: None,
            });
        }
        let (table, words) = self.table_text(&all)?;
        let model = self.model_text(&all, &rust)?;
        let mut files = Files::new(self.package, self.here);
        // In the order in which rustfmt would have their modules, where both are new.
        files.put(&self.layout.models, &model)?;
        files.put(&self.layout.tables, &table)?;
        Ok((files.changes(), words))
    }

    fn all_columns(&self) -> Vec<Any<'a>> {
        let made = |name, ty, nullable| Any { name, ty, nullable, has_default: true, is_asked: false };
        let id = made("id", if self.options.uuid { types::UUID } else { types::BIGINT }, false);
        let asked = self.columns.iter().map(|column| Any {
            name: &column.name,
            ty: column.ty,
            nullable: column.nullable,
            has_default: column.default.is_some(),
            is_asked: true,
        });
        let by_option = self.options.columns().filter(|name| *name != "id");
        let by_option = by_option.map(|name| made(name, types::TIMESTAMPTZ, name == "deleted_at"));
        std::iter::once(id).chain(asked).chain(by_option).collect()
    }

    fn table_text(&self, all: &[Any<'_>]) -> Result<(String, Vec<String>), CliError> {
        let shared = (self.tier == Tier::Shared).then_some(self.shared_schema);
        if let Some(schema) = shared
            && let Err(why) = check(Subject::Migration, schema)
        {
            return Err(CliError::Usage(format!(
                "`table!` cannot name the shared schema {schema:?} ({why}): only database.shared_schema in lower-case \
                 letters, digits and `_` can be"
            )));
        }
        if let Some(column) = all.iter().find(|column| column.name == self.table) {
            return Err(CliError::Usage(format!(
                "the column `{}` has the table's name, which `table!` cannot tell apart: take another name",
                column.name
            )));
        }
        if let Some((_, file)) = self.known.declared(self.tier, self.table) {
            return Err(CliError::Refused(format!(
                "{file} has a `table!` of `{}` already: take another name, or write the migration alone, with `scaffold \
                 migration create_{}`",
                self.table, self.table
            )));
        }
        let (joins, words) = self.joins();
        let columns = all.iter().map(|column| DieselColumn {
            name: column.name,
            diesel: within("Nullable", column.ty.diesel, column.nullable),
        });
        let values =
            TableValues { tier: word(self.tier), table: self.table, schema: shared, columns: columns.collect(), joins };
        Ok((self.templates.render("schema/table.rs", &values)?, words))
    }

    /// The tables that it refers to and that code declares, each once.
    fn joins(&self) -> (Vec<Join<'a>>, Vec<String>) {
        let (mut joins, mut words): (Vec<Join<'a>>, Vec<String>) = (Vec::new(), Vec::new());
        for target in self.columns.iter().filter_map(|column| column.references.as_ref()).map(|r| r.table.as_str()) {
            if joins.iter().any(|join| join.table == target) || target == self.table {
                continue;
            }
            let tier = self.known.tier_of(self.tier, target);
            let Some((declared, file)) = self.known.declared(tier, target) else {
                words.push(format!("no `table!` of `{target}` was found, so that `joinable!` is left out"));
                continue;
            };
            let file = self.here.join(file);
            if !layout::is_inside(self.package.source(), &file) {
                words
                    .push(format!("the `table!` of `{target}` is in another package, so that `joinable!` is left out"));
                continue;
            }
            let above = layout::module(self.package, &file);
            let within = declared.modules.iter().skip(1).map(|module| format!("::{module}")).collect::<String>();
            let path = format!("{above}{within}");
            let is_here = path == layout::module(self.package, &self.layout.tables);
            let refers = |column: &&ColumnView| column.references.as_ref().is_some_and(|to| to.table == target);
            let mut columns = self.columns.iter().filter(refers);
            // Diesel joins by one column, and which of several is meant nobody knows.
            let column = columns.next().filter(|_| columns.next().is_none()).map(|column| column.name.as_str());
            if column.is_none() {
                words.push(format!("several columns refer to `{target}`, so that `joinable!` is left out"));
            }
            joins.push(Join { table: target, path: (!is_here).then_some(path), column });
        }
        (joins, words)
    }

    fn model_text(&self, all: &[Any<'_>], rust: &[&'static str]) -> Result<String, CliError> {
        let model = self.model.map_or_else(|| camel(&singular(self.table)), str::to_owned);
        if hides(&model) {
            return Err(CliError::Usage(format!(
                "the struct would be called `{model}`, which Rust or Diesel calls something else that its file needs: give \
                 it another name with --model, as in --model {model}Row"
            )));
        }
        let shown = slashes(&shown(&self.layout.models, self.here));
        if let Some(file) = RustFile::read(&self.layout.models, self.here)? {
            for name in [model.clone(), format!("New{model}")] {
                if file.has_name(&name) {
                    return Err(CliError::Refused(format!(
                        "{shown} has a `{name}` already: give the struct another name with --model, or another file with \
                         --models"
                    )));
                }
            }
        }
        let columns = all
            .iter()
            .zip(rust)
            .map(|(column, rust)| RustColumn { name: column.name, rust: within("Option", rust, column.nullable) });
        let new = all.iter().zip(rust).filter(|(column, _)| column.is_asked).map(|(column, rust)| RustColumn {
            name: column.name,
            rust: within("Option", rust, column.nullable || column.has_default),
        });
        let values = ModelValues {
            tier: word(self.tier),
            table: self.table,
            path: format!("{}::{}", layout::module(self.package, &self.layout.tables), self.table),
            model,
            mark: if self.tier == Tier::Tenant { "TenantTable" } else { "SharedTable" },
            columns: columns.collect(),
            new_columns: new.collect(),
        };
        self.templates.render("schema/model.rs", &values)
    }
}

/// Refuses columns that a table has by its options.
pub(crate) fn own_columns(columns: &[Column], options: TableOptions) -> Result<(), CliError> {
    let Some(twice) = columns.iter().find(|column| options.columns().any(|name| name == column.name)) else {
        return Ok(());
    };
    let why = match twice.name.as_str() {
        "id" => "every table has an `id`: leave it out; --uuid makes it a uuid".to_owned(),
        name => format!("an option makes the column `{name}`: leave one of the two out"),
    };
    Err(CliError::Usage(why))
}

fn within(outer: &str, inner: &str, is_within: bool) -> String {
    if is_within { format!("{outer}<{inner}>") } else { inner.to_owned() }
}
