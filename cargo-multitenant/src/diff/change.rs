//! One difference.

use crate::model::{Check, Column, ForeignKey, Index, Key, Table, Type, TypeRef};

/// Whether something comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Make,
    Drop,
}

/// A difference between two models. Tables are as they are where the change is made: after it, or, for what goes, before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Before and after.
    RenameTable(String, String),
    /// Of a table: before and after.
    RenameColumn(Table, String, String),
    Type(Act, Type),
    /// The same type before and after: labels come only.
    Labels(Type, Type),
    Table(Act, Table),
    Column(Act, Table, Column),
    ColumnType(Table, Column, Column),
    Nullable(Table, Column),
    Default(Table, Column, Column),
    Identity(Table, Column, Column),
    PrimaryKey(Table, Option<Key>, Option<Key>),
    Unique(Act, Table, Key),
    ForeignKey(Act, Table, ForeignKey),
    Index(Act, Table, Index),
    Check(Act, Table, Check),
}

impl Change {
    /// In words, for a list.
    pub(crate) fn shown(&self) -> String {
        let verb = |act: &Act| if *act == Act::Make { "add" } else { "drop" };
        match self {
            Self::RenameTable(from, to) => format!("rename the table {from} to {to}"),
            Self::RenameColumn(table, from, to) => format!("rename {}.{from} to {to}", table.name),
            Self::Type(act, ty) => format!("{} the type {}", verb(act), ty.name),
            Self::Labels(_, ty) => format!("add labels to the type {}", ty.name),
            Self::Table(act, table) => format!("{} the table {}", verb(act), table.name),
            Self::Column(act, table, column) => format!("{} the column {}.{}", verb(act), table.name, column.name),
            Self::ColumnType(table, from, to) => {
                let sql = |column: &Column| column.ty.as_ref().map(TypeRef::sql).unwrap_or_default();
                format!("change the type of {}.{} from {} to {}", table.name, to.name, sql(from), sql(to))
            }
            Self::Nullable(table, to) => {
                let what = if to.is_nullable { "nullable" } else { "not null" };
                format!("make {}.{} {what}", table.name, to.name)
            }
            Self::Default(table, _, to) => format!("change the default of {}.{}", table.name, to.name),
            Self::Identity(table, _, to) => format!("change the identity of {}.{}", table.name, to.name),
            Self::PrimaryKey(table, ..) => format!("change the primary key of {}", table.name),
            Self::Unique(act, table, key) => {
                format!("{} the unique constraint {} of {}", verb(act), key.name, table.name)
            }
            Self::ForeignKey(act, table, key) => {
                format!("{} the foreign key {} of {}", verb(act), key.name, table.name)
            }
            Self::Index(act, table, index) => format!("{} the index {} of {}", verb(act), index.name, table.name),
            Self::Check(act, table, check) => format!("{} the check {} of {}", verb(act), check.name, table.name),
        }
    }
}
