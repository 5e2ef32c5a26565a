use std::collections::BTreeMap;

use multitenant_runtime::inspection::{Given, Row};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{listed, statements};
use crate::output::counted;

check! {
    /// ## What it checks
    /// That nothing in a tenant's schema, and nothing in the shared one, stands on an object of another tenant's schema:
    /// foreign keys, views, columns' defaults and types, triggers, policies, inheritance, functions as far as the server
    /// knows what they stand on.
    ///
    /// ## Why is this bad?
    /// A view over another tenant's table shows that tenant's rows, with the view's owner's rights, whatever role reads
    /// it. A foreign key into it tells by its errors what is there. A default copied with `LIKE … INCLUDING DEFAULTS`
    /// draws numbers from the other tenant's sequence. When that other tenant is dropped with `CASCADE`, all of this
    /// goes with it, without a word; without `CASCADE` it cannot be dropped.
    ///
    /// ## What to do
    /// Remove it, and make it again against the tenant's own objects: what a migration makes should name no schema.
    "cross-tenant-objects": Error, Tenants, "between tenants", look
}

/// Whose object; its kind; what it stands on, and whose that is; and the statement that removes it. What belongs to an
/// extension is another check's.
const BETWEEN: &str = "\
WITH spaces AS (SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname = ANY ($1)), \
objects AS (SELECT 'pg_class'::regclass AS class, c.oid, c.relnamespace AS space, \
c.relkind IN ('i', 'I') AS is_index FROM pg_class c WHERE c.relkind <> 't' \
UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.pronamespace, false FROM pg_proc p \
UNION ALL SELECT 'pg_type'::regclass, t.oid, t.typnamespace, false FROM pg_type t \
UNION ALL SELECT 'pg_constraint'::regclass, k.oid, k.connamespace, false FROM pg_constraint k \
UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, c.relnamespace, false FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid \
UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, c.relnamespace, false FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class \
UNION ALL SELECT 'pg_trigger'::regclass, g.oid, c.relnamespace, false FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid \
WHERE NOT g.tgisinternal \
UNION ALL SELECT 'pg_policy'::regclass, y.oid, c.relnamespace, false FROM pg_policy y JOIN pg_class c ON c.oid = y.polrelid), \
inside AS (SELECT o.class, o.oid, o.is_index, s.nspname FROM objects o JOIN spaces s ON s.oid = o.space), \
between_them AS (SELECT DISTINCT a.nspname AS from_space, d.classid, d.objid, b.nspname AS to_space, d.refclassid, \
d.refobjid FROM pg_depend d JOIN inside a ON a.class = d.classid AND a.oid = d.objid \
JOIN inside b ON b.class = d.refclassid AND b.oid = d.refobjid \
WHERE NOT b.is_index AND a.nspname <> b.nspname AND b.nspname <> $2 AND d.deptype <> 'e' \
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e')) \
SELECT x.from_space, x.to_space, one.type, replace(one.identity, quote_ident(x.from_space::text) || '.', '….'), \
other.type || ' ' || other.identity, \
CASE x.classid \
WHEN 'pg_constraint'::regclass THEN (SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) \
FROM pg_constraint k WHERE k.oid = x.objid AND k.conrelid <> 0) \
WHEN 'pg_attrdef'::regclass THEN (SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', d.adrelid::regclass, \
a.attname) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.oid = x.objid) \
WHEN 'pg_rewrite'::regclass THEN (SELECT format('DROP %s %s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' \
END, c.oid::regclass) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.oid = x.objid \
AND r.rulename = '_RETURN') \
WHEN 'pg_trigger'::regclass THEN (SELECT format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::regclass) \
FROM pg_trigger g WHERE g.oid = x.objid) \
WHEN 'pg_policy'::regclass THEN (SELECT format('DROP POLICY %I ON %s', y.polname, y.polrelid::regclass) \
FROM pg_policy y WHERE y.oid = x.objid) \
WHEN 'pg_proc'::regclass THEN format('DROP ROUTINE %s', x.objid::regprocedure) END, one.identity \
FROM between_them x, LATERAL pg_identify_object(x.classid, x.objid, 0) one, \
LATERAL pg_identify_object(x.refclassid, x.refobjid, 0) other \
ORDER BY 1, 2, 3, 4, 5";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let fleet = ground.fleet()?;
    if fleet.schemas().is_empty() {
        return Ok(Verdict::Nothing);
    }
    let given = [Given::Texts(&fleet.all()), Given::Text(fleet.shared())];
    let rows = ground.inspector()?.rows(BETWEEN, &given).await?;
    // What differs in the schema's name alone is one cause.
    let mut causes: BTreeMap<[&str; 4], Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        let cause = [1, 2, 3, 4].map(|column| row.get(column).unwrap_or_default());
        causes.entry(cause).or_default().push(row);
    }
    let complaints = causes.iter().map(|([other, kind, identity, target], rows)| {
        let schemas: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
        let message = match schemas[..] {
            [_] => format!("{} stands on {target}", named(kind, rows[0].get(6).unwrap_or_default())),
            _ => format!("{} stands on {target}, in {}", named(kind, identity), listed(&schemas)),
        };
        let all: Vec<&str> = schemas.iter().chain([other]).copied().collect();
        let complaint = fleet.about(CHECK.complaint(message).object(*identity), &all);
        let drops: Vec<String> = rows.iter().filter_map(|row| row.get(5).map(str::to_owned)).collect();
        let again = "make it anew against what is its own";
        complaint.help(if drops.is_empty() {
            again.to_owned()
        } else {
            format!("{again}, and first\n{}", statements(drops))
        })
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = counted(rows.len(), "object that stands on another tenant's", "objects that stand on another tenant's");
    Ok(Verdict::of("nothing stands on another tenant's objects", bad, complaints))
}

/// A view is known by its name, and not by the rule that it is made of.
fn named(kind: &str, identity: &str) -> String {
    let view = identity.strip_prefix("\"_RETURN\" on ").filter(|_| kind == "rule");
    view.map_or_else(|| format!("{kind} {identity}"), |view| format!("view {view}"))
}
