//! What CREATE makes.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::entries::cut;
use super::fold::Site;
use super::object::{Domain, TypeKind, ViewOf, column_type};
use super::{Catalog, CatalogColumn, CatalogIndex, Origin, Relation, RelationKind, RoutineEntry, TypeEntry};
use crate::lint::sql::{Class, Column, Detail, Ident, IndexDef, Name, Role, Statement, TypeDef};

impl Catalog {
    pub(super) fn create(&mut self, site: Site<'_>, text: &str) {
        let statement = site.statement;
        if statement.flags.temporary {
            return;
        }
        if let Detail::Extension { name, schema, .. } = &statement.detail {
            return self.extend(name.as_ref(), schema.as_ref());
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
                let parents: Vec<Name> = definition.partition_of.iter().chain(&definition.inherits).cloned().collect();
                self.insert(&name, site.tier, relation);
                self.has_parents(&name, &parents, site.tier);
                self.copy_indexes(&name, definition, site.tier);
            }
            (Detail::TableAs(columns), class) => {
                let relation = of_query(columns, class, statement, &origin);
                self.insert(&name, site.tier, relation);
            }
            (Detail::Index(index), _) => self.index(index, &name, site, &origin),
            (Detail::Type(definition), _) => {
                let kind = match definition {
                    TypeDef::Enum(labels) => TypeKind::Enum(labels.clone()),
                    TypeDef::Composite(fields) => {
                        let field = |field: &Column| (field.name.text.clone(), field.ty.as_ref().map(column_type));
                        TypeKind::Composite(fields.iter().map(field).collect())
                    }
                    TypeDef::Range => TypeKind::Range,
                    TypeDef::Domain { ty, constraints } => {
                        TypeKind::Domain(Domain::of(name.name(), ty.as_ref(), constraints))
                    }
                    TypeDef::Other => TypeKind::Other,
                };
                let types = &mut self.target(&name, site.tier).types;
                if !types.contains_key(name.name()) {
                    types.insert(name.name(), Arc::new(TypeEntry { kind, origin, comment: None, is_opaque: false }));
                }
            }
            (Detail::Routine(_), _) => {
                let text = text.get(statement.span.clone()).unwrap_or_default().split_whitespace().collect();
                let routine = Arc::new(RoutineEntry { origin, text, body: statement.nested.clone() });
                self.target(&name, site.tier).routines.insert(name.name(), routine);
            }
            (Detail::Sequence(_), _) if statement.flags.if_not_exists && self.has_own(&name, site.tier) => {}
            (Detail::Sequence(options), _) => {
                let options = options.clone();
                self.insert(&name, site.tier, Relation { options, ..Relation::new(RelationKind::Sequence, origin) });
            }
            (_, Class::Routine) => {
                let routine = RoutineEntry { origin, text: String::new(), body: Vec::new().into() };
                self.target(&name, site.tier).routines.insert(name.name(), Arc::new(routine));
            }
            _ => {}
        }
    }

    fn has_own(&mut self, name: &Name, tier: Tier) -> bool {
        self.target(name, tier).relations.contains_key(name.name())
    }

    fn insert(&mut self, name: &Name, tier: Tier, relation: Relation) {
        self.target(name, tier).put(name.name(), relation);
    }

    fn index(&mut self, index: &IndexDef, name: &Name, site: Site<'_>, origin: &Origin) {
        let Some(table) = site.statement.objects.iter().find(|object| object.role == Role::On) else { return };
        let table = &table.name;
        let entry = of_definition(index, table.name());
        let is_named = site.statement.objects.iter().any(|o| o.class == Class::Index && o.role == Role::Subject);
        let is_there = |space: &super::Space| space.relations.contains_key(table.name());
        // An index is always in its table's schema. One of a temporary table is as temporary.
        let Some(space) = self.space_of(table, site.tier, is_there) else { return };
        // Where it has none, PostgreSQL makes one of the table's and the columns'.
        let index_name = if is_named { name.name().to_owned() } else { space.index_name(&entry) };
        if !space.relations.contains_key(&index_name) {
            space.put(&index_name, Relation::new(RelationKind::Index(entry.clone()), origin.clone()));
            if !site.statement.flags.only {
                space.index_parts(table.name(), &entry, origin);
            }
        }
    }
}

/// A view, or a table that is made of a query.
fn of_query(columns: &[Ident], class: Class, statement: &Statement, origin: &Origin) -> Relation {
    let kind = match class {
        Class::View => RelationKind::View,
        Class::MaterializedView => RelationKind::MaterializedView,
        _ => RelationKind::Table,
    };
    let mut relation = Relation::new(kind.clone(), origin.clone());
    relation.columns = columns.iter().map(|column| CatalogColumn::unknown(&column.text, origin)).collect();
    relation.is_opaque = true;
    if kind != RelationKind::Table {
        let read = statement.objects.iter().filter(|object| object.role == Role::Read && object.class == Class::Table);
        let words = statement.queries.iter().flat_map(|query| query.words.iter().cloned());
        let relations = read.map(|object| object.name.name().to_owned()).collect();
        relation.view = Some(Arc::new(ViewOf { relations, words: words.collect() }));
    }
    relation
}

fn of_definition(index: &IndexDef, table: &str) -> CatalogIndex {
    let names = |columns: &[Option<Ident>]| -> Vec<Option<String>> {
        columns.iter().map(|column| column.as_ref().map(|column| cut(&column.text).to_owned())).collect()
    };
    CatalogIndex {
        table: cut(table).to_owned(),
        columns: names(&index.columns),
        labels: index.labels.clone(),
        words: index.words.clone(),
        is_unique: index.is_unique,
        is_partial: index.is_partial,
        is_special: index.is_special,
        method: index.method.clone().unwrap_or_else(|| "btree".to_owned()),
        items: index.items.clone(),
        include: index.include.iter().map(|column| cut(column).to_owned()).collect(),
        predicate: index.predicate.clone(),
        nulls_not_distinct: index.nulls_not_distinct,
    }
}
