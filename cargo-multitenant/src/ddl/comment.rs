//! COMMENT ON. Without a text the comment goes.

use super::column::of_table;
use super::name::{literal, name};
use crate::model::{Model, Sequence, Table, Type, TypeKind};

/// `COMMENT ON TABLE`.
pub(crate) fn comment_on_table(table: &Table, comment: Option<&str>) -> String {
    on(&format!("TABLE {}", name(&table.name)), comment)
}

/// `COMMENT ON COLUMN`.
pub(crate) fn comment_on_column(model: &Model, table: &Table, column: &str, comment: Option<&str>) -> String {
    on(&format!("COLUMN {}", of_table(model, table, column)), comment)
}

/// `COMMENT ON TYPE` or `COMMENT ON DOMAIN`.
pub(crate) fn comment_on_type(ty: &Type, comment: Option<&str>) -> String {
    let what = if matches!(ty.kind, TypeKind::Domain { .. }) { "DOMAIN" } else { "TYPE" };
    on(&format!("{what} {}", name(&ty.name)), comment)
}

/// `COMMENT ON SEQUENCE`.
pub(crate) fn comment_on_sequence(sequence: &Sequence, comment: Option<&str>) -> String {
    on(&format!("SEQUENCE {}", name(&sequence.name)), comment)
}

fn on(what: &str, comment: Option<&str>) -> String {
    format!("COMMENT ON {what} IS {};", comment.map_or_else(|| "NULL".to_owned(), literal))
}
