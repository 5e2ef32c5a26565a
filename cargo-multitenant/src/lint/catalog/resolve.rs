//! What a name means.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::{Catalog, Origin, Relation, RoutineEntry, Space, TypeEntry};
use crate::lint::sql::{Class, Name, Object};

/// Whose schema something is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Tenant,
    Shared,
    /// Neither: a schema that was named.
    Other,
}

/// An object that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found<'a, T> {
    pub(crate) home: Home,
    pub(crate) entry: &'a Arc<T>,
}

impl Catalog {
    /// Whose schema a schema is, if it is ours.
    pub(crate) fn home_of(&self, schema: &str) -> Home {
        if schema == self.shared_schema() { Home::Shared } else { Home::Other }
    }

    /// The schemas that a name is looked up in by a migration of this tier, in their order.
    pub(crate) fn path(&self, name: &Name, tier: Tier) -> Vec<(Home, &Space)> {
        match (name.schema(), tier) {
            // A tenant's migration that names the shared schema, and a thing that is only the tenant's, means that one:
            // it was written when there was one schema.
            (Some(schema), Tier::Tenant) if schema == self.shared_schema() => {
                vec![(Home::Shared, &self.shared), (Home::Tenant, &self.tenant)]
            }
            (Some(schema), _) if schema == self.shared_schema() => vec![(Home::Shared, &self.shared)],
            (Some(schema), _) => self.others.get(schema).map(|space| (Home::Other, space)).into_iter().collect(),
            (None, tier) => self.on_path(tier),
        }
    }

    /// The table, view, index or sequence of a name.
    pub(crate) fn relation(&self, name: &Name, tier: Tier) -> Option<Found<'_, Relation>> {
        self.find(name, tier, |space, name| space.relations.get(name))
    }

    /// The type or domain of a name.
    pub(crate) fn type_entry(&self, name: &Name, tier: Tier) -> Option<Found<'_, TypeEntry>> {
        self.find(name, tier, |space, name| space.types.get(name))
    }

    /// The function of a name.
    pub(crate) fn routine(&self, name: &Name, tier: Tier) -> Option<Found<'_, RoutineEntry>> {
        self.find(name, tier, |space, name| space.routines.get(name))
    }

    /// Whose the relation, type or function is that an object of a statement means, and where it comes from.
    pub(crate) fn origin(&self, object: &Object, tier: Tier) -> Option<(Home, &Origin)> {
        let name = &object.name;
        match object.class {
            Class::Type | Class::Domain => self.type_entry(name, tier).map(|found| (found.home, &found.entry.origin)),
            Class::Routine => self.routine(name, tier).map(|found| (found.home, &found.entry.origin)),
            class if class.is_relation() => self.relation(name, tier).map(|found| (found.home, &found.entry.origin)),
            _ => None,
        }
    }

    fn find<'a, T>(
        &'a self,
        name: &Name,
        tier: Tier,
        get: impl Fn(&'a Space, &str) -> Option<&'a Arc<T>>,
    ) -> Option<Found<'a, T>> {
        let path = self.path(name, tier);
        path.into_iter().find_map(|(home, space)| get(space, name.name()).map(|entry| Found { home, entry }))
    }
}
