//! Partitions, children and copies: what a table has from another.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::fold::Site;
use super::{Catalog, CatalogIndex, CatalogKey, CheckKind, Origin, Relation, RelationKind, Space};
use crate::lint::sql::{Like, Name, TableDef};

impl Catalog {
    /// Tells its parents that a table has some, and gives it their indexes where it is a partition.
    pub(super) fn has_parents(&mut self, name: &Name, parents: &[Name], tier: Tier) {
        for parent in parents {
            self.has_part(parent, name, tier);
        }
    }

    fn has_part(&mut self, parent: &Name, part: &Name, tier: Tier) {
        let key = parent.name();
        let Some(space) = self.space_of(parent, tier, |space| space.relations.contains_key(key)) else { return };
        if space.relations.get(key).is_some_and(|relation| !relation.has_children) {
            space.change(key, |relation| relation.has_children = true);
        }
        let is_partitioned = space.relations.get(key).is_some_and(|relation| relation.is_partitioned);
        let indexes = space.indexes_in_order(key);
        let key = part.name();
        let Some(space) = self.space_of(part, tier, |space| space.relations.contains_key(key)) else { return };
        for (index, origin) in indexes.iter().filter(|_| is_partitioned) {
            space.index_part(key, index, origin);
        }
    }

    pub(super) fn attach(&mut self, parent: &Name, part: &Name, bounds: Option<&Arc<str>>, site: &Site<'_>) {
        let Some(relation) = self.relation(parent, site.tier).map(|found| found.entry.clone()) else { return };
        let key = part.name();
        let Some(space) = self.space_of(part, site.tier, |space| space.relations.contains_key(key)) else { return };
        space.change(key, |part| {
            part.is_partition = true;
            part.bounds = bounds.cloned();
            part.parent = Some(parent.name().to_owned());
            part.columns.iter_mut().for_each(|column| column.is_inherited = true);
            let primary = || relation.primary_key.as_ref().map(unnamed);
            part.primary_key = part.primary_key.take().or_else(primary);
            for column in part.primary_key.iter().flat_map(|key| key.columns.clone()).collect::<Vec<_>>() {
                part.with_column(&column, |column| column.not_null = true);
            }
            let uniques = relation.uniques.iter().filter(|key| !part.uniques.iter().any(|k| k.columns == key.columns));
            let uniques: Vec<_> = uniques.map(unnamed).collect();
            part.uniques.extend(uniques);
            let is_equal = |a: &super::CatalogForeignKey, b: &super::CatalogForeignKey| {
                a.columns == b.columns && a.table.name() == b.table.name()
            };
            let keys = relation.foreign_keys.iter().filter(|key| !part.foreign_keys.iter().any(|k| is_equal(k, key)));
            let keys: Vec<_> = keys.cloned().collect();
            part.foreign_keys.extend(keys);
        });
        self.has_part(parent, part, site.tier);
    }

    pub(super) fn detach(&mut self, part: &Name, tier: Tier) {
        let key = part.name();
        if let Some(space) = self.space_of(part, tier, |space| space.relations.contains_key(key)) {
            space.change(key, |part| {
                (part.is_partition, part.parent, part.bounds) = (false, None, None);
                for column in &mut part.columns {
                    column.is_inherited = false;
                    // The numbers were the parent's.
                    column.identity = None;
                    if std::mem::take(&mut column.is_identity) {
                        column.has_default = false;
                    }
                }
            });
        }
    }

    /// The indexes that LIKE copies.
    pub(super) fn copy_indexes(&mut self, name: &Name, definition: &TableDef, tier: Tier) {
        for like in definition.likes.iter().filter(|like| like.indexes) {
            let key = like.table.name();
            let has = |space: &Space| space.relations.contains_key(key);
            let Some(space) = self.space_of(&like.table, tier, has) else { continue };
            let indexes = space.indexes_in_order(key);
            let Some(space) = self.space_of(name, tier, |space| space.relations.contains_key(name.name())) else {
                continue;
            };
            indexes.iter().for_each(|(index, origin)| space.copy_index(name.name(), index, origin));
        }
    }
}

impl Space {
    /// The partitions and children of a table.
    pub(super) fn parts_of(&self, table: &str) -> Vec<String> {
        self.names_of(|relation| relation.kind.is_table() && relation.parent.as_deref() == Some(table))
    }

