//! A seed: one row that shows what a seed is, and that the table takes.

use multitenant_runtime::{Identifier, Tier};
use serde::Serialize;

use super::column::Column;
use super::known::{Known, word};
use super::name::{Subject, check};
use super::template::Templates;
use super::types::{self, ColumnType};
use crate::error::CliError;

/// What a seed is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeedDraft<'a> {
    pub(crate) tier: Tier,
    pub(crate) name: &'a str,
    pub(crate) table: &'a str,
    /// Those asked for; where there are none, those that must be written.
    pub(crate) columns: &'a [Column],
    pub(crate) known: &'a Known,
    pub(crate) templates: &'a Templates,
}

#[derive(Serialize)]
struct Values<'a> {
    tier: &'static str,
    name: &'a str,
    table: &'a str,
    columns: Vec<Value>,
    unique: bool,
}

#[derive(Serialize)]
struct Value {
    name: String,
    value: String,
}

impl SeedDraft<'_> {
    /// The text of the seed, in SQL or in Rust.
    pub(crate) fn text(&self, is_rust: bool) -> Result<String, CliError> {
        let columns = if self.columns.is_empty() { self.required()? } else { self.asked()? };
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let is_unique = self.columns.iter().any(|column| column.is_unique);
        let unique = is_unique || self.known.is_key(self.tier, self.table, &names);
        let template = if is_rust { "seed/seed.rs" } else { "seed/seed.sql" };
        let values = Values { tier: word(self.tier), name: self.name, table: self.table, columns, unique };
        self.templates.render(template, &values)
    }

    fn asked(&self) -> Result<Vec<Value>, CliError> {
        let mut values: Vec<Value> = Vec::new();
        for column in self.columns {
            if values.iter().any(|value| value.name == column.name) {
                return Err(CliError::Usage(format!("the column `{}` is given twice: give it once", column.name)));
            }
            let known = self.known.column_is(self.tier, self.table, &column.name, true)?;
            let asked = self.known.type_of(self.tier, self.table, column)?;
            let references = column.references.as_ref().map(|to| (to.table.clone(), to.column.clone()));
            let references = references.or_else(|| known.as_ref().and_then(|known| known.references.clone()));
            let ty = asked.or_else(|| known.and_then(|known| known.ty));
            values.push(value(&column.name, ty, references, column.default.as_ref())?);
        }
        Ok(values)
    }

    /// What the table does not take a row without.
    fn required(&self) -> Result<Vec<Value>, CliError> {
        let all = self.known.columns(self.tier, self.table);
        // A random id that is always the same is the key by which the row is there once.
        let is_id = |name: &str, ty: Option<ColumnType>| name == "id" && ty == Some(types::UUID);
        let written = all.iter().filter(|column| column.is_required || is_id(&column.name, column.ty));
        let mut values = Vec::new();
        for column in written {
            values.push(value(&column.name, column.ty, column.references.clone(), None)?);
        }
        if values.is_empty() {
            return Err(CliError::Usage(format!(
                "no column of `{}` has to be written: say which are, as in name:text",
                self.table
            )));
        }
        Ok(values)
    }
}

fn value(
    name: &str,
    ty: Option<ColumnType>,
    references: Option<(String, String)>,
    default: Option<&String>,
) -> Result<Value, CliError> {
    let value = match (default, references, ty) {
        (Some(default), ..) => default.clone(),
        (None, Some((table, column)), _) => {
            let (table, column) = (sql_name(&table), sql_name(&column));
            format!("(SELECT {column} FROM {table} ORDER BY {column} LIMIT 1)")
        }
        (None, None, Some(ty)) => ty.sample.to_owned(),
        (None, None, None) => {
            return Err(CliError::Usage(format!(
                "there is no example for the column `{name}`, whose type is none of ours: name the columns to be written, \
                 as in name:text, and write its value by hand"
            )));
        }
    };
    Ok(Value { name: sql_name(name), value })
}

/// A name that migrations use, quoted where it needs it.
fn sql_name(name: &str) -> String {
    if check(Subject::Column, name).is_ok() {
        return name.to_owned();
    }
    Identifier::new(name).map_or_else(|_| name.to_owned(), |name| name.quoted())
}
