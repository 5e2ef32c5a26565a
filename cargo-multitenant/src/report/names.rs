//! From versions to the names of the migrations' folders, which is what people know.

use std::borrow::Cow;
use std::collections::HashMap;

use multitenant_runtime::{MigrationSet, Tier, Version};

/// The names of a project's migrations.
#[derive(Debug, Default)]
pub(crate) struct Names {
    shared: HashMap<String, String>,
    tenant: HashMap<String, String>,
}

impl Names {
    /// The names in these sets.
    pub(crate) fn of(shared: Option<&MigrationSet>, tenant: &MigrationSet) -> Self {
        Self { shared: shared.map(names).unwrap_or_default(), tenant: names(tenant) }
    }

    /// The folder's name, or the version where the project does not have it.
    pub(crate) fn get<'a>(&'a self, tier: Tier, version: &'a str) -> &'a str {
        let names = match tier {
            Tier::Shared => &self.shared,
            Tier::Tenant => &self.tenant,
        };
        names.get(version).map_or(version, String::as_str)
    }
}

fn names(set: &MigrationSet) -> HashMap<String, String> {
    let pair = |migration: &multitenant_runtime::migration::Migration| {
        (migration.version().as_str().to_owned(), migration.name().to_owned())
    };
    set.migrations().iter().map(pair).collect()
}

/// Versions as the documents have them.
pub(crate) fn versions(versions: &[Version]) -> Vec<&str> {
    versions.iter().map(Version::as_str).collect()
}

/// The tier of a target with or without a tenant.
pub(crate) fn tier_of(tenant: Option<&str>) -> Tier {
    if tenant.is_none() { Tier::Shared } else { Tier::Tenant }
}

/// What a target is called where there is one word for it: its schema, or, where it has none, its id.
pub(crate) fn label<'a>(tenant: Option<&str>, schema: Option<&'a str>) -> Cow<'a, str> {
    schema.map_or_else(|| format!("tenant {:?}", tenant.unwrap_or_default()).into(), Cow::Borrowed)
}
