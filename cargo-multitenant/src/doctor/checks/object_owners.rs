use std::collections::BTreeMap;

use multitenant_runtime::inspection::{Given, Row};

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::statements;
use crate::doctor::quoted::quoted;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That the role that migrates owns what is in the tenants' schemas and the shared one, history tables among it, or
    /// has its owner's rights as a member of that role; and that it may create in these schemas.
    ///
    /// ## Why is this bad?
    /// Only an owner may alter or drop a table. The next migration that touches it fails with "must be owner of table",
    /// in those tenants where somebody else has made it: by hand, from a dump that was restored as another role, or by
    /// an application that logs in otherwise than the deployment.
    ///
    /// ## What to do
    /// Give it to the role that migrates, as a superuser or as the owner: `ALTER … OWNER TO …`. Or migrate as the owner
    /// (`database.migrate_url`).
    "object-owners": Warning, Tenants, "owners", look
}

/// Whose it is, what it is, and the name that ALTER knows it by.
const FOREIGN: &str = "\
WITH spaces AS (SELECT n.oid, n.nspname, n.nspowner FROM pg_namespace n WHERE n.nspname = ANY ($1)), \
objects AS (SELECT s.nspname, s.nspowner AS owner, 'SCHEMA' AS kind, format('%I', s.nspname) AS name, \
has_schema_privilege(s.oid, 'CREATE') AS is_enough FROM spaces s WHERE s.nspname <> 'public' \
UNION ALL SELECT s.nspname, c.relowner, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' \
WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass::text, false \
FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
AND NOT EXISTS (SELECT FROM pg_depend d WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid \
AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) AND NOT EXISTS (SELECT FROM pg_depend e \
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e') \
UNION ALL SELECT s.nspname, p.proowner, 'ROUTINE', p.oid::regprocedure::text, false \
FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace WHERE NOT EXISTS (SELECT FROM pg_depend e \
WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')) \
SELECT o.nspname, pg_get_userbyid(o.owner), o.kind, o.name, current_user FROM objects o \
WHERE NOT o.is_enough AND o.owner IN (SELECT r.oid FROM pg_roles r WHERE NOT pg_has_role(r.oid, 'USAGE')) ORDER BY 2, 1, 4";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let fleet = ground.fleet()?;
    let rows = ground.inspector()?.rows(FOREIGN, &[Given::Texts(&fleet.all())]).await?;
    let mut causes: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        causes.entry(row.get(1).unwrap_or_default()).or_default().push(row);
    }
    let complaints = causes.iter().map(|(owner, rows)| {
        let schemas: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
        let mut places = schemas.clone();
        places.dedup();
        let me = rows[0].get(4).unwrap_or_default();
        let message = format!(
            "{} in {} to the role {owner:?}, in which the role that migrates, {me:?}, has no part",
            counted(rows.len(), "object", "objects"),
            counted(places.len(), "schema belongs", "schemas belong"),
        );
        let alter = rows.iter().map(|row| {
            let (kind, name) = (row.get(2).unwrap_or_default(), row.get(3).unwrap_or_default());
            format!("ALTER {kind} {name} OWNER TO {}", quoted(me))
        });
        let complaint = fleet.about(CHECK.complaint(message).object(*owner), &schemas);
        complaint.help(format!("migrate as that role, or, as a superuser:\n{}", statements(alter)))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{} to others", counted(rows.len(), "object belongs", "objects belong"));
    Ok(Verdict::of("all of the role that migrates, or of one that it is a member of", bad, complaints))
}
