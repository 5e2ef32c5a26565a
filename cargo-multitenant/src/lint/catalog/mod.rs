//! What the migrations make, folded statement by statement: which tables, types and functions there are in the shared
//! schema and in a tenant's, and where each came from.
//!
//! A name means what it means on the server: a tenant's migration sees its own schema first, then the shared one.
//! Where SQL is put together at run time, nobody can know what it makes: the catalogue then says that it is opaque, and
//! rules that would have to know stay silent. Deliberately absent: what is wrong with any of it.

mod create;
mod drop;
mod fold;
mod object;
mod rename;
mod resolve;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use object::{
    CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogKey, ColumnType, Origin, Relation, RelationKind,
    RoutineEntry, TypeEntry,
};
pub(crate) use resolve::Home;

/// What there is at one point of the migrations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalog {
    shared_schema: Arc<str>,
    pub(crate) shared: Space,
    pub(crate) tenant: Space,
    /// Further schemas that migrations make or name.
    pub(crate) others: BTreeMap<String, Space>,
    /// The schemas that extensions were put into, the shared schema's name for those without one.
    pub(crate) extension_schemas: Vec<String>,
    /// How many functions deep the folding is.
    depth: u8,
}

/// The objects of a schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct Space {
    /// Tables, views, indexes and sequences, which share one space of names.
    pub(crate) relations: BTreeMap<String, Arc<Relation>>,
    pub(crate) types: BTreeMap<String, Arc<TypeEntry>>,
    pub(crate) routines: BTreeMap<String, Arc<RoutineEntry>>,
    /// Whether there may be more, or less, than is known.
    pub(crate) is_opaque: bool,
}

impl Catalog {
    /// The catalogue before any migration.
    pub(crate) fn new(shared_schema: &str) -> Self {
        Self { shared_schema: shared_schema.into(), ..Self::default() }
    }

    /// The name of the shared schema.
    pub(crate) fn shared_schema(&self) -> &str {
        &self.shared_schema
    }
}

impl Space {
    /// The tables, partitions included.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&String, &Arc<Relation>)> {
        self.relations.iter().filter(|(_, relation)| relation.kind.is_table())
    }

    /// The indexes of a table.
    pub(crate) fn indexes<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a String, &'a CatalogIndex)> {
        self.relations.iter().filter_map(move |(name, relation)| match &relation.kind {
            RelationKind::Index(index) if index.table == table => Some((name, index)),
            _ => None,
        })
    }
}
