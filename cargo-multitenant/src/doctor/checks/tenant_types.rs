use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{counted, listed};
use crate::doctor::quoted::{qualified, quoted};
use crate::doctor::rows::grouped;
use crate::finding::Level;

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

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let fleet = ground.fleet()?;
    if fleet.schemas().is_empty() {
        return Ok(Verdict::Nothing);
    }
    let rows = ground.inspector()?.rows(TYPES, &[Given::Texts(fleet.schemas())]).await?;
    let types = grouped::<2>(&rows);
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
        complaint.help(help(fleet.shared(), name, kind))
    });
    let complaints: Vec<_> = complaints.collect();
    let bad = format!("{} for each tenant", counted(types.len(), "type", "types"));
    Ok(Verdict::of("none of a tenant's own", bad, complaints))
}

/// How a type gets into the shared schema.
fn help(shared: &str, name: &str, kind: &str) -> String {
    let made = match kind {
        "enum" => format!("CREATE TYPE {} AS ENUM (…)", qualified(shared, name)),
        "domain" => format!("CREATE DOMAIN {} AS …", qualified(shared, name)),
        "range" => format!("CREATE TYPE {} AS RANGE (…)", qualified(shared, name)),
        _ => format!("CREATE TYPE {} AS (…)", qualified(shared, name)),
    };
    let place = qualified(shared, name);
    format!(
        "in a shared migration: {made}; then in a tenant's one, for each column of it:\n\
         ALTER TABLE … ALTER COLUMN … TYPE {place} USING …::text::{place}; DROP TYPE {}\n\
         until then `pin_connections` on the asynchronous pool, where Rust code maps the type",
        quoted(name)
    )
}
