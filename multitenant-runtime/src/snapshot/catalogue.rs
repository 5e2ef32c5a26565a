//! What the catalogue says of schemas: a line of JSON for each object, without any OID.
//!
//! Found by `pg_depend`, as the wall does it, so that a fleet's other schemas are not looked at. What an extension
//! owns is the extension's. The query runs under `search_path = pg_catalog`, so that every other name is written with
//! its schema; two schemas are then compared by replacing their names.
//!
//! Deliberately absent: what no statement says and no query sees, as the numbers of columns after one was dropped,
//! whether a new column's default was written into the rows, `connoinherit` of keys, which means nothing there, and the
//! names of an index's own columns, which stay as they were when the table's are renamed.

use crate::ident::{SchemaName, literal};

/// How the line of something begins that this query does not describe, and only names.
pub(super) const OTHER: &str = "[\"other\"";

/// Privileges, in no order of their own; none at all are those that an owner has by default.
fn privileges(acl: &str, kind: &str, owner: &str) -> String {
    format!(
        "(SELECT string_agg(concat_ws(' ', x.grantor::regrole, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE \
         x.grantee::regrole::text END, x.privilege_type, x.is_grantable), ', ' ORDER BY x.grantor, x.grantee, \
         x.privilege_type, x.is_grantable) FROM aclexplode(coalesce({acl}, acldefault({kind}, {owner}))) x)"
    )
}

/// How much of a schema is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// All of it.
    Everything,
    /// What statements in another schema can refer to: relations with their columns, constraints and privileges, types,
    /// functions with their texts. To plan the whole query costs more than that.
    Referable,
}

