use multitenant_runtime::SchemaName;
use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::quoted::quoted;
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That no extension lives in a tenant's schema, and that those which make types, functions or operators are in a
    /// schema that every tenant searches (`isolation.search_path`).
    ///
    /// ## Why is this bad?
    /// An extension is there once in a database. In a tenant's schema, where a bare `CREATE EXTENSION` puts it, only that
    /// tenant finds its functions, the second tenant's `CREATE EXTENSION` fails or does nothing, and dropping the first
    /// tenant takes the extension from all others, with each column of its types. In a schema that is not on the path,
    /// `citext`, `uuid_generate_v4()` or `%` are not found without that schema's name. Those for whoever runs the server
    /// (`pg_stat_statements`, `pg_cron` and the like) may be anywhere but in a tenant's schema.
    ///
    /// ## What to do
    /// `ALTER EXTENSION … SET SCHEMA …`; columns and indexes that use it stay as they are. An extension that cannot be
    /// moved is to be made anew. Or put its schema on the path: `isolation.search_path = ["{tenant}", "{shared}",
    /// "extensions"]`.
    "extensions": Error, Traps, "extensions", look
}

/// Those for whoever runs the server, which no tenant calls.
const FOR_OPERATORS: [&str; 16] = [
    "amcheck",
    "hypopg",
    "pageinspect",
    "pg_buffercache",
    "pg_cron",
    "pg_freespacemap",
    "pg_partman",
    "pg_prewarm",
    "pg_repack",
    "pg_stat_kcache",
    "pg_stat_statements",
    "pg_visibility",
    "pg_walinspect",
    "pgaudit",
    "pgrowlocks",
    "pgstattuple",
];

/// Those that make something that is called by a name.
const EXTENSIONS: &str = "\
SELECT n.nspname, x.extname, x.extrelocatable, n.nspname = ANY ($1), EXISTS (SELECT FROM pg_depend d \
WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e' \
AND d.classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass) \
AND CASE d.classid WHEN 'pg_proc'::regclass THEN (SELECT p.pronamespace FROM pg_proc p WHERE p.oid = d.objid) \
WHEN 'pg_type'::regclass THEN (SELECT t.typnamespace FROM pg_type t WHERE t.oid = d.objid) \
ELSE (SELECT o.oprnamespace FROM pg_operator o WHERE o.oid = d.objid) END = n.oid) \
FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace \
WHERE n.nspname <> 'pg_catalog' AND n.nspname <> ALL ($2) ORDER BY 2";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (fleet, settings) = (ground.fleet()?, &ground.config()?.settings);
    let path: Vec<&str> = settings.search_path.after_tenant().iter().map(SchemaName::as_str).collect();
    let given = [Given::Texts(fleet.schemas()), Given::Texts(&path)];
    let rows = ground.inspector()?.rows(EXTENSIONS, &given).await?;
    // Where a tenant finds it.
    let home = path.first().copied().unwrap_or(fleet.shared());
    let mut complaints = Vec::new();
    for row in &rows {
        let (schema, extension) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        let (is_tenants, is_called) = (row.get(3) == Some("t"), row.get(4) == Some("t"));
        if !is_tenants && (!is_called || FOR_OPERATORS.contains(&extension)) {
            continue;
        }
        let message = if is_tenants {
            format!(
                "the extension {extension} lives in the tenant's schema {schema}: others do not find it, and it would be \
                 dropped with that tenant"
            )
        } else {
            format!("the extension {extension} is in the schema {schema}, which tenants do not search")
        };
        let mut complaint = CHECK.complaint(message).object(extension);
        complaint.schema = Some(schema.to_owned());
        if is_tenants {
            complaint = fleet.about(complaint, &[schema]);
        } else {
            complaint.level = Level::Warning;
        }
        let (name, target) = (quoted(extension), quoted(home));
        let on_path = format!("have {schema:?} in isolation.search_path, after \"{{tenant}}\"");
        let help = if row.get(2) == Some("t") {
            let alter = format!("ALTER EXTENSION {name} SET SCHEMA {target}");
            if is_tenants { alter } else { format!("{alter}\nor {on_path}") }
        } else if !is_tenants {
            on_path
        } else {
            format!(
                "it cannot be moved: DROP EXTENSION {name}, if nothing depends on it, and CREATE EXTENSION {name} SCHEMA {target}"
            )
        };
        complaints.push(complaint.help(help));
    }
    let bad = format!("{} out of place", counted(complaints.len(), "extension is", "extensions are"));
    Ok(Verdict::of("none out of place", bad, complaints))
}
