//! New names and other schemas, and what follows them.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::{Catalog, CatalogColumn, CatalogIndex, Home, RelationKind, Space};
use crate::lint::sql::{Class, Name};

impl Catalog {
    pub(super) fn rename(&mut self, name: &Name, class: Class, to: &str, tier: Tier) {
        let old = name.name();
        let has = |space: &Space| space.has(class, old);
        let Some(space) = self.space_of(name, tier, has) else { return };
        match class {
            Class::Type | Class::Domain => move_key(&mut space.types, old, to),
            Class::Routine => move_key(&mut space.routines, old, to),
            _ => {
                move_key(&mut space.relations, old, to);
                for relation in space.relations.values_mut() {
                    if let RelationKind::Index(index) = &relation.kind
                        && index.table == old
                    {
                        let index = CatalogIndex { table: to.to_owned(), ..index.clone() };
                        Arc::make_mut(relation).kind = RelationKind::Index(index);
                    }
                }
                self.follow_rename(old, to, class);
            }
        }
        if matches!(class, Class::Type | Class::Domain) {
            self.follow_type_rename(old, to);
        }
    }

    /// Foreign keys and partitions follow their table.
    fn follow_rename(&mut self, old: &str, to: &str, class: Class) {
        if !matches!(class, Class::Table | Class::ForeignTable) {
            return;
        }
        for relation in [&mut self.tenant, &mut self.shared].into_iter().flat_map(|space| space.relations.values_mut())
        {
            let leads_there = relation.foreign_keys.iter().any(|key| key.table.name() == old);
            if leads_there || relation.parent.as_deref() == Some(old) {
                let relation = Arc::make_mut(relation);
                for key in relation.foreign_keys.iter_mut().filter(|key| key.table.name() == old) {
                    to.clone_into(&mut key.table.name.text);
                }
                if relation.parent.as_deref() == Some(old) {
                    relation.parent = Some(to.to_owned());
                }
            }
        }
    }

    /// Columns follow their type.
    fn follow_type_rename(&mut self, old: &str, to: &str) {
        for relation in [&mut self.tenant, &mut self.shared].into_iter().flat_map(|space| space.relations.values_mut())
        {
            let uses = |column: &CatalogColumn| column.ty.as_ref().is_some_and(|ty| ty.name == old);
            if relation.columns.iter().any(uses) {
                for column in &mut Arc::make_mut(relation).columns {
                    if let Some(ty) = column.ty.as_mut().filter(|ty| ty.name == old) {
                        to.clone_into(&mut ty.name);
                    }
                }
            }
        }
    }

    pub(super) fn move_to(&mut self, name: &Name, class: Class, schema: &str, tier: Tier) {
        let old = name.name().to_owned();
        let Some(space) = self.space_of(name, tier, |space| space.has(class, &old)) else { return };
        let (relation, ty, routine) = match class {
            Class::Type | Class::Domain => (None, space.types.remove(&old), None),
            Class::Routine => (None, None, space.routines.remove(&old)),
            _ => (space.relations.remove(&old), None, None),
        };
        let space = match self.home_of(schema) {
            Home::Shared => &mut self.shared,
            _ => self.others.entry(schema.to_owned()).or_default(),
        };
        space.relations.extend(relation.map(|relation| (old.clone(), relation)));
        space.types.extend(ty.map(|ty| (old.clone(), ty)));
        space.routines.extend(routine.map(|routine| (old.clone(), routine)));
    }
}

fn move_key<T>(map: &mut std::collections::BTreeMap<String, T>, old: &str, to: &str) {
    if let Some(entry) = map.remove(old) {
        map.insert(to.to_owned(), entry);
    }
}
