//! The sequences that come with columns.

use crate::ddl::name;
use crate::model::{Column, Default, Home, Table, TypeRef};

/// What the sequence of a column that is there is called, as it stands in a statement: as the migrations have left it. What
/// has none that is known is in the way of what needs it.
pub(super) fn sequence_of(column: &Column) -> String {
    name(column.sequence.as_deref().unwrap_or_default())
}

/// Whether a column's type changes and its numbers come from a sequence that has a type of its own, which stays. That of an
/// identity column changes with the column.
pub(super) fn has_own_type(from: &Column, to: &Column) -> bool {
    let is_counted = |column: &Column| column.ty.as_ref().is_some_and(is_whole_number);
    is_serial(from) && is_serial(to) && is_counted(from) && is_counted(to)
}

/// Why a change of a column cannot be written, where it needs a sequence of which no migration says the name.
pub(super) fn nameless(table: &Table, from: &Column) -> Option<String> {
    (is_serial(from) && from.sequence.is_none()).then(|| {
        format!(
            "{0}.{1} draws from a sequence, and no migration says which one: change {0}.{1} by a migration of your own",
            table.name, from.name
        )
    })
}

fn is_serial(column: &Column) -> bool {
    column.default == Some(Default::Serial) && column.identity.is_none()
}

fn is_whole_number(ty: &TypeRef) -> bool {
    ty.home == Home::System && !ty.array && matches!(ty.name.as_str(), "int2" | "int4" | "int8")
}
