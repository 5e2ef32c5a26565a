//! Extensions, which a database has once for all of its schemas.

use super::fold::Site;
use super::{Catalog, entries::cut};
use crate::lint::sql::{Class, Ident};

/// An extension that the migrations make, of whichever tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogExtension {
    pub(crate) name: String,
    /// `None` for the shared schema, or for the one that it brings with it.
    pub(crate) schema: Option<String>,
}

/// Their control files name a schema; another one is refused.
const WITH_OWN_SCHEMA: [&str; 13] = [
    "plpgsql",
    "pg_cron",
    "postgis_topology",
    "postgis_tiger_geocoder",
    "adminpack",
    "citus",
    "citus_columnar",
    "age",
    "pglogical",
    "pgmq",
    "pg_net",
    "pgsodium",
    "pg_partman_bgw",
];

/// Whether an extension brings its schema with it, and takes no other one.
pub(crate) fn brings_its_schema(extension: &str) -> bool {
    WITH_OWN_SCHEMA.contains(&extension)
}

impl Catalog {
    /// What CREATE EXTENSION makes. One that is there already is an error, or IF NOT EXISTS.
    pub(super) fn extend(&mut self, name: Option<&Ident>, schema: Option<&Ident>) {
        let shared = self.shared_schema().to_owned();
        let schema = schema.map(|schema| cut(&schema.text).to_owned());
        self.extension_schemas.push(schema.clone().unwrap_or_else(|| shared.clone()));
        let Some(name) = name.map(|name| cut(&name.text).to_owned()) else { return };
        if self.extensions.iter().all(|known| known.name != name) {
            let schema = schema.filter(|schema| *schema != shared && !brings_its_schema(&name));
            self.extensions.push(CatalogExtension { name, schema });
        }
    }

    /// What DROP EXTENSION takes away.
    pub(super) fn unextend(&mut self, site: &Site<'_>) {
        let dropped = site.statement.subjects().filter(|subject| subject.class == Class::Extension);
        let dropped: Vec<&str> = dropped.map(|subject| subject.name.name()).collect();
        self.extensions.retain(|known| !dropped.contains(&known.name.as_str()));
    }
}
