//! Columns.

use super::expression::default;
use super::name::{in_tier, name};
use super::type_text::type_text;
use crate::model::{Column, Default, Home, Model, Table, TypeRef};

/// A column as CREATE TABLE and ADD COLUMN have it: name, type, collation, NOT NULL, and where its values come from.
///
/// A column whose type nobody knows has none here, and the server refuses it: who calls says so before.
pub(crate) fn column_definition(model: &Model, table: &Table, column: &Column) -> String {
    let mut text = name(&column.name);
    if let Some(ty) = &column.ty {
        let written = match column.default {
            Some(Default::Serial) => serial(ty).map(str::to_owned),
            _ => None,
        };
        text += &format!(" {}", written.unwrap_or_else(|| type_text(model, table.tier, ty)));
    }
    if let Some(collation) = &column.collation {
        text += &format!(" COLLATE {collation}");
    }
    if !column.is_nullable && !is_implied(table, column) {
        text += " NOT NULL";
    }
    text + &values(column)
}

/// `ALTER TABLE … ADD COLUMN`.
pub(crate) fn add_column(model: &Model, table: &Table, column: &Column) -> String {
    format!("ALTER TABLE {} ADD COLUMN {};", name(&table.name), column_definition(model, table, column))
}

/// `ALTER TABLE … DROP COLUMN`.
pub(crate) fn drop_column(table: &Table, column: &str) -> String {
    format!("ALTER TABLE {} DROP COLUMN {};", name(&table.name), name(column))
}

/// Where the values of a column come from.
pub(super) fn values(column: &Column) -> String {
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        return format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression);
    }
    if let Some(identity) = &column.identity {
        let kind = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
        let options = identity.options.as_ref().map(|options| format!(" ({options})")).unwrap_or_default();
        return format!(" GENERATED {kind} AS IDENTITY{options}");
    }
    match &column.default {
        Some(Default::Expression(expression)) => format!(" DEFAULT {}", default(expression)),
        Some(Default::Serial) | None => String::new(),
    }
}

/// Whether something else makes it NOT NULL.
fn is_implied(table: &Table, column: &Column) -> bool {
    table.is_in_key(&column.name) || column.identity.is_some() || column.default == Some(Default::Serial)
}

/// The word for a number that comes with a sequence of its own.
fn serial(ty: &TypeRef) -> Option<&'static str> {
    match (ty.home, ty.array, ty.name.as_str()) {
        (Home::System, false, "int2") => Some("smallserial"),
        (Home::System, false, "int4") => Some("serial"),
        (Home::System, false, "int8") => Some("bigserial"),
        _ => None,
    }
}

/// The table's name with the column's, as COMMENT has it.
pub(super) fn of_table(model: &Model, table: &Table, column: &str) -> String {
    let own = in_tier(model, table.tier, Home::of(table.tier), None, &table.name);
    format!("{own}.{}", name(column))
}
