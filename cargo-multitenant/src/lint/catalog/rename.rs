//! New names and other schemas, and what follows them.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::entries::cut;
use super::{Catalog, Home, Origin, Relation, RelationKind, Space, TypeEntry, TypeKind};
use crate::lint::sql::{Class, Name};

impl Catalog {
    /// `origin` is where the new name is given.
    pub(super) fn rename(&mut self, name: &Name, class: Class, to: &str, origin: &Origin, tier: Tier) {
        let (old, to) = (cut(name.name()), cut(to));
        let has = |space: &Space| space.has(class, old);
        let Some(space) = self.space_of(name, tier, has) else {
            match class {
                Class::Index => self.rename_key(name, to, tier),
                // ALTER TABLE renames a sequence too.
                Class::Sequence | Class::Table => self.rename_sequence(name, to, tier),
                _ => {}
            }
            return;
        };
        match class {
            Class::Type | Class::Domain => {
                if let Some(entry) = space.types.remove(old) {
                    space.types.insert(to, entry);
                    space.types.change(to, |entry| entry.origin = origin.clone());
                }
                self.follow_type_rename(old, to);
            }
            Class::Routine => {
                if let Some(entry) = space.routines.remove(old) {
                    space.routines.insert(to, entry);
                    space.routines.change(to, |entry| entry.origin = origin.clone());
                }
            }
            _ => {
                let Some(relation) = space.take(old) else { return };
                let is_index = matches!(relation.kind, RelationKind::Index(_));
                // It stays as old as it is, with all that is in it: only its name is new.
                let named = Some(origin.clone());
                space.put(to, Relation { named, ..Arc::unwrap_or_clone(relation) });
                for index in space.index_names(old) {
                    space.change(&index, |relation| {
                        if let RelationKind::Index(index) = &mut relation.kind {
                            to.clone_into(&mut index.table);
                        }
                    });
                }
                if !is_index {
                    self.follow_rename(old, to);
                }
            }
        }
    }

    /// The index of a key has the key's name.
    fn rename_key(&mut self, name: &Name, to: &str, tier: Tier) {
        let is_of = |relation: &Relation| relation.keys().any(|key| key.name.as_deref() == Some(name.name()));
        let has = |space: &Space| space.is_taken(name.name()) && !space.names_of(is_of).is_empty();
        let Some(space) = self.space_of(name, tier, has) else { return };
        for table in space.names_of(is_of) {
            space.change(&table, |relation| relation.rename_constraint(name.name(), to));
        }
    }

    /// One that came with a column.
    fn rename_sequence(&mut self, name: &Name, to: &str, tier: Tier) {
        let old = cut(name.name()).to_owned();
        let is_of =
            |relation: &Relation| relation.columns.iter().any(|column| column.own_sequence.as_ref() == Some(&old));
        let has = |space: &Space| space.is_taken(&old) && !space.names_of(is_of).is_empty();
        let Some(space) = self.space_of(name, tier, has) else { return };
        for table in space.names_of(is_of) {
            space.change(&table, |relation| {
                let own = relation.columns.iter_mut().filter_map(|column| column.own_sequence.as_mut());
                own.filter(|own| **own == old).for_each(|own| to.clone_into(own));
            });
        }
    }

    /// Foreign keys, partitions and views follow their table.
    fn follow_rename(&mut self, old: &str, to: &str) {
        for space in self.spaces_mut() {
            let follows = |relation: &Relation| {
                relation.foreign_keys.iter().any(|key| key.table.name() == old)
                    || relation.parent.as_deref() == Some(old)
                    || relation.view.as_ref().is_some_and(|view| view.relations.contains(old))
            };
            for table in space.names_of(follows) {
                space.change(&table, |relation| {
                    for key in relation.foreign_keys.iter_mut().filter(|key| key.table.name() == old) {
                        to.clone_into(&mut key.table.name.text);
                    }
                    if relation.parent.as_deref() == Some(old) {
                        relation.parent = Some(to.to_owned());
                    }
                    if let Some(view) = &mut relation.view
                        && view.relations.contains(old)
                    {
                        let view = Arc::make_mut(view);
                        view.relations.remove(old);
                        view.relations.insert(to.to_owned());
                    }
                });
            }
        }
    }

    /// Columns and domains follow their type.
    fn follow_type_rename(&mut self, old: &str, to: &str) {
        for space in self.spaces_mut() {
            let uses = |relation: &Relation| {
                relation.columns.iter().any(|column| column.ty.as_ref().is_some_and(|ty| ty.name == old))
            };
            for table in space.names_of(uses) {
                space.change(&table, |relation| {
                    for ty in relation.columns.iter_mut().filter_map(|column| column.ty.as_mut()) {
                        if ty.name == old {
                            to.clone_into(&mut ty.name);
                        }
                    }
                    relation.rename_in_texts(old, to);
                });
            }
        }
    }

    /// What columns and domains of an enum hold where nothing is said, and their conditions, follow its label.
    pub(super) fn follow_label(&mut self, ty: &str, from: &str, to: &str) {
        let ty = cut(ty);
        for space in self.spaces_mut() {
            for table in space.names_of(|relation| relation.columns.iter().any(|column| column.is_of(ty))) {
                let of_type = space.relations.get(&table).map(|relation| relation.of_type(ty)).unwrap_or_default();
                space.change(&table, |relation| relation.rename_label(ty, &of_type, from, to));
                for index in space.index_names(&table) {
                    space.change(&index, |relation| {
                        if let RelationKind::Index(index) = &mut relation.kind {
                            index.rename_label(ty, &of_type, from, to);
                        }
                    });
                }
            }
            let domains: Vec<String> = space.types.iter().map(|(name, _)| name.clone()).collect();
            for domain in domains {
                let is_of = |entry: &TypeEntry| matches!(&entry.kind, TypeKind::Domain(of) if of.is_of(ty));
                if space.types.get(&domain).is_some_and(|entry| is_of(entry)) {
                    space.types.change(&domain, |entry| {
                        if let TypeKind::Domain(of) = &mut entry.kind {
                            of.rename_label(from, to);
                        }
                    });
                }
            }
        }
    }

    pub(super) fn move_to(&mut self, name: &Name, class: Class, schema: &str, tier: Tier) {
        let old = name.name().to_owned();
        let Some(space) = self.space_of(name, tier, |space| space.has(class, &old)) else { return };
        let (mut relations, mut ty, mut routine) = (Vec::new(), None, None);
        match class {
            Class::Type | Class::Domain => ty = space.types.remove(&old),
            Class::Routine => routine = space.routines.remove(&old),
            // Its indexes go with it.
            _ => {
                let names = std::iter::once(old.clone()).chain(space.index_names(&old)).collect::<Vec<_>>();
                relations.extend(names.into_iter().filter_map(|name| Some((space.take(&name)?, name))));
            }
        }
        let space = match self.home_of(schema) {
            Home::Shared => &mut self.shared,
            _ => self.others.entry(schema.to_owned()).or_default(),
        };
        relations.into_iter().for_each(|(relation, name)| space.put(&name, Arc::unwrap_or_clone(relation)));
        if let Some(ty) = ty {
            space.types.insert(&old, ty);
        }
        if let Some(routine) = routine {
            space.routines.insert(&old, routine);
        }
    }
}
