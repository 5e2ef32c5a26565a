//! What the migrations make, folded statement by statement: which tables, types and functions there are in the shared
//! schema and in a tenant's, and where each came from.
//!
//! A name means what it means on the server: a tenant's migration sees its own schema first, then the shared one.
//! Where SQL is put together at run time, nobody can know what it makes: the catalogue then says that it is opaque, and
//! rules that would have to know stay silent. Deliberately absent: what is wrong with any of it.

mod alter;
mod comment;
mod create;
mod domain;
mod drop;
mod entries;
mod extension;
mod fold;
mod listing;
mod made_up;
mod object;
mod parts;
mod path;
mod rename;
mod resolve;
mod space;
mod table;
mod texts;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use entries::Entries;
pub(crate) use extension::{CatalogExtension, brings_its_schema};
pub use listing::folded_catalog;
pub(crate) use made_up::{name as made_up, of_columns};
pub(crate) use object::column_type;
pub(crate) use object::{
    CatalogCheck, CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogKey, CheckKind, ColumnType, Domain, Origin,
    Relation, RelationKind, RoutineEntry, TypeEntry, TypeKind,
};
pub(crate) use resolve::Home;
pub(crate) use space::Space;

/// What there is at one point of the migrations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalog {
    shared_schema: Arc<str>,
    pub(crate) shared: Space,
    pub(crate) tenant: Space,
    /// Further schemas that migrations make or name.
    pub(crate) others: BTreeMap<String, Space>,
    /// Those that are there, in the order in which they were made.
    pub(crate) extensions: Vec<CatalogExtension>,
    /// The schemas that extensions were put into, the shared schema's name for those without one.
    pub(crate) extension_schemas: Vec<String>,
    /// How many functions deep the folding is.
    depth: u8,
    /// The path that the script has set.
    path: Option<Arc<[String]>>,
}

impl Catalog {
    /// The catalogue before any migration.
    pub(crate) fn new(shared_schema: &str) -> Self {
        Self { shared_schema: shared_schema.into(), ..Self::default() }
    }

    /// The same before another script: what the last one has set for its session is gone.
    pub(crate) fn begin(&self) -> Self {
        Self { path: None, ..self.clone() }
    }

    /// The name of the shared schema.
    pub(crate) fn shared_schema(&self) -> &str {
        &self.shared_schema
    }
}
