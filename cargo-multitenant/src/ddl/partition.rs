//! What a partition or a child has from its parent, and need not be said again.

use crate::model::{Check, Column, ForeignKey, Home, Model, Table};

/// A table and the one that it is a part of.
pub(super) struct Parted<'a> {
    pub(super) table: &'a Table,
    pub(super) parent: &'a Table,
}

impl<'a> Parted<'a> {
    /// `None` where a table is no part, or its parent is not of the model.
    pub(super) fn of(model: &'a Model, table: &'a Table) -> Option<Self> {
        let part = table.part.as_ref()?;
        let parent = model.table(Home::of(table.tier), &part.of)?;
        Some(Self { table, parent })
    }

    /// Whether `PARTITION OF` makes what it is: the same columns, and keys that have the names that PostgreSQL gives. Else
    /// it is made by itself, and attached.
    pub(super) fn is_made_of_its_parent(&self) -> bool {
        let (own, from) = (self.table, self.parent);
        let columns = own.columns.len() == from.columns.len()
            && own.columns.iter().zip(&from.columns).all(|(own, from)| {
                (&own.name, &own.ty, &own.collation, &own.generated)
                    == (&from.name, &from.ty, &from.collation, &from.generated)
            });
        let primary = match (&own.primary_key, &from.primary_key) {
            (None, None) => true,
            (Some(key), Some(of)) => key.columns == of.columns && key.name == format!("{}_pkey", own.name),
            _ => false,
        };
        let made_up = |columns: &[String]| format!("{}_{}_key", own.name, columns.join("_"));
        let uniques = own.uniques.len() == from.uniques.len()
            && own.uniques.iter().all(|key| {
                let named: Vec<String> = key.columns.iter().chain(&key.include).cloned().collect();
                key.name == made_up(&named) && from.uniques.iter().any(|of| of.columns == key.columns)
            });
        columns && primary && uniques
    }

    /// The column of the parent that this one is.
    pub(super) fn inherited(&self, column: &Column) -> Option<&'a Column> {
        self.parent.column(&column.name)
    }

    /// Whether a condition is the parent's.
    pub(super) fn has_check(&self, check: &Check) -> bool {
        self.parent.checks.iter().any(|of| of.name == check.name && !of.no_inherit)
    }

    /// Whether a foreign key is the parent's: partitions have these.
    pub(super) fn has_foreign_key(&self, key: &ForeignKey) -> bool {
        let is_partition = self.table.is_partition();
        is_partition
            && self
                .parent
                .foreign_keys
                .iter()
                .any(|of| of.columns == key.columns && of.table == key.table && of.home == key.home)
    }
}
