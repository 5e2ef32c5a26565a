//! What hangs on a schema and is not in it: `DROP SCHEMA … CASCADE` would drop it too, and say nothing.

use crate::ident::{SchemaName, literal};

/// What the error carries around the names.
const MARKER: (&str, &str) = ("multitenant-hanging:", ":multitenant");

/// Catalogues whose objects are in a schema, with the column that says in which.
pub(crate) const IN_A_SCHEMA: [(&str, &str); 12] = [
    ("pg_class", "relnamespace"),
    ("pg_type", "typnamespace"),
    ("pg_proc", "pronamespace"),
    ("pg_constraint", "connamespace"),
    ("pg_operator", "oprnamespace"),
    ("pg_opclass", "opcnamespace"),
    ("pg_opfamily", "opfnamespace"),
    ("pg_collation", "collnamespace"),
    ("pg_conversion", "connamespace"),
    ("pg_statistic_ext", "stxnamespace"),
    ("pg_ts_dict", "dictnamespace"),
    ("pg_ts_config", "cfgnamespace"),
];

/// Catalogues whose objects are a relation's, with the column that says whose.
const OF_A_RELATION: [(&str, &str, &str); 4] = [
    ("pg_rewrite", "ev_class", ""),
    // Those of foreign keys go and come with these.
    ("pg_trigger", "tgrelid", " AND NOT x.tgisinternal"),
    ("pg_attrdef", "adrelid", ""),
    ("pg_policy", "polrelid", ""),
];

/// Catalogues whose objects are the database's.
const OF_THE_DATABASE: [&str; 5] =
    ["pg_extension", "pg_event_trigger", "pg_language", "pg_foreign_data_wrapper", "pg_foreign_server"];

/// A statement that fails, with names, where something of another schema's or of the whole database hangs on what is in
/// this one; it needs `search_path = pg_catalog`.
pub(super) fn guard(schema: &SchemaName) -> String {
    let schema = literal(schema.as_str());
    let of = |catalog: &str| format!("h.classid = '{catalog}'::regclass");
    let mut foreign: Vec<String> = Vec::new();
    foreign.extend(IN_A_SCHEMA.map(|(catalog, namespace)| {
        format!(
            "{} AND EXISTS (SELECT FROM {catalog} x WHERE x.oid = h.objid AND x.{namespace} NOT IN (TABLE own))",
            of(catalog)
        )
    }));
    foreign.extend(OF_A_RELATION.map(|(catalog, relation, but)| {
        format!(
            "{} AND EXISTS (SELECT FROM {catalog} x JOIN pg_class c ON c.oid = x.{relation} WHERE x.oid = h.objid \
             AND c.relnamespace NOT IN (TABLE own){but})",
            of(catalog)
        )
    }));
    foreign.extend(OF_THE_DATABASE.map(of));
    format!(
        "WITH RECURSIVE own AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname = {schema} \
         OR nspname ~ '^pg_(toast|temp)'), hanging (classid, objid) AS (SELECT d.classid, d.objid FROM pg_depend d \
         WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = (SELECT oid FROM pg_namespace WHERE nspname = {schema}) \
         AND d.deptype = 'n' UNION SELECT d.classid, d.objid FROM hanging h JOIN pg_depend d \
         ON d.refclassid = h.classid AND d.refobjid = h.objid), \
         named (name) AS (SELECT DISTINCT pg_describe_object(h.classid, h.objid, 0) FROM hanging h WHERE {} \
         ORDER BY 1 LIMIT 5) \
         SELECT ('{}' || string_agg(name, ', ') || '{}')::int FROM named HAVING count(*) > 0",
        foreign.join(" OR "),
        MARKER.0,
        MARKER.1,
    )
}

/// The names that the error carries; what stands around them is in the server's language.
pub(super) fn named_in(message: &str) -> &str {
    let names = message.split_once(MARKER.0).and_then(|(_, after)| after.rsplit_once(MARKER.1));
    names.map_or("something that it cannot name", |(names, _)| names)
}
