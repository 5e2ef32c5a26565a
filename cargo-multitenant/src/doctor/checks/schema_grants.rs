use std::collections::BTreeMap;

use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{listed, statements};
use crate::doctor::quoted::quoted;
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That nobody but the tenant's own role has rights on a tenant's schema or its tables by a grant to everybody
    /// (`PUBLIC`), to the group of all tenants, or to another tenant's role.
    ///
    /// ## Why is this bad?
    /// A grant to `PUBLIC` is one to every role of the server that may connect: with rights on the schema and on a table,
    /// each tenant's role can read it, and so can a reporting user who was meant to see one tenant. It is an error where
    /// tenants have roles and both walls are open, the schema and a table in it; else a warning.
    ///
    /// ## What to do
    /// Revoke it: the finding has the statements. What all tenants need belongs in the shared schema, granted to their
    /// group.
    "schema-grants": Error, Tenants, "grants", look
}

/// The schema, who has a right (empty for PUBLIC), whether on the schema and on how many of its tables.
const GRANTS: &str = "\
WITH mine AS (SELECT n.oid, n.nspname, n.nspacl FROM pg_namespace n WHERE n.nspname = ANY ($1)), \
others AS (SELECT 0::oid AS oid, ''::text AS name UNION ALL \
SELECT r.oid, r.rolname::text FROM pg_roles r WHERE r.rolname = ANY ($2)), \
granted AS (SELECT m.nspname, x.grantee, 1 AS on_schema, 0 AS on_tables FROM mine m, aclexplode(m.nspacl) x \
UNION ALL SELECT m.nspname, x.grantee, 0, 1 FROM mine m JOIN pg_class c ON c.relnamespace = m.oid, \
LATERAL (SELECT DISTINCT e.grantee FROM aclexplode(c.relacl) e) x \
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relacl IS NOT NULL) \
SELECT g.nspname, o.name, max(g.on_schema), sum(g.on_tables) FROM granted g JOIN others o ON o.oid = g.grantee \
GROUP BY 1, 2 ORDER BY 1, 2";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let fleet = ground.fleet()?;
    if fleet.schemas().is_empty() {
        return Ok(Verdict::Nothing);
    }
    let roles = ground.roles()?;
    let of_tenants: BTreeMap<&str, &str> = roles
        .iter()
        .flat_map(|roles| &roles.tenants)
        .filter_map(|role| Some((role.role.as_deref()?, role.schema.as_str())))
        .collect();
    let group = roles.as_ref().and_then(|roles| roles.group.as_deref());
    let names: Vec<&str> = of_tenants.keys().copied().chain(group).collect();
    let rows = ground.inspector()?.rows(GRANTS, &[Given::Texts(fleet.schemas()), Given::Texts(&names)]).await?;
    // By who has it and what is open, as both walls, the schema, or tables alone.
    let mut causes: BTreeMap<(&str, bool, bool), Vec<&str>> = BTreeMap::new();
    for row in &rows {
        let (schema, who) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        let is_own = of_tenants.get(who).is_some_and(|own| *own == schema);
        if !is_own {
            let (on_schema, on_tables) = (row.get(2) == Some("1"), row.get(3) != Some("0"));
            causes.entry((who, on_schema, on_tables)).or_default().push(schema);
        }
    }
    let complaints = causes.iter().map(|((who, on_schema, on_tables), schemas)| {
        let (holder, name) = match *who {
            "" => ("everybody (PUBLIC)".to_owned(), "PUBLIC".to_owned()),
            role if Some(role) == group => ("the group of all tenants".to_owned(), quoted(role)),
            role => (format!("another tenant's role, {role:?},"), quoted(role)),
        };
        let what = match (on_schema, on_tables) {
            (true, true) => "the schema and on tables in it",
            (true, false) => "the schema, and on no table in it",
            _ => "tables, and not on their schema",
        };
        let message = format!("{holder} has rights on {what}: {}", listed(schemas));
        let revokes = schemas.iter().map(|schema| {
            let schema = quoted(schema);
            let on_schema = format!("REVOKE ALL ON SCHEMA {schema} FROM {name}");
            let on_tables = format!("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}");
            format!("{on_schema}; {on_tables}")
        });
        let mut complaint = fleet.about(CHECK.complaint(message).object(name.clone()), schemas);
        complaint.level = if roles.is_some() && *on_schema && *on_tables { Level::Error } else { Level::Warning };
        complaint.help(statements(revokes))
    });
    let complaints: Vec<_> = complaints.collect();
    let mut open: Vec<&str> = causes.into_values().flatten().collect();
    open.sort_unstable();
    open.dedup();
    let bad = format!("{} to others", counted(open.len(), "schema is open", "schemas are open"));
    Ok(Verdict::of("no tenant's schema is open to others", bad, complaints))
}