/// A query for the lines of these schemas, in one column and in no order. `major` is the server's version.
pub(super) fn lines<'a>(schemas: impl IntoIterator<Item = &'a SchemaName>, major: u32, depth: Depth) -> String {
    let schemas = schemas.into_iter().map(|schema| literal(schema.as_str())).collect::<Vec<_>>().join(", ");
    let since = |version: u32, column: &str| if major >= version { format!(", {column}") } else { String::new() };
    let mut kinds = vec![
        format!(
            "SELECT json_build_array('relation', c.oid::regclass::text, c.relkind, c.relowner::regrole::text, \
             c.relpersistence, c.relreplident, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, \
             c.relispopulated, (SELECT amname FROM pg_am WHERE oid = c.relam), \
             (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace), \
             (SELECT array_agg(o ORDER BY o) FROM unnest(c.reloptions) o), \
             (SELECT array_agg(o ORDER BY o) FROM pg_class t, unnest(t.reloptions) o WHERE t.oid = c.reltoastrelid), \
             pg_get_expr(c.relpartbound, c.oid), CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END, \
             CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, \
             CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END, {}) FROM relations c",
            privileges("c.relacl", "CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END", "c.relowner")
        ),
        format!(
            "SELECT json_build_array('column', a.attrelid::regclass::text, row_number() OVER (PARTITION BY a.attrelid \
             ORDER BY a.attnum), CASE WHEN c.relkind NOT IN ('i', 'I') THEN a.attname END, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
             CASE WHEN a.attcollation <> 0 THEN a.attcollation::regcollation::text END, a.attstorage, a.attidentity, \
             a.attgenerated, a.attstattarget, a.attoptions, a.attfdwoptions, a.attislocal, a.attinhcount, \
             pg_get_expr(d.adbin, d.adrelid), CASE WHEN a.attacl IS NOT NULL THEN {} END{}) \
             FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE c.relkind <> 'S'",
            privileges("a.attacl", "'c'", "c.relowner"),
            since(14, "a.attcompression")
        ),
        "SELECT json_build_array('constraint', nullif(k.conrelid, 0)::regclass::text, nullif(k.contypid, 0)::regtype::text, \
         k.conname, k.contype, pg_get_constraintdef(k.oid), k.convalidated, k.conislocal, k.coninhcount, \
         CASE WHEN k.contype IN ('c', 'n') THEN k.connoinherit END, nullif(k.conindid, 0)::regclass::text, (SELECT p.conname FROM pg_constraint p \
         WHERE p.oid = k.conparentid), (SELECT string_agg(DISTINCT g.tgenabled::text, '') FROM pg_trigger g \
         WHERE g.tgconstraint = k.oid AND g.tgrelid = k.conrelid)) FROM constraints k"
            .to_owned(),
        format!(
            "SELECT json_build_array('function', p.oid::regprocedure::text, p.prokind, p.proowner::regrole::text, {}, \
             CASE p.prokind WHEN 'a' THEN (SELECT (to_jsonb(g) - 'aggfnoid' || jsonb_build_object('aggtranstype', \
             g.aggtranstype::regtype::text, 'aggmtranstype', g.aggmtranstype::regtype::text, 'aggsortop', \
             g.aggsortop::regoperator::text))::text FROM pg_aggregate g WHERE g.aggfnoid = p.oid) \
             ELSE pg_get_functiondef(p.oid) END, p.proparallel) FROM functions p",
            privileges("p.proacl", "'f'", "p.proowner")
        ),
        format!(
            "SELECT json_build_array('type', t.oid::regtype::text, t.typtype, t.typowner::regrole::text, {}, \
             t.typnotnull, nullif(t.typbasetype, 0)::regtype::text, format_type(t.typbasetype, t.typtypmod), \
             t.typdefault, CASE WHEN t.typcollation <> 0 THEN t.typcollation::regcollation::text END, t.typdelim, \
             t.typcategory, t.typispreferred, t.typlen, t.typbyval, t.typalign, t.typstorage, \
             t.typinput::regproc::text, t.typoutput::regproc::text, t.typreceive::regproc::text, \
             t.typsend::regproc::text, t.typmodin::regproc::text, t.typmodout::regproc::text, \
             t.typanalyze::regproc::text, (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e \
             WHERE e.enumtypid = t.oid), (SELECT json_build_array(r.rngsubtype::regtype::text, \
             nullif(r.rngcollation, 0)::regcollation::text, r.rngcanonical::text, r.rngsubdiff::text, \
             pg_describe_object('pg_opclass'::regclass, r.rngsubopc, 0){}) FROM pg_range r WHERE r.rngtypid = t.oid)) \
             FROM types t",
            privileges("t.typacl", "'T'", "t.typowner"),
            since(14, "r.rngmultitypid::regtype::text")
        ),
    ];
    let others = [
        format!(
            "SELECT json_build_array('schema', n.nspname, n.nspowner::regrole::text, {}) FROM namespaces n",
            privileges("n.nspacl", "'n'", "n.nspowner")
        ),
        "SELECT json_build_array('index', pg_get_indexdef(i.indexrelid), i.indisunique, i.indisprimary, \
         i.indisexclusion, i.indimmediate, i.indisclustered, i.indisvalid, i.indisready, i.indislive, \
         i.indisreplident) FROM relations c JOIN pg_index i ON i.indexrelid = c.oid"
            .to_owned(),
        format!(
            "SELECT json_build_array('heir', h.inhrelid::regclass::text, h.inhparent::regclass::text, h.inhseqno{}) \
             FROM relations c JOIN pg_inherits h ON h.inhrelid = c.oid",
            since(14, "h.inhdetachpending")
        ),
        "SELECT json_build_array('sequence', c.oid::regclass::text, s.seqtypid::regtype::text, s.seqstart, \
         s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle, (SELECT array_agg(ARRAY[d.deptype::text, \
         d.refobjid::regclass::text, a.attname::text]) FROM pg_depend d JOIN pg_attribute a \
         ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass \
         AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))) \
         FROM relations c JOIN pg_sequence s ON s.seqrelid = c.oid"
            .to_owned(),
        "SELECT json_build_array('trigger', pg_get_triggerdef(g.oid), g.tgenabled) FROM triggers g".to_owned(),
        "SELECT json_build_array('rule', pg_get_ruledef(u.oid), u.ev_enabled) FROM rules u".to_owned(),
        "SELECT json_build_array('policy', p.polrelid::regclass::text, p.polname, p.polcmd, p.polpermissive, \
         (SELECT array_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END ORDER BY r) FROM unnest(p.polroles) r), \
         pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) FROM policies p"
            .to_owned(),
        format!(
            "SELECT json_build_array('statistics', pg_get_statisticsobjdef(s.oid), s.stxowner::regrole::text, {}) \
             FROM statistics s",
            if major >= 13 { "s.stxstattarget" } else { "NULL" }
        ),
        format!(
            "SELECT json_build_array('default privileges', n.nspname, d.defaclrole::regrole::text, d.defaclobjtype, {}) \
             FROM namespaces n JOIN pg_default_acl d ON d.defaclnamespace = n.oid",
            privileges("d.defaclacl", "'r'", "d.defaclrole")
        ),
        "SELECT json_build_array('comment', (pg_identify_object(o.classid, o.objid, d.objsubid)).type, \
         (pg_identify_object(o.classid, o.objid, d.objsubid)).identity, d.description) FROM objects o \
         JOIN pg_description d ON d.classoid = o.classid AND d.objoid = o.objid"
            .to_owned(),
        "SELECT json_build_array('other', pg_describe_object(i.classid, i.objid, 0)) FROM inside i \
         WHERE i.classid NOT IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, \
         'pg_statistic_ext'::regclass)"
            .to_owned(),
        "SELECT json_build_array('other', c.oid::regclass::text) FROM relations c WHERE c.relkind = 'f'".to_owned(),
    ];
    if depth == Depth::Everything {
        kinds.extend(others);
    }
    format!(
        "WITH namespaces AS MATERIALIZED (SELECT n.* FROM pg_namespace n WHERE n.nspname IN ({schemas})), \
         inside AS MATERIALIZED (SELECT d.classid, d.objid FROM namespaces n JOIN pg_depend d \
         ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n' \
         EXCEPT SELECT d.classid, d.objid FROM pg_extension e JOIN pg_depend d \
         ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'), \
         types AS MATERIALIZED (SELECT t.tableoid, t.* FROM inside i JOIN pg_type t ON t.oid = i.objid \
         WHERE i.classid = 'pg_type'::regclass), \
         tables AS MATERIALIZED (SELECT i.objid FROM inside i WHERE i.classid = 'pg_class'::regclass \
         UNION SELECT typrelid FROM types WHERE typrelid <> 0), \
         relations AS MATERIALIZED (SELECT c.tableoid, c.* FROM (SELECT objid FROM tables UNION SELECT x.indexrelid FROM tables \
         JOIN pg_index x ON x.indrelid = objid) r JOIN pg_class c ON c.oid = r.objid), \
         constraints AS MATERIALIZED (SELECT k.tableoid, k.* FROM tables r JOIN pg_constraint k ON k.conrelid = r.objid \
         UNION ALL SELECT k.tableoid, k.* FROM types t JOIN pg_constraint k ON k.contypid = t.oid), \
         functions AS MATERIALIZED (SELECT p.tableoid, p.* FROM inside i JOIN pg_proc p ON p.oid = i.objid \
         WHERE i.classid = 'pg_proc'::regclass), \
         triggers AS MATERIALIZED (SELECT g.tableoid, g.* FROM tables r JOIN pg_trigger g ON g.tgrelid = r.objid \
         WHERE NOT g.tgisinternal), \
         rules AS MATERIALIZED (SELECT u.tableoid, u.* FROM tables r JOIN pg_rewrite u ON u.ev_class = r.objid \
         WHERE u.rulename <> '_RETURN'), \
         policies AS MATERIALIZED (SELECT p.tableoid, p.* FROM tables r JOIN pg_policy p ON p.polrelid = r.objid), \
         statistics AS MATERIALIZED (SELECT s.tableoid, s.* FROM inside i JOIN pg_statistic_ext s ON s.oid = i.objid \
         WHERE i.classid = 'pg_statistic_ext'::regclass), \
         objects (classid, objid) AS MATERIALIZED (SELECT tableoid, oid FROM relations \
         UNION ALL SELECT tableoid, oid FROM types UNION ALL SELECT tableoid, oid FROM constraints \
         UNION ALL SELECT tableoid, oid FROM functions UNION ALL SELECT tableoid, oid FROM triggers \
         UNION ALL SELECT tableoid, oid FROM rules UNION ALL SELECT tableoid, oid FROM policies \
         UNION ALL SELECT tableoid, oid FROM statistics) \
         SELECT l::text FROM ({}) x (l)",
        kinds.join(" UNION ALL ")
    )
}
