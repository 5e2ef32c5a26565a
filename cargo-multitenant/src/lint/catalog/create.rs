//! What CREATE makes.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::fold::Site;
use super::object::{TypeKind, column_type};
use super::{Catalog, CatalogColumn, CatalogIndex, Origin, Relation, RelationKind, RoutineEntry, Space, TypeEntry};
use crate::lint::sql::{Class, Detail, IndexDef, Name, Role, TypeDef};

impl Catalog {
    pub(super) fn create(&mut self, site: Site<'_>, text: &str) {
        let statement = site.statement;
        if statement.flags.temporary {
            return;
        }
        if let Detail::Extension { schema, .. } = &statement.detail {
            let schema = schema.as_ref().map_or_else(|| self.shared_schema().to_owned(), |schema| schema.text.clone());
            self.extension_schemas.push(schema);
            return;
        }
        // An index may have no name of its own; its table has one.
        let on = || statement.objects.iter().find(|object| object.role == Role::On);
        let Some(name) = statement.subject().or_else(on).map(|object| object.name.clone()) else { return };
        let origin = site.origin(name.span());
        match (&statement.detail, statement.class) {
            // It is there already, and IF NOT EXISTS leaves it as it is.
            (Detail::Table(_) | Detail::TableAs(_), _)
                if statement.flags.if_not_exists && self.has_own(&name, site.tier) => {}
            (Detail::Table(definition), _) => {
                let relation = self.table(definition, &site, origin);
                self.insert(&name, site.tier, relation);
            }
            (Detail::TableAs(columns), class) => {
                let kind = match class {
                    Class::View => RelationKind::View,
                    Class::MaterializedView => RelationKind::MaterializedView,
                    _ => RelationKind::Table,
                };
                let mut relation = Relation::new(kind, origin.clone());
                relation.columns = columns.iter().map(|column| CatalogColumn::unknown(&column.text, &origin)).collect();
                relation.is_opaque = true;
                self.insert(&name, site.tier, relation);
            }
            (Detail::Index(index), _) => self.index(index, &name, site, origin),
            (Detail::Type(definition), _) => {
                let kind = match definition {
                    TypeDef::Enum(labels) => TypeKind::Enum(labels.clone()),
                    TypeDef::Composite => TypeKind::Composite,
                    TypeDef::Range => TypeKind::Range,
                    TypeDef::Domain(ty) => TypeKind::Domain(ty.as_ref().map(column_type)),
                    TypeDef::Other => TypeKind::Other,
                };
                let types = &mut self.target(&name, site.tier).types;
                types.entry(name.name.text.clone()).or_insert_with(|| Arc::new(TypeEntry { kind, origin }));
            }
            (Detail::Routine(_), _) => {
                let text = text.get(statement.span.clone()).unwrap_or_default().split_whitespace().collect();
                let routine = Arc::new(RoutineEntry { origin, text, body: statement.nested.clone() });
                self.target(&name, site.tier).routines.insert(name.name.text.clone(), routine);
            }
            (_, Class::Sequence) => self.insert(&name, site.tier, Relation::new(RelationKind::Sequence, origin)),
            (_, Class::Routine) => {
                let routine = RoutineEntry { origin, text: String::new(), body: Vec::new().into() };
                self.target(&name, site.tier).routines.insert(name.name.text.clone(), Arc::new(routine));
            }
            _ => {}
        }
    }

    fn has_own(&mut self, name: &Name, tier: Tier) -> bool {
        self.target(name, tier).relations.contains_key(name.name())
    }

    fn insert(&mut self, name: &Name, tier: Tier, relation: Relation) {
        self.target(name, tier).relations.insert(name.name.text.clone(), Arc::new(relation));
    }

    fn index(&mut self, index: &IndexDef, name: &Name, site: Site<'_>, origin: Origin) {
        let Some(table) = site.statement.objects.iter().find(|object| object.role == Role::On) else { return };
        let table = &table.name;
        let entry = CatalogIndex {
            table: table.name.text.clone(),
            columns: index.columns.iter().map(|column| column.as_ref().map(|column| column.text.clone())).collect(),
            is_unique: index.is_unique,
            is_partial: index.is_partial,
            method: index.method.clone().unwrap_or_else(|| "btree".to_owned()),
        };
        // Where it has none, PostgreSQL makes one of the table's and the columns'.
        let is_named = site.statement.objects.iter().any(|o| o.class == Class::Index && o.role == Role::Subject);
        let index_name = if is_named { name.name.text.clone() } else { default_index_name(&entry) };
        let is_there = |space: &Space| space.relations.contains_key(table.name());
        // An index is always in its table's schema.
        let space = match self.space_of(table, site.tier, is_there) {
            Some(space) => space,
            None => self.target(table, site.tier),
        };
        let relation = Relation::new(RelationKind::Index(entry), origin);
        space.relations.entry(index_name).or_insert_with(|| Arc::new(relation));
    }
}

/// As PostgreSQL names an index without a name, before it makes the name unique.
fn default_index_name(index: &CatalogIndex) -> String {
    let columns = index.columns.iter().map(|column| column.as_deref().unwrap_or("expr"));
    let parts: Vec<&str> = std::iter::once(index.table.as_str()).chain(columns).chain(["idx"]).collect();
    parts.join("_")
}
