//! What rules about tables have in common.

use super::catalog::{CatalogColumn, ColumnType};
use super::context::TableAt;
use crate::finding::Place;

impl TableAt<'_> {
    /// Whether it has its form from another table, and is judged there.
    pub(crate) fn is_part(&self) -> bool {
        self.relation.is_partition
    }

    /// Whether it may have more columns than are known.
    pub(crate) fn is_opaque(&self) -> bool {
        self.relation.is_opaque
    }

    pub(crate) fn place(&self) -> Place {
        self.relation.origin.place.clone()
    }

    pub(crate) fn around(&self) -> Place {
        self.relation.origin.around.clone()
    }

    /// The columns of its primary key.
    pub(crate) fn key_columns(&self) -> Vec<&CatalogColumn> {
        let key = self.relation.primary_key.iter().flat_map(|key| &key.columns);
        key.filter_map(|name| self.relation.column(name)).collect()
    }
}

/// Whether a type counts whole numbers, and of how many bytes.
pub(crate) fn integer_bytes(ty: &ColumnType) -> Option<u8> {
    match ty.name.as_str() {
        "int2" => Some(2),
        "int4" => Some(4),
        "int8" => Some(8),
        _ => None,
    }
}
