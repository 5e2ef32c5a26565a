use std::collections::BTreeSet;
use std::fmt::Write as _;

use multitenant_runtime::inspection::{Given, Row};

use super::check;
use crate::doctor::cells::{text, yes};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::listed;
use crate::doctor::quoted::{qualified, quoted};
use crate::doctor::rows::grouped;
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// Which enums, composite types, domains and ranges are in tenants' schemas, each tenant with one of its own.
    ///
    /// ## Why is this bad?
    /// Diesel looks a type's OID up once for a connection and remembers it by the type's name. A connection that
    /// changes its tenant sends the first tenant's OID for the second: "column is of type mood but expression is of
    /// type tenant_a.mood". A dropped and restored tenant fails with "cache lookup failed for type". Diesel's own cache
    /// outlives `DISCARD ALL`. It does not matter where no Rust code maps the type.
    ///
    /// ## What to do
    /// Make the type in a shared migration, and name its schema in `postgres_type`; or use text with a `CHECK`. Until
    /// then: `pin_connections` on the asynchronous pool, which gives each connection to one tenant for its life, at the
    /// price of a connection for each busy tenant. The synchronous pool empties Diesel's cache at a switch, and needs
    /// nothing.
    "tenant-types": Warning, Traps, "types", look
}

const TYPES: &str = "\
SELECT n.nspname, t.typname, CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' \
ELSE 'composite type' END FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
WHERE n.nspname = ANY ($1) AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c \
WHERE c.oid = t.typrelid AND c.relkind = 'c')) \
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e') \
ORDER BY 1";

/// The columns of such types, in the types' own schemas: table, column, whether it is an array, the default, what hangs on
/// the column and cannot follow a change of its type, and the type as the default has it.
const COLUMNS: &str = "\
SELECT n.nspname, t.typname, c.relname, a.attname, a.atttypid = t.typarray, \
CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, \
(SELECT string_agg(DISTINCT h.what, chr(10)) FROM (\
SELECT format('%s %I', CASE v.relkind WHEN 'v' THEN 'the view' WHEN 'm' THEN 'the materialized view' ELSE 'a rule of' END, \
v.relname) AS what FROM pg_depend p JOIN pg_rewrite w ON w.oid = p.objid JOIN pg_class v ON v.oid = w.ev_class \
WHERE p.classid = 'pg_rewrite'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid \
AND p.refobjsubid = a.attnum \
UNION ALL SELECT format('the index %I', x.relname) FROM pg_depend p JOIN pg_index i ON i.indexrelid = p.objid \
JOIN pg_class x ON x.oid = i.indexrelid WHERE p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass \
AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) \
UNION ALL SELECT format('the constraint %I', k.conname) FROM pg_constraint k \
WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey) \
UNION ALL SELECT format('the policy %I', o.polname) FROM pg_depend p JOIN pg_policy o ON o.oid = p.objid \
WHERE p.classid = 'pg_policy'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid \
AND p.refobjsubid = a.attnum \
UNION ALL SELECT format('the trigger %I', g.tgname) FROM pg_depend p JOIN pg_trigger g ON g.oid = p.objid \
WHERE p.classid = 'pg_trigger'::regclass AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid \
AND p.refobjsubid = a.attnum AND NOT g.tgisinternal \
UNION ALL SELECT format('the generated column %I', a.attname) WHERE a.attgenerated <> '') h), \
format_type(t.oid, NULL) \
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND a.attnum > 0 AND NOT a.attisdropped \
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace = n.oid AND NOT c.relispartition \
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
WHERE n.nspname = ANY ($1) AND t.typtype IN ('e', 'd', 'r', 'c') ORDER BY 1, 2, 3, 4";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let fleet = ground.fleet()?;
    if fleet.schemas().is_empty() {
        return Ok(Verdict::Nothing);
    }
    let rows = ground.inspector()?.rows(TYPES, &[Given::Texts(fleet.schemas())]).await?;
    let types = grouped::<2>(&rows);
    let columns = if types.is_empty() {
        Vec::new()
    } else {
        ground.inspector()?.rows(COLUMNS, &[Given::Texts(fleet.schemas())]).await?
    };
    let complaints = types.iter().map(|([name, kind], schemas)| {
        let message = format!(
            "{} {} {kind} {name} of {} own, and Diesel remembers one for a connection: {}",
            counted(schemas.len(), "tenant has", "tenants have"),
            if *kind == "enum" { "an" } else { "a" },
            if schemas.len() == 1 { "its" } else { "their" },
            listed(schemas)
        );
        let mut complaint = fleet.about(CHECK.complaint(message).object(*name), schemas);
        // Sent as what it is made over, unless somebody maps it.
        if *kind == "domain" {
            complaint.level = Level::Info;
        }
        let of_type = |row: &&Row| text(row, 1) == *name && schemas.contains(&text(row, 0));
        let columns: Vec<&Row> = columns.iter().filter(of_type).collect();
        complaint.help(help(fleet.shared(), name, kind, &columns))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{} for each tenant", counted(types.len(), "type", "types"));
    Ok(Verdict::of("none of a tenant's own", bad, complaints))
}

/// How a type gets into the shared schema.
fn help(shared: &str, name: &str, kind: &str, columns: &[&Row]) -> String {
    let place = qualified(shared, name);
    let made = match kind {
        "enum" => format!("CREATE TYPE {place} AS ENUM (…);"),
        "domain" => format!("CREATE DOMAIN {place} AS …;"),
        "range" => format!("CREATE TYPE {place} AS RANGE (…);"),
        _ => format!("CREATE TYPE {place} AS (…);"),
    };
    let mut lines: BTreeSet<String> = BTreeSet::new();
    let mut hanging: BTreeSet<&str> = BTreeSet::new();
    for column in columns {
        lines.insert(retyped(column, &place));
        hanging.extend(text(column, 6).lines());
    }
    let mut text = format!("in a shared migration:\n{made}\nthen in a tenant's one:\n");
    if !hanging.is_empty() {
        let hanging: Vec<&str> = hanging.into_iter().collect();
        let _ = writeln!(
            text,
            "-- drop first, and make again at the end, what hangs on these columns: {}",
            hanging.join(", ")
        );
    }
    lines.into_iter().for_each(|line| text.push_str(&line));
    let _ = write!(
        text,
        "DROP TYPE {};\nuntil then `pin_connections` on the asynchronous pool, where Rust code maps the type",
        quoted(name)
    );
    text
}

/// What gives a column the shared type; a default is of the old type, and cannot follow by itself.
fn retyped(column: &Row, place: &str) -> String {
    let (table, name) = (quoted(text(column, 2)), quoted(text(column, 3)));
    let array = if yes(column, 4) { "[]" } else { "" };
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {name}");
    let change = format!("{alter} TYPE {place}{array} USING {name}::text::{place}{array};\n");
    match column.get(5) {
        Some(default) => {
            let default = default.replace(text(column, 7), place);
            format!("{alter} DROP DEFAULT;\n{change}{alter} SET DEFAULT {default};\n")
        }
        None => change,
    }
}
