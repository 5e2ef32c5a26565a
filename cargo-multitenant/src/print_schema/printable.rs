//! Tables that no database was asked for, in the form of those that one was.

use multitenant_runtime::Tier;

use super::content::{Place, printed};
use super::inspect::KeyFact;
use super::joins;
use super::model::{Column, Model, Table};
use super::names::{ColumnNames, rust_name};
use super::style::Style;
use super::types::SqlType;
use crate::error::CliError;

/// A table to be printed.
#[derive(Debug)]
pub(crate) struct Printable {
    pub(crate) tier: Tier,
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    /// The columns of the primary key.
    pub(crate) primary_key: Vec<String>,
    pub(crate) columns: Vec<PrintableColumn>,
}

/// A column of it.
#[derive(Debug)]
pub(crate) struct PrintableColumn {
    pub(crate) name: String,
    pub(crate) ty: SqlType,
    pub(crate) is_array: bool,
    pub(crate) is_nullable: bool,
    pub(crate) max_length: Option<u64>,
    pub(crate) comment: Option<String>,
}

/// `table!` and what may be joined, without the lines by which a file of print-schema is known. A tenant's schema has an
/// empty name in `keys`.
pub(crate) fn tables_text(
    tables: Vec<Printable>,
    keys: &[KeyFact],
    shared_schema: &str,
    style: &Style,
    warnings: &mut Vec<String>,
) -> Result<String, CliError> {
    let tables: Vec<Table> = tables.into_iter().map(|table| of(table, shared_schema)).collect();
    let joins = joins::safe(&tables, keys, shared_schema, "");
    let model = Model { tables, joins, warnings: Vec::new() };
    let sheets = printed(&model, shared_schema, style, false, &Place::Stdout, warnings)?;
    let text: String = sheets.into_iter().map(|sheet| sheet.text).collect();
    let head = text.lines().take_while(|line| line.starts_with("//")).count();
    let rest: Vec<&str> = text.lines().skip(head).skip_while(|line| line.is_empty()).collect();
    Ok(if rest.is_empty() { String::new() } else { rest.join("\n") + "\n" })
}

fn of(table: Printable, shared_schema: &str) -> Table {
    let rust = rust_name(&table.name, None);
    let names = ColumnNames::new(table.columns.iter().map(|column| column.name.as_str()), &rust);
    let columns = table.columns.into_iter().map(|column| Column {
        rust_name: names.of(&column.name),
        name: column.name,
        ty: column.ty,
        is_array: column.is_array,
        is_nullable: column.is_nullable,
        max_length: column.max_length,
        comment: column.comment,
    });
    Table {
        tier: table.tier,
        columns: columns.collect(),
        primary_key: table.primary_key.iter().map(|column| names.of(column)).collect(),
        schema: (table.tier == Tier::Shared).then(|| shared_schema.to_owned()),
        comment: table.comment,
        name: table.name,
        rust_name: rust,
    }
}
