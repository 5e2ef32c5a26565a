//! Where a statement's tables are, for each of several tenants.

use std::collections::{HashMap, HashSet};

use crate::ident::{Identifier, SchemaName, literal};
use crate::pool::{Checkout, PoolError};
use crate::scope::Name;
use crate::settings::Settings;

/// Where a statement's tables are: in which schemas there are relations of these names, or functions.
pub(super) struct Layout {
    relations: HashSet<(String, String)>,
    /// Whoever calls a function without its schema calls the one that the path finds.
    with_functions: HashSet<String>,
    /// The schemas that follow a tenant's.
    path: Vec<SchemaName>,
}

impl Layout {
    /// Asks the catalogue, once for all these schemas.
    pub(super) async fn ask(
        checkout: &mut Checkout,
        settings: &Settings,
        schemas: impl Iterator<Item = &SchemaName>,
        names: &[Name<'_>],
    ) -> Result<Self, PoolError> {
        let path: Vec<SchemaName> = settings.search_path.after_tenant().to_vec();
        let list = |texts: Vec<String>| texts.join(",");
        let mut all: Vec<String> = schemas.map(|schema| literal(schema.as_str())).collect();
        all.extend(path.iter().map(|schema| literal(schema.as_str())));
        let schemas = list(all);
        let mut names: Vec<String> = names.iter().filter_map(Name::unqualified).collect();
        names.sort_unstable();
        names.dedup();
        let names = list(names.iter().map(|name| literal(name)).collect());
        let sql = format!(
            "SELECT n.nspname::text, c.relname::text, NULL::text FROM pg_catalog.pg_namespace n \
             JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = ANY (ARRAY[{names}]::pg_catalog.name[]) \
             WHERE n.nspname = ANY (ARRAY[{schemas}]::pg_catalog.name[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
             UNION ALL SELECT n.nspname::text, NULL, NULL FROM pg_catalog.pg_namespace n \
             WHERE n.nspname = ANY (ARRAY[{schemas}]::pg_catalog.name[]) \
             AND EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid)"
        );
        let mut layout = Self { relations: HashSet::new(), with_functions: HashSet::new(), path };
        for (schema, relation, _) in checkout.rows(sql).await? {
            match (schema, relation) {
                (Some(schema), Some(relation)) => drop(layout.relations.insert((schema, relation))),
                (Some(schema), None) => drop(layout.with_functions.insert(schema)),
                (None, _) => {}
            }
        }
        Ok(layout)
    }

    /// The statement, with each table that it names by the table's own name alone in the schema where this tenant has
    /// it; `None` where that is not known for all of them.
    pub(super) fn qualify(&self, sql: &str, names: &[Name<'_>], tenant: &SchemaName) -> Option<String> {
        if self.with_functions.contains(tenant.as_str()) {
            return None;
        }
        // A table of a `WITH` is in no schema, and may have the name of one that is.
        let has_with = sql.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.eq_ignore_ascii_case("with"));
        let is_readable = !names.iter().any(Name::is_unreadable);
        if has_with || !is_readable || names.is_empty() {
            return None;
        }
        let mut homes: HashMap<String, String> = HashMap::new();
        let mut text = String::with_capacity(sql.len() + names.len() * 24);
        let mut written = 0;
        for name in names {
            let Some(relation) = name.unqualified() else { continue };
            let home = match homes.get(&relation) {
                Some(home) => home,
                None => {
                    let home = self.home(&relation, tenant)?.quoted();
                    homes.entry(relation).or_insert(home)
                }
            };
            let at = name.start(sql);
            text.push_str(&sql[written..at]);
            text.push_str(home);
            text.push('.');
            written = at;
        }
        text.push_str(&sql[written..]);
        Some(text)
    }

    /// Where a tenant's path finds a relation.
    fn home<'s>(&'s self, relation: &str, tenant: &'s SchemaName) -> Option<&'s SchemaName> {
        // A name that PostgreSQL would cut is no relation's.
        Identifier::new(relation).ok()?;
        let has = |schema: &&SchemaName| self.relations.contains(&(schema.as_str().to_owned(), relation.to_owned()));
        std::iter::once(tenant).chain(&self.path).find(has)
    }
}
