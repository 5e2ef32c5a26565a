//! What the catalogue says of schemas: one array of texts for each object, without any OID.
//!
//! Found by `pg_depend`, so that a fleet's other schemas are not looked at; what an extension owns is the extension's.
//! Catalogue tables alone are read: no tenant's table is locked by the query itself.
//!
//! Names are written as they are seen from a path, which the query sets itself, row by row. From the schema's own path
//! its own objects have no schema in front, so that two schemas' texts are equal without any replacing; from PostgreSQL's
//! own (`pg_catalog`) everything has, which is what a statement needs that mends.
//!
//! Deliberately absent, because two equal schemas may differ in it or because a role for each tenant makes it differ:
//! owners and privileges, comments, the order and numbers of columns, the names of what constraints and identities make
//! by themselves, statistics of the planner, extensions, which are the database's and not a schema's, whether a materialised view has rows.

mod code;
mod digest;
mod tables;
mod types;

pub(super) use digest::queries as digests;

use crate::ident::{SchemaName, literal};
use crate::settings::Settings;
use crate::target::Target;

/// From where names are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// From the schema's own path: what is its own has no schema in front.
    Own,
    /// From PostgreSQL's own path: everything has.
    Qualified,
}

/// A schema that is asked for, and its relations that do not count.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub(super) schema: &'a SchemaName,
    pub(super) without: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    /// The target's schema without what is the migrator's own.
    pub(super) fn new(settings: &'a Settings, target: &'a Target) -> Self {
        let without = settings.own_tables(target.tier(), target.schema());
        Self { schema: target.schema(), without }
    }
}

/// Runs before the query, within a transaction.
pub(super) const SETTINGS: [&str; 8] = [
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL jit = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
    "SET LOCAL quote_all_identifiers = off",
    "SET LOCAL intervalstyle = postgres",
    "SET LOCAL standard_conforming_strings = on",
    // What is joined is of known size: some hundred bytes for each column of the fleet.
    // Sorting what is hashed as well takes longer.
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL work_mem = '32MB'",
];

/// A query for the objects of these schemas: the schema's name, and an array of kind, parent, name and facets.
pub(super) fn objects(asked: &[Asked<'_>], view: View, major: u32) -> String {
    let path = match view {
        View::Own => "quote_ident(n.nspname)",
        View::Qualified => "'pg_catalog'::text",
    };
    let kinds: Vec<String> = tables::kinds(major)
        .into_iter()
        .chain(types::kinds(major))
        .chain(code::kinds())
        .map(|Kind { columns, from }| {
            // The array is made behind the path, whatever the planner does.
            format!(
                "SELECT n.nspname::text, CASE WHEN set_config('search_path', n.path, true) IS NOT NULL THEN \
                 ARRAY[{}]::text[] END::text FROM {from}",
                columns.join(", ")
            )
        })
        .collect();
    format!(
        "WITH ns AS MATERIALIZED (SELECT n.oid, n.nspname, quote_ident(n.nspname) AS own, {path} AS path, a.without \
         FROM {} JOIN pg_namespace n ON n.nspname = a.name), \
         inside AS MATERIALIZED (SELECT d.classid, d.objid, n.oid AS ns FROM ns n JOIN pg_depend d \
         ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n' \
         WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid \
         AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')), \
         tables AS MATERIALIZED (SELECT c.tableoid, c.*, i.ns FROM inside i JOIN ns n ON n.oid = i.ns \
         JOIN pg_class c ON c.oid = i.objid WHERE i.classid = 'pg_class'::regclass AND c.relname <> ALL (n.without)) \
         {}",
        asked_as_table(asked),
        kinds.join(" UNION ALL ")
    )
}

/// The schemas with what does not count in each, as a table expression of `name` and `without`: a list of thousands is
/// joined, and not compared one by one.
fn asked_as_table(asked: &[Asked<'_>]) -> String {
    let mut lists: Vec<(&[&str], Vec<String>)> = Vec::new();
    for one in asked {
        let name = literal(one.schema.as_str());
        match lists.iter_mut().find(|(without, _)| *without == one.without) {
            Some((_, schemas)) => schemas.push(name),
            None => lists.push((&one.without, vec![name])),
        }
    }
    let lists: Vec<String> = lists
        .into_iter()
        .map(|(without, schemas)| {
            let without: Vec<String> = without.iter().map(|table| literal(table)).collect();
            format!("SELECT unnest(ARRAY[{}]::name[]), ARRAY[{}]::name[]", schemas.join(", "), without.join(", "))
        })
        .collect();
    format!("({}) a (name, without)", lists.join(" UNION ALL "))
}

/// One kind of object: what its array holds, and where it comes from; `n` is its schema.
pub(super) struct Kind {
    columns: Vec<String>,
    from: String,
}

impl Kind {
    fn new(columns: &[&str], from: &str) -> Self {
        Self { columns: columns.iter().map(|&column| column.to_owned()).collect(), from: from.to_owned() }
    }
}
