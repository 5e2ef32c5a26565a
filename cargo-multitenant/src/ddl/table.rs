//! Tables.

use super::check::check;
use super::column::{column_definition, values};
use super::key::{primary_key, unique};
use super::name::name;
use super::partition::Parted;
use crate::model::{Column, Default, Model, Table};

/// `CREATE TABLE`, with its columns, primary key, unique constraints and checks; foreign keys, indexes, comments, and checks
/// that are NOT VALID are statements of their own.
///
/// What a partition or a child has from its parent is not said again.
pub(crate) fn create_table(model: &Model, table: &Table) -> String {
    let own = name(&table.name);
    let by = table.partition_by.as_ref().map(|by| format!(" PARTITION BY {by}")).unwrap_or_default();
    let parted = Parted::of(model, table);
    let checks = |parted: Option<&Parted<'_>>| -> Vec<String> {
        let own = table.checks.iter().filter(|of| !of.not_valid && !parted.is_some_and(|parted| parted.has_check(of)));
        own.map(check).collect()
    };
    match &parted {
        Some(parted) if table.is_partition() && parted.is_made_of_its_parent() => {
            let parts: Vec<String> =
                table.columns.iter().filter_map(|column| added(parted, column)).chain(checks(Some(parted))).collect();
            let parts = if parts.is_empty() { String::new() } else { format!(" {}", block(&parts)) };
            let bounds = table.part.as_ref().and_then(|part| part.bounds.as_deref()).unwrap_or("DEFAULT");
            format!("CREATE TABLE {own} PARTITION OF {}{parts} {bounds}{by};", name(&parted.parent.name))
        }
        Some(parted) if !table.is_partition() => {
            let is_own = |column: &&Column| {
                let from = parted.inherited(column);
                from.is_none_or(|from| {
                    (&from.ty, from.is_nullable, &from.default) != (&column.ty, column.is_nullable, &column.default)
                })
            };
            let columns = table.columns.iter().filter(is_own);
            let mut parts: Vec<String> = columns.map(|column| column_definition(model, table, column)).collect();
            parts.extend(keys(table));
            parts.extend(checks(Some(parted)));
            let parts = if parts.is_empty() { "()".to_owned() } else { block(&parts) };
            format!("CREATE TABLE {own} {parts} INHERITS ({}){by};", name(&parted.parent.name))
        }
        // A partition with names of its own is made by itself, and attached.
        _ => {
            let columns = table.columns.iter().map(|column| column_definition(model, table, &alone(table, column)));
            let parts: Vec<String> = columns.chain(keys(table)).chain(checks(None)).collect();
            let parts = if parts.is_empty() { "()".to_owned() } else { block(&parts) };
            format!("CREATE TABLE {own} {parts}{by};")
        }
    }
}

/// `ALTER TABLE … ATTACH PARTITION`, for a partition that its parent alone does not make.
pub(super) fn attach(model: &Model, table: &Table) -> Option<String> {
    let parted = Parted::of(model, table).filter(|parted| table.is_partition() && !parted.is_made_of_its_parent())?;
    let bounds = table.part.as_ref().and_then(|part| part.bounds.as_deref()).unwrap_or("DEFAULT");
    Some(format!("ALTER TABLE {} ATTACH PARTITION {} {bounds};", name(&parted.parent.name), name(&table.name)))
}

/// `DROP TABLE`.
pub(crate) fn drop_table(table: &Table) -> String {
    format!("DROP TABLE {};", name(&table.name))
}

fn keys(table: &Table) -> impl Iterator<Item = String> {
    table.primary_key.iter().map(primary_key).chain(table.uniques.iter().map(unique))
}

/// What a partition says of a column beyond its parent.
fn added(parted: &Parted<'_>, column: &Column) -> Option<String> {
    let from = parted.inherited(column)?;
    let not_null = if from.is_nullable && !column.is_nullable { " NOT NULL" } else { "" };
    let has_own = column.default != from.default && matches!(column.default, Some(Default::Expression(_)));
    let values = if has_own { values(column) } else { String::new() };
    let text = format!("{not_null}{values}");
    (!text.is_empty()).then(|| name(&column.name) + &text)
}

/// A column of a table that is still to be attached: numbers are counted by the parent.
fn alone(table: &Table, column: &Column) -> Column {
    let mut column = column.clone();
    if table.is_partition() {
        column.identity = None;
        column.default = column.default.filter(|default| *default != Default::Serial);
    }
    column
}

fn block(parts: &[String]) -> String {
    let lines: Vec<String> = parts.iter().map(|part| format!("    {part}")).collect();
    format!("(\n{}\n)", lines.join(",\n"))
}
