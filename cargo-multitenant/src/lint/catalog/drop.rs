//! What DROP takes away.

use super::fold::Site;
use super::{Catalog, RelationKind, Space};
use crate::lint::sql::Class;

impl Catalog {
    pub(super) fn drop(&mut self, site: Site<'_>) {
        let subjects: Vec<_> = site.statement.subjects().cloned().collect();
        for subject in subjects {
            let (name, key) = (&subject.name, subject.name.name.text.clone());
            match subject.class {
                class if class.is_relation() => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.relations.contains_key(&key)) {
                        let dropped = space.relations.remove(&key);
                        if dropped.is_some_and(|relation| {
                            relation.kind.is_table() || relation.kind == RelationKind::MaterializedView
                        }) {
                            space.forget_indexes(&key);
                        }
                    }
                }
                Class::Type | Class::Domain => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.types.contains_key(&key)) {
                        space.types.remove(&key);
                    }
                }
                Class::Routine => {
                    if let Some(space) = self.space_of(name, site.tier, |space| space.routines.contains_key(&key)) {
                        space.routines.remove(&key);
                    }
                }
                Class::Schema => {
                    self.others.remove(&key);
                }
                _ => {}
            }
        }
    }
}

impl Space {
    fn forget_indexes(&mut self, table: &str) {
        self.relations
            .retain(|_, relation| !matches!(&relation.kind, RelationKind::Index(index) if index.table == table));
    }
}
