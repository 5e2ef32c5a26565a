//! What DROP takes away, and what goes with it.

use std::sync::Arc;

use super::fold::Site;
use super::{Catalog, Relation, RelationKind, Space};
use crate::lint::sql::Class;

impl Catalog {
    pub(super) fn drop(&mut self, site: Site<'_>) {
        let cascade = site.statement.flags.cascade;
        self.unextend(&site);
        let subjects: Vec<_> = site.statement.subjects().cloned().collect();
        for subject in subjects {
            let (name, key) = (&subject.name, subject.name.name());
            match subject.class {
                class if class.is_relation() => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.relations.contains_key(key)) {
                        let dropped = space.drop_relation(key, cascade);
                        if cascade {
                            dropped.iter().for_each(|(name, relation)| self.drop_dependents(name, relation));
                        }
                    }
                }
                Class::Type | Class::Domain => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.types.contains_key(key)) {
                        space.types.remove(key);
                        if cascade {
                            self.drop_columns_of(key);
                        }
                    }
                }
                Class::Routine => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.routines.contains_key(key)) {
                        space.routines.remove(key);
                    }
                }
                Class::Schema => {
                    if let Some(space) = self.others.remove(key).filter(|_| cascade) {
                        space.relations.iter().for_each(|(name, relation)| self.drop_dependents(name, relation));
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn spaces_mut(&mut self) -> impl Iterator<Item = &mut Space> {
        [&mut self.shared, &mut self.tenant].into_iter().chain(self.others.values_mut())
    }

    /// Foreign keys to a table that is gone, and views of it.
    fn drop_dependents(&mut self, name: &str, dropped: &Relation) {
        if matches!(dropped.kind, RelationKind::Index(_)) {
            return;
        }
        if dropped.kind == RelationKind::Sequence {
            return self.drop_defaults(name);
        }
        for space in self.spaces_mut() {
            let refers = |relation: &Relation| relation.foreign_keys.iter().any(|key| key.table.name() == name);
            for table in space.names_of(refers) {
                space.change(&table, |relation| relation.foreign_keys.retain(|key| key.table.name() != name));
            }
        }
        self.drop_views(|view| view.relations.contains(name));
    }

    fn drop_defaults(&mut self, sequence: &str) {
        for space in self.spaces_mut() {
            let is_of = |drawn: &Option<String>| {
                drawn.as_deref().is_some_and(|drawn| drawn.rsplit('.').next() == Some(sequence))
            };
            for table in space.names_of(|relation| relation.columns.iter().any(|column| is_of(&column.sequence))) {
                space.change(&table, |relation| {
                    for column in relation.columns.iter_mut().filter(|column| is_of(&column.sequence)) {
                        (column.has_default, column.sequence, column.default) = (false, None, None);
                    }
                });
            }
        }
    }

    /// Views, and what is made of them in turn.
    pub(super) fn drop_views(&mut self, is_of: impl Fn(&super::object::ViewOf) -> bool) {
        let mut gone = Vec::new();
        for space in self.spaces_mut() {
            for view in space.names_of(|relation| relation.view.as_ref().is_some_and(|view| is_of(view))) {
                gone.extend(space.drop_relation(&view, true));
            }
        }
        gone.iter().for_each(|(name, view)| self.drop_dependents(name, view));
    }

    /// The columns of a type that is gone.
    fn drop_columns_of(&mut self, ty: &str) {
        for space in self.spaces_mut() {
            let is_of = |relation: &Relation| {
                relation.kind.is_table()
                    && relation.columns.iter().any(|column| column.ty.as_ref().is_some_and(|of| of.name == ty))
            };
            for table in space.names_of(is_of) {
                let columns = space.relations.get(&table).map(|relation| {
                    let columns = relation.columns.iter();
                    columns.filter(|c| c.ty.as_ref().is_some_and(|of| of.name == ty)).map(|c| c.name.clone()).collect()
                });
                columns.unwrap_or_else(Vec::new).iter().for_each(|column| space.drop_column(&table, column));
            }
        }
    }
}

impl Space {
    /// The names of the relations that are such.
    pub(super) fn names_of(&self, is_one: impl Fn(&Relation) -> bool) -> Vec<String> {
        self.relations.iter().filter(|(_, relation)| is_one(relation)).map(|(name, _)| name.clone()).collect()
    }

    /// Drops a relation with its indexes and partitions, with its children too where it cascades.
    fn drop_relation(&mut self, name: &str, cascade: bool) -> Vec<(String, Arc<Relation>)> {
        let Some(relation) = self.take(name) else { return Vec::new() };
        self.index_names(name).iter().for_each(|index| _ = self.take(index));
        let mut dropped = Vec::new();
        if relation.has_children && (cascade || relation.is_partitioned) {
            for part in self.parts_of(name) {
                dropped.extend(self.drop_relation(&part, cascade));
            }
        }
        dropped.push((name.to_owned(), relation));
        dropped
    }

    /// Drops a column, and what cannot be without it.
    pub(super) fn drop_column(&mut self, table: &str, column: &str) {
        let uses = |index: &super::CatalogIndex| {
            index.columns.iter().any(|of| of.as_deref() == Some(column)) || index.words.contains(column)
        };
        let indexes: Vec<String> =
            self.indexes(table).filter(|(_, index)| uses(index)).map(|(name, _)| name.clone()).collect();
        indexes.iter().for_each(|index| _ = self.take(index));
        self.change(table, |relation| relation.drop_column(column));
    }
}
