//! Where unqualified names go: what SET `search_path` changes.

use super::fold::Site;
use super::{Catalog, Home, Space};
use crate::lint::sql::{Detail, Statement, Verb};
use multitenant_runtime::Tier;

const PARAMETER: &str = "search_path";

impl Catalog {
    /// Takes notice of a path that a script sets.
    pub(super) fn set_path(&mut self, site: Site<'_>) {
        let path = match &site.statement.detail {
            Detail::Setting(setting) if setting.parameter == PARAMETER => match site.statement.verb {
                Verb::Set if !setting.from_current => setting.values.iter().flat_map(|value| schemas(value)).collect(),
                _ => Vec::new(),
            },
            _ => return,
        };
        let is_default = path.is_empty() || path.iter().any(|schema| schema.eq_ignore_ascii_case("default"));
        self.path = (!is_default).then(|| path.into());
    }

    /// The same by `set_config('search_path', …)`.
    pub(super) fn set_path_by_call(&mut self, statement: &Statement) {
        for call in statement.calls.iter().filter(|call| call.name.name() == "set_config") {
            if let [Some(parameter), Some(value), ..] = &call.arguments[..]
                && parameter.eq_ignore_ascii_case(PARAMETER)
            {
                self.path = Some(schemas(value).collect());
            }
        }
    }

    /// The schemas of the path, in their order.
    pub(super) fn on_path(&self, tier: Tier) -> Vec<(Home, &Space)> {
        let own = (Home::Tenant, &self.tenant);
        let shared = (Home::Shared, &self.shared);
        match (&self.path, tier) {
            (Some(path), _) => path
                .iter()
                .filter_map(|schema| match self.home_of(schema) {
                    Home::Shared => Some(shared),
                    _ => self.others.get(schema).map(|space| (Home::Other, space)),
                })
                .collect(),
            (None, Tier::Tenant) => vec![own, shared],
            (None, _) => vec![shared],
        }
    }

    /// The schema that unqualified names are made in.
    pub(super) fn own(&mut self, tier: Tier) -> &mut Space {
        let first = self.path.as_ref().and_then(|path| path.iter().find(|schema| !schema.starts_with('$')).cloned());
        match first {
            Some(schema) if self.home_of(&schema) == Home::Shared => &mut self.shared,
            Some(schema) => self.others.entry(schema).or_default(),
            None if tier == Tier::Tenant => &mut self.tenant,
            None => &mut self.shared,
        }
    }

    /// The name of a schema of the path that holds something.
    pub(super) fn on_path_mut(&mut self, holds: impl Fn(&Space) -> bool) -> Option<&mut Space> {
        let path = self.path.clone()?;
        let schema = path.iter().find(|schema| match self.home_of(schema) {
            Home::Shared => holds(&self.shared),
            _ => self.others.get(*schema).is_some_and(&holds),
        })?;
        if self.home_of(schema) == Home::Shared { Some(&mut self.shared) } else { self.others.get_mut(schema) }
    }
}

fn schemas(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(|schema| schema.trim().trim_matches('"').to_owned()).filter(|schema| !schema.is_empty())
}
