//! New names: said, and never guessed.

use std::str::FromStr;

use multitenant_runtime::Tier;

use super::change::Change;
use crate::from_schema::{Code, CodeTable};
use crate::lint::{ColumnType, fits, renamed as in_text};
use crate::model::{Column, Home, Model, Table};

/// `orders=purchases`, or `orders.total=orders.amount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rename {
    Table {
        from: String,
        to: String,
    },
    /// The table as it is called in the code.
    Column {
        table: String,
        from: String,
        to: String,
    },
}

impl FromStr for Rename {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "say what becomes what, as in orders.total=orders.amount, or orders=purchases".to_owned();
        let (from, to) = text.split_once('=').ok_or_else(wrong)?;
        let (from, to) = (from.trim(), to.trim());
        match (from.split_once('.'), to.split_once('.')) {
            _ if from.is_empty() || to.is_empty() || from == to => Err(wrong()),
            (None, None) => Ok(Self::Table { from: from.to_owned(), to: to.to_owned() }),
            (Some((_, from)), Some((table, to))) => {
                Ok(Self::Column { table: table.to_owned(), from: from.to_owned(), to: to.to_owned() })
            }
            (Some((table, from)), None) => {
                Ok(Self::Column { table: table.to_owned(), from: from.to_owned(), to: to.to_owned() })
            }
            (None, Some(_)) => Err(wrong()),
        }
    }
}

/// What could be a rename: something goes, and something like it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) rename: Rename,
    /// As the flag has it.
    pub(crate) flag: String,
}

/// The model with its new names, and the changes that give them.
///
/// # Errors
///
/// What is said that cannot be meant.
pub(crate) fn renamed(
    before: &Model,
    code: &Code,
    tier: Tier,
    renames: &[Rename],
) -> Result<(Model, Vec<Change>), String> {
    let mut model = before.clone();
    let mut changes = Vec::new();
    // Tables first: columns are said by the table's new name.
    let is_table = |rename: &&Rename| matches!(rename, Rename::Table { .. });
    for rename in renames.iter().filter(is_table).chain(renames.iter().filter(|rename| !is_table(rename))) {
        match rename {
            Rename::Table { from, to } => {
                let home = Home::of(tier);
                let there = |name: &str| model.table(home, name).is_some();
                if !there(from) {
                    return Err(format!("--rename {from}={to}: the migrations make no table {from}"));
                }
                if there(to) || code.table(home, to).is_none() || code.table(home, from).is_some() {
                    return Err(format!(
                        "--rename {from}={to}: the code must have a table {to} and no longer one {from}, and the migrations no {to} \
                         yet"
                    ));
                }
                table(&mut model, tier, from, to);
                changes.push(Change::RenameTable(from.clone(), to.clone()));
            }
            Rename::Column { table, from, to } => {
                let shown = format!("--rename {table}.{from}={table}.{to}");
                let of_code = code.table(Home::of(tier), table);
                let at = model.tables.iter().position(|of| of.tier == tier && of.name == *table);
                let (Some(at), Some(of_code)) = (at, of_code) else {
                    return Err(format!("{shown}: there is no table {table} in both the code and the migrations"));
                };
                let of = &model.tables[at];
                let is_meant = of.column(from).is_some()
                    && of.column(to).is_none()
                    && of_code.column(to).is_some()
                    && of_code.column(from).is_none();
                if !is_meant {
                    return Err(format!(
                        "{shown}: the code must have a column {to} and no longer one {from}, and the migrations the other way round"
                    ));
                }
                column(&mut model, at, from, to);
                changes.push(Change::RenameColumn(model.tables[at].clone(), from.clone(), to.clone()));
            }
        }
    }
    Ok((model, changes))
}

fn table(model: &mut Model, tier: Tier, from: &str, to: &str) {
    for table in &mut model.tables {
        for key in &mut table.foreign_keys {
            if key.home == Home::of(tier) && key.table == from {
                to.clone_into(&mut key.table);
            }
        }
        if table.tier == tier && table.part.as_ref().is_some_and(|part| part.of == from) {
            table.part.iter_mut().for_each(|part| to.clone_into(&mut part.of));
        }
        if table.tier == tier && table.name == from {
            to.clone_into(&mut table.name);
        }
    }
    model.tables.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
}

fn column(model: &mut Model, at: usize, from: &str, to: &str) {
    let (home, own) = (Home::of(model.tables[at].tier), model.tables[at].name.clone());
    let names =
        |names: &mut Vec<String>| names.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
    for key in model.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.home == home && key.table == own {
            names(&mut key.target);
        }
    }
    let text = |text: &mut String| *text = in_text(&text.as_str().into(), from, to).to_string();
    let table = &mut model.tables[at];
    for column in &mut table.columns {
        if column.name == from {
            to.clone_into(&mut column.name);
        }
        column.generated.iter_mut().for_each(|generated| text(&mut generated.expression));
    }
    for key in table.primary_key.iter_mut().chain(&mut table.uniques) {
        names(&mut key.columns);
        names(&mut key.include);
    }
    for key in &mut table.foreign_keys {
        names(&mut key.columns);
        names(&mut key.set_columns);
    }
    table.checks.iter_mut().for_each(|check| text(&mut check.text));
    for index in &mut table.indexes {
        names(&mut index.include);
        index.predicate.iter_mut().for_each(text);
        for item in &mut index.items {
            if item.column.as_deref() == Some(from) {
                item.column = Some(to.to_owned());
            }
            text(&mut item.text);
        }
    }
}

/// What could be a rename, of what the code does not have any more and what it has new.
pub(crate) fn candidates(before: &Model, code: &Code, tier: Tier) -> Vec<Candidate> {
    let mut found = Vec::new();
    let home = Home::of(tier);
    let old = || before.tables.iter().filter(|table| table.tier == tier && table.part.is_none());
    let new = || code.tables.iter().filter(|table| table.tier == tier);
    for from in old().filter(|table| code.table(home, &table.name).is_none() && table.primary_key.is_some()) {
        if code.left_alone.contains(&(tier, from.name.clone())) {
            continue;
        }
        for to in new().filter(|table| before.table(home, &table.name).is_none()) {
            if is_alike(from, to) {
                let flag = format!("{}={}", from.name, to.name);
                found.push(Candidate { rename: Rename::Table { from: from.name.clone(), to: to.name.clone() }, flag });
            }
        }
    }
    for to in new() {
        let Some(table) = before.table(home, &to.name) else { continue };
        for from in table.columns.iter().filter(|column| to.column(&column.name).is_none()) {
            if to.removed.contains(&from.name) {
                continue;
            }
            for column in to.columns.iter().filter(|column| table.column(&column.name).is_none()) {
                if fits_column(&column.diesel, from) {
                    let (table, from, to) = (to.name.clone(), from.name.clone(), column.name.clone());
                    let flag = format!("{table}.{from}={table}.{to}");
                    found.push(Candidate { rename: Rename::Column { table, from, to }, flag });
                }
            }
        }
    }
    found
}

/// Whether at least half of the columns are in both.
fn is_alike(from: &Table, to: &CodeTable) -> bool {
    let same = from.columns.iter().filter(|column| to.column(&column.name).is_some()).count();
    same * 2 >= from.columns.len().max(to.columns.len())
}

fn fits_column(diesel: &str, column: &Column) -> bool {
    column.ty.as_ref().is_some_and(|ty| {
        let ty =
            ColumnType { schema: None, name: ty.name.clone(), is_array: ty.array, modifiers: ty.modifiers.clone() };
        fits(diesel, &ty)
    })
}
