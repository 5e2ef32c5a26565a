//! The objects of a schema.

use std::sync::Arc;

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use super::entries::{Entries, cut};
use super::{CatalogIndex, CheckKind, Relation, RelationKind, RoutineEntry, TypeEntry, made_up};

/// The objects of a schema. A copy of it costs nothing.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    /// Tables, views, indexes and sequences, which share one space of names.
    pub(crate) relations: Entries<Relation>,
    pub(crate) types: Entries<TypeEntry>,
    pub(crate) routines: Entries<RoutineEntry>,
    /// Whether there may be more, or less, than is known.
    pub(crate) is_opaque: bool,
    /// How many relations there are, with those that nobody names.
    size: usize,
    /// How many keys and foreign keys have a name.
    constraint_names: RedBlackTreeMapSync<String, u32>,
    /// How many columns draw from each sequence that came with one.
    sequence_names: RedBlackTreeMapSync<String, u32>,
    /// The indexes of each table.
    index_names: RedBlackTreeMapSync<String, RedBlackTreeSetSync<String>>,
}

impl Space {
    /// How many relations there are, with those that nobody names: the indexes of keys, the sequences of columns.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The tables, partitions included.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&String, &Arc<Relation>)> {
        self.relations.iter().filter(|(_, relation)| relation.kind.is_table())
    }

    /// The indexes of a table, by their names.
    pub(crate) fn indexes<'a>(&'a self, table: &str) -> impl Iterator<Item = (&'a String, &'a CatalogIndex)> {
        let names = self.index_names.get(cut(table)).into_iter().flat_map(RedBlackTreeSetSync::iter);
        names.filter_map(|name| match &self.relations.get(name)?.kind {
            RelationKind::Index(index) => Some((name, index)),
            _ => None,
        })
    }

    pub(super) fn index_names(&self, table: &str) -> Vec<String> {
        self.indexes(table).map(|(name, _)| name.clone()).collect()
    }

    /// Whether an index or a constraint cannot have this name.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.relations.contains_key(name)
            || self.constraint_names.contains_key(name)
            || self.sequence_names.contains_key(name)
    }

    /// Puts a relation where it may replace another, and gives names to what has none.
    pub(super) fn put(&mut self, name: &str, mut relation: Relation) {
        self.take(name);
        self.give_names(cut(name), &mut relation);
        self.note(name, &relation, true);
        self.relations.insert(name, Arc::new(relation));
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Arc<Relation>> {
        let relation = self.relations.remove(name)?;
        self.note(name, &relation, false);
        Some(relation)
    }

    /// Changes a relation, if it is there.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut Relation)) {
        if let Some(relation) = self.take(name) {
            let mut relation = Arc::unwrap_or_clone(relation);
            change(&mut relation);
            self.put(name, relation);
        }
    }

    /// The name that PostgreSQL makes for an index.
    pub(super) fn index_name(&self, index: &CatalogIndex) -> String {
        let columns = made_up::of_columns(index.labels.iter().map(String::as_str));
        made_up::name(&index.table, &columns, "idx", |name| self.relations.contains_key(name))
    }

    fn give_names(&self, table: &str, relation: &mut Relation) {
        let foreign = relation.foreign_keys.iter().map(|key| &key.name);
        let foreign = foreign.chain(relation.checks.iter().map(|check| &check.name));
        let mut given: Vec<String> = relation.keys().map(|key| &key.name).chain(foreign).flatten().cloned().collect();
        let mut name = |columns: &[String], label: &str, is_index: bool| {
            let columns = made_up::of_columns(columns.iter().map(String::as_str));
            let name = made_up::name(table, &columns, label, |name| {
                given.iter().any(|given| given == name)
                    || self.constraint_names.contains_key(name)
                    || (is_index && self.relations.contains_key(name))
            });
            given.push(name.clone());
            Some(name)
        };
        if let Some(key) = relation.primary_key.as_mut().filter(|key| key.name.is_none()) {
            key.name = name(&[], "pkey", true);
        }
        for key in relation.uniques.iter_mut().filter(|key| key.name.is_none()) {
            let columns: Vec<String> = key.columns.iter().chain(&key.options.include).cloned().collect();
            key.name = name(&columns, "key", true);
        }
        for key in relation.foreign_keys.iter_mut().filter(|key| key.name.is_none()) {
            key.name = name(&key.columns, "fkey", false);
        }
        let columns = &relation.columns;
        for check in relation.checks.iter_mut().filter(|check| check.name.is_none()) {
            check.name = match &check.kind {
                // By its column, where it is about one.
                CheckKind::Check { .. } => {
                    let own = columns.iter().map(|column| &column.name).filter(|name| check.words.contains(*name));
                    let own: Vec<String> = own.cloned().collect();
                    name(if own.len() == 1 { &own } else { &[] }, "check", false)
                }
                CheckKind::Exclude { labels, .. } => name(labels, "excl", true),
            };
        }
        self.name_sequences(table, relation);
    }

    /// A rename leaves these names as they are.
    fn name_sequences(&self, table: &str, relation: &mut Relation) {
        // A partition's columns draw from its parent's.
        if relation.is_partition {
            return;
        }
        let mut given: Vec<String> = relation.columns.iter().filter_map(|column| column.own_sequence.clone()).collect();
        let counted = relation.columns.iter_mut().filter(|column| column.is_serial || column.is_identity);
        for column in counted.filter(|column| column.own_sequence.is_none()) {
            let name = made_up::name(table, &column.name, "seq", |name| {
                given.iter().any(|given| given == name)
                    || self.relations.contains_key(name)
                    || self.sequence_names.contains_key(name)
            });
            given.push(name.clone());
            column.own_sequence = Some(name);
        }
    }

    fn note(&mut self, name: &str, relation: &Relation, is_there: bool) {
        let size = 1 + relation.unnamed();
        self.size = if is_there { self.size + size } else { self.size.saturating_sub(size) };
        let keys = relation.primary_key.iter().chain(&relation.uniques).map(|key| &key.name);
        let checks = relation.checks.iter().map(|check| &check.name);
        for constraint in keys.chain(relation.foreign_keys.iter().map(|key| &key.name)).chain(checks).flatten() {
            count(&mut self.constraint_names, constraint, is_there);
        }
        for sequence in relation.columns.iter().filter_map(|column| column.own_sequence.as_ref()) {
            count(&mut self.sequence_names, sequence, is_there);
        }
        if let RelationKind::Index(index) = &relation.kind {
            let mut names = self.index_names.get(&index.table).cloned().unwrap_or_else(RedBlackTreeSetSync::new_sync);
            if is_there {
                names.insert_mut(cut(name).to_owned());
            } else {
                names.remove_mut(cut(name));
            }
            self.index_names.insert_mut(index.table.clone(), names);
        }
    }
}

fn count(names: &mut RedBlackTreeMapSync<String, u32>, name: &str, is_there: bool) {
    let known = names.get(name).copied().unwrap_or_default();
    match if is_there { known + 1 } else { known.saturating_sub(1) } {
        0 => _ = names.remove_mut(name),
        known => names.insert_mut(name.to_owned(), known),
    }
}

impl Default for Space {
    fn default() -> Self {
        Self {
            relations: Entries::default(),
            types: Entries::default(),
            routines: Entries::default(),
            is_opaque: false,
            size: 0,
            constraint_names: RedBlackTreeMapSync::new_sync(),
            sequence_names: RedBlackTreeMapSync::new_sync(),
            index_names: RedBlackTreeMapSync::new_sync(),
        }
    }
}
