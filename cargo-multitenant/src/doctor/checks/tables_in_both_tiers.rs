use multitenant_runtime::Tier;
use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::doctor::quoted::{qualified, quoted};
use crate::doctor::rows::grouped;

check! {
    /// ## What it checks
    /// That no table, view, sequence, type or function has one name in the shared schema (or another schema behind the
    /// tenant's on `isolation.search_path`) and in a tenant's. History tables do not count, nor what belongs to an
    /// extension.
    ///
    /// ## Why is this bad?
    /// On a tenant's path its own comes first: a query that means the shared `plans` reads the tenant's, without an
    /// error. In a tenant that lacks it, the same query reads the shared one, which is how one tenant's rows get to
    /// all. Where Rust code has `table! { public.plans }`, the tenant's is never read.
    ///
    /// ## What to do
    /// Give one of the two another name, or drop the one that was made in the wrong tier: a copy from before the tables
    /// were parted, or a migration in the wrong folder.
    "tables-in-both-tiers": Warning, Traps, "names", look
}

/// Relations share their names with types of tables, so that of a type only those of its own count. A function is known by
/// its arguments too. A sequence that a column owns comes with its table.
const BOTH: &str = "\
WITH named AS (\
SELECT c.relnamespace AS space, 'a' AS pool, c.relname::text AS name, CASE c.relkind WHEN 'S' THEN 'sequence' \
WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind, \
'pg_class'::regclass AS class, c.oid FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
UNION ALL SELECT t.typnamespace, 'b', t.typname, 'type', 'pg_type'::regclass, t.oid FROM pg_type t \
LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c' \
UNION ALL SELECT p.pronamespace, 'c', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function', \
'pg_proc'::regclass, p.oid FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace \
WHERE s.nspname = ANY ($1) OR s.nspname = ANY ($2)), \
shared AS (SELECT DISTINCT ON (m.pool, m.name) m.pool, m.name, m.kind, s.nspname FROM named m \
JOIN pg_namespace s ON s.oid = m.space WHERE s.nspname = ANY ($2) AND m.name <> ALL ($3) \
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = m.class AND e.objid = m.oid AND e.deptype = 'e') \
AND NOT EXISTS (SELECT FROM pg_depend o WHERE m.kind = 'sequence' AND o.classid = m.class AND o.objid = m.oid \
AND o.refclassid = m.class AND o.deptype IN ('a', 'i')) \
ORDER BY m.pool, m.name, array_position($2, s.nspname::text)) \
SELECT n.nspname, shared.name, shared.kind, shared.nspname, named.kind FROM shared \
JOIN named ON named.pool = shared.pool AND named.name = shared.name JOIN pg_namespace n ON n.oid = named.space \
WHERE n.nspname = ANY ($1) ORDER BY 1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (fleet, settings) = (ground.fleet()?, &ground.config()?.settings);
    if fleet.schemas().is_empty() {
        return Ok(Verdict::Nothing);
    }
    let path = settings.search_path.after_tenant().iter().map(multitenant_runtime::SchemaName::as_str);
    let mut behind: Vec<&str> = path.collect();
    if !behind.contains(&fleet.shared()) {
        behind.push(fleet.shared());
    }
    let ours = |tier| settings.own_tables(tier, &settings.shared_schema);
    let ours = [ours(Tier::Shared), ours(Tier::Tenant)].concat();
    let given = [Given::Texts(fleet.schemas()), Given::Texts(&behind), Given::Texts(&ours)];
    let rows = ground.inspector()?.rows(BOTH, &given).await?;
    let names = grouped::<4>(&rows);
    let complaints = names.iter().map(|([name, shared_kind, shared, kind], schemas)| {
        let message = format!(
            "the {kind} {name} of tenants hides the {shared_kind} of that name in {shared}: {}",
            listed(schemas)
        );
        // A function's name has its arguments behind it.
        let (bare, arguments) = name.split_at(name.find('(').filter(|_| *kind == "function").unwrap_or(name.len()));
        let of_tenants = format!("DROP {} {}{arguments}", word(kind), quoted(bare));
        let of_all = format!("DROP {} {}{arguments}", word(shared_kind), qualified(shared, bare));
        let complaint = fleet.about(CHECK.complaint(message).object(*name), schemas);
        complaint.help(format!(
            "rename one of them, or drop what nobody needs: in a shared migration\n{of_all}\nor in a tenant's one\n{of_tenants}"
        ))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{} in both tiers", listed(names.keys().map(|[name, ..]| name)));
    Ok(Verdict::of("none in both tiers", bad, complaints))
}

/// What stands after DROP.
fn word(kind: &str) -> String {
    if kind == "function" { "ROUTINE".to_owned() } else { kind.to_uppercase() }
}
