//! The sequences that come with columns.

use super::change::Change;
use crate::lint::made_up;
use crate::model::{Column, Default, Home, Table, TypeRef};

/// What the sequence of a column is called: after what the table and the column were called when it was made. A rename
/// leaves its name as it is.
pub(super) fn sequence_of(changes: &[Change], table: &Table, column: &str) -> String {
    let (mut of_table, mut of_column) = (table.name.as_str(), column);
    for change in changes.iter().rev() {
        match change {
            Change::RenameColumn(on, from, to) if on.name == table.name && to == of_column => of_column = from,
            Change::RenameTable(from, to) if to == of_table => of_table = from,
            _ => {}
        }
    }
    made_up(of_table, of_column, "seq", |_| false)
}

/// Whether a column's type changes and its numbers come from a sequence that has a type of its own, which stays. That of an
/// identity column changes with the column.
pub(super) fn has_own_type(from: &Column, to: &Column) -> bool {
    let is_serial = |column: &Column| column.default == Some(Default::Serial) && column.identity.is_none();
    let is_counted = |column: &Column| column.ty.as_ref().is_some_and(is_whole_number);
    is_serial(from) && is_serial(to) && is_counted(from) && is_counted(to)
}

fn is_whole_number(ty: &TypeRef) -> bool {
    ty.home == Home::System && !ty.array && matches!(ty.name.as_str(), "int2" | "int4" | "int8")
}