    /// The indexes of a table, the oldest first: in this order they are copied, and get their names.
    fn indexes_in_order(&self, table: &str) -> Vec<(CatalogIndex, Origin)> {
        let mut indexes: Vec<(CatalogIndex, Origin)> = self
            .indexes(table)
            .filter_map(|(name, index)| Some((index.clone(), self.relations.get(name)?.origin.clone())))
            .collect();
        indexes.sort_by_key(|(_, origin)| (origin.around.file, origin.around.span.start));
        indexes
    }

    /// Gives the partitions of a table an index of it.
    pub(super) fn index_parts(&mut self, table: &str, index: &CatalogIndex, origin: &Origin) {
        if self.relations.get(table).is_some_and(|relation| relation.is_partitioned && relation.has_children) {
            self.parts_of(table).iter().for_each(|part| self.index_part(part, index, origin));
        }
    }

    /// A partition that has such an index needs no other.
    fn index_part(&mut self, part: &str, index: &CatalogIndex, origin: &Origin) {
        let is_equal = |own: &CatalogIndex| {
            (&own.columns, &own.words, own.is_unique, own.is_partial, &own.method)
                == (&index.columns, &index.words, index.is_unique, index.is_partial, &index.method)
        };
        if !self.indexes(part).any(|(_, own)| is_equal(own)) {
            self.copy_index(part, index, origin);
        }
        self.index_parts(part, index, origin);
    }

    fn copy_index(&mut self, table: &str, index: &CatalogIndex, origin: &Origin) {
        // The columns may have got other names since.
        let now =
            index.columns.iter().zip(&index.labels).map(|(key, label)| key.clone().unwrap_or_else(|| label.clone()));
        let included = index.labels.iter().skip(index.columns.len()).cloned();
        let labels = now.chain(included).collect();
        let index = CatalogIndex { table: table.to_owned(), labels, ..index.clone() };
        let name = self.index_name(&index);
        self.put(&name, Relation::new(RelationKind::Index(index), origin.clone()));
    }
}

impl Relation {
    /// What a partition or a child has from its parent.
    pub(super) fn inherit(&mut self, parent: &Self, is_partition: bool) {
        for column in &parent.columns {
            if self.column(&column.name).is_none() {
                let mut column = column.clone();
                column.is_inherited = true;
                column.is_identity &= is_partition;
                column.identity = column.identity.filter(|_| is_partition);
                self.columns.push(column);
            }
        }
        if is_partition {
            self.primary_key = parent.primary_key.as_ref().map(unnamed);
            self.uniques = parent.uniques.iter().map(unnamed).collect();
            self.foreign_keys.clone_from(&parent.foreign_keys);
        }
        let is_passed_on =
            |check: &&super::CatalogCheck| !matches!(check.kind, CheckKind::Check { no_inherit: true, .. });
        self.checks.extend(parent.checks.iter().filter(is_passed_on).cloned());
        self.is_opaque |= parent.is_opaque;
    }

    /// What LIKE copies.
    pub(super) fn copy(&mut self, from: &Self, like: &Like) {
        for column in &from.columns {
            let mut column = column.clone();
            column.is_inherited = false;
            if !like.defaults {
                (column.sequence, column.default) = (None, None);
                (column.has_default, column.is_serial) = (false, false);
            }
            // A default goes on drawing from the old one; an identity has one of its own.
            column.own_sequence = column.own_sequence.filter(|_| column.is_serial);
            if column.is_identity && !like.identity {
                (column.is_identity, column.has_default) = (false, false);
            }
            column.is_generated &= like.generated;
            column.identity = column.identity.filter(|_| column.is_identity);
            column.generated = column.generated.filter(|_| column.is_generated);
            column.comment = column.comment.filter(|_| like.comments);
            self.columns.push(column);
        }
        if like.constraints {
            let is_check = |check: &&super::CatalogCheck| matches!(check.kind, CheckKind::Check { .. });
            self.checks.extend(from.checks.iter().filter(is_check).cloned());
        }
        if like.indexes {
            self.primary_key = from.primary_key.as_ref().map(unnamed);
            self.uniques = from.uniques.iter().map(unnamed).collect();
        }
        self.is_opaque |= from.is_opaque;
    }
}

/// The same key for another table.
fn unnamed(key: &CatalogKey) -> CatalogKey {
    CatalogKey { name: None, ..key.clone() }
}
