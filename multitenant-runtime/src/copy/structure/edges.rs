//! What depends on what, what lies outside, and what no copy can make.

use std::collections::BTreeSet;

use crate::connection::Row;

use super::Outside;

/// Descriptions of what cannot be made anew.
pub(super) fn unsupported(scope: &str) -> String {
    let described = |class: &str, oid: &str| format!("pg_describe_object('{class}'::regclass, {oid}, 0)");
    let inside = "pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.oid";
    format!(
        "{scope} SELECT DISTINCT what FROM (\
         SELECT pg_describe_object(d.classid, d.objid, 0) FROM s, {inside} AND d.classid NOT IN ('pg_class'::regclass, 'pg_type'::regclass, \
         'pg_proc'::regclass, 'pg_statistic_ext'::regclass, 'pg_default_acl'::regclass, 'pg_extension'::regclass) \
         UNION ALL SELECT pg_describe_object(d.classid, d.objid, 0) FROM s, pg_depend i, {inside} AND i.classid = d.classid AND i.objid = d.objid \
         AND i.deptype = 'e' \
         UNION ALL SELECT {} FROM rel c WHERE c.relkind = 'f' \
         UNION ALL SELECT {} FROM rel c JOIN pg_inherits h ON h.inhrelid = c.oid WHERE c.relispartition AND c.relkind <> 'i' \
         AND h.inhparent NOT IN (SELECT oid FROM rel) \
         UNION ALL SELECT c.relname || ', which inherits from ' || h.inhparent::regclass FROM rel c JOIN pg_inherits h ON h.inhrelid = c.oid \
         WHERE NOT c.relispartition AND h.inhparent NOT IN (SELECT oid FROM rel) \
         UNION ALL SELECT 'the partition ' || p.inhrelid::regclass || ' elsewhere' FROM rel c JOIN pg_inherits p ON p.inhparent = c.oid \
         WHERE c.relkind = 'p' AND p.inhrelid NOT IN (SELECT oid FROM rel) \
         UNION ALL SELECT {} FROM rel c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relkind = 'i' AND NOT i.indisvalid \
         UNION ALL SELECT {} || ', whose triggers are disabled (ALTER TABLE ' || x.tgrelid::regclass || ' ENABLE TRIGGER ALL)' \
         FROM con k JOIN pg_trigger x ON x.tgconstraint = k.oid JOIN rel c ON c.oid = x.tgrelid WHERE x.tgisinternal AND x.tgenabled <> 'O' \
         UNION ALL SELECT {} FROM typ t WHERE t.typtype = 'p' OR (t.typtype = 'b' AND t.typelem = 0) \
         OR (t.typtype = 'b' AND t.typcategory <> 'A') \
         UNION ALL SELECT {} FROM typ t JOIN pg_range r ON r.rngtypid = t.oid WHERE r.rngcanonical <> 0 \
         UNION ALL SELECT {} FROM fun p JOIN pg_language l ON l.oid = p.prolang WHERE l.lanname IN ('c', 'internal') AND p.prokind <> 'a' \
         UNION ALL SELECT {} FROM fun p JOIN pg_aggregate g ON g.aggfnoid = p.oid WHERE g.aggkind <> 'n' OR g.aggmtransfn <> 0 \
         OR g.aggserialfn <> 0 OR g.aggsortop <> 0\
         ) u (what) WHERE what IS NOT NULL ORDER BY 1",
        described("pg_class", "c.oid"),
        described("pg_class", "c.oid"),
        described("pg_class", "c.oid"),
        described("pg_constraint", "k.oid"),
        described("pg_type", "t.oid"),
        described("pg_type", "t.oid"),
        described("pg_proc", "p.oid"),
        described("pg_proc", "p.oid"),
    )
}

/// Which part an object belongs to.
pub(super) fn aliases(scope: &str, major: u32) -> String {
    let multirange = if major >= 14 {
        "UNION ALL SELECT 'pg_type/' || r.rngmultitypid, 'pg_type/' || t.oid FROM typ t JOIN pg_range r ON r.rngtypid = t.oid "
    } else {
        ""
    };
    format!(
        "{scope} SELECT 'pg_type/' || t.oid, 'pg_class/' || t.typrelid FROM typ t WHERE t.typrelid <> 0 \
         UNION ALL SELECT 'pg_type/' || t.typarray, 'pg_type/' || t.oid FROM typ t WHERE t.typarray <> 0 {multirange}\
         UNION ALL SELECT 'pg_rewrite/' || x.oid, 'pg_class/' || c.oid FROM rel c JOIN pg_rewrite x ON x.ev_class = c.oid \
         WHERE x.rulename = '_RETURN' \
         UNION ALL SELECT 'pg_class/' || k.conindid, 'pg_constraint/' || k.oid FROM con k WHERE k.contype IN ('p', 'u', 'x') \
         UNION ALL SELECT 'pg_attrdef/' || d.oid, 'pg_class/' || c.oid FROM rel c JOIN pg_attrdef d ON d.adrelid = c.oid \
         JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated <> '' \
         UNION ALL SELECT 'pg_class/' || c.oid, 'identity/' || c.oid FROM rel c WHERE c.relkind = 'S' \
         UNION ALL SELECT 'pg_proc/' || p.oid, 'pg_type/' || d.refobjid FROM s JOIN pg_proc p ON p.pronamespace = s.oid \
         JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i' AND d.refclassid = 'pg_type'::regclass"
    )
}

/// What depends on what; and of what lies outside its kind, schema, name, and column.
pub(super) fn edges(scope: &str) -> String {
    format!(
        "{scope}, own (classid, objid) AS MATERIALIZED (SELECT 'pg_class'::regclass::oid, oid FROM rel \
         UNION ALL SELECT 'pg_type'::regclass, oid FROM typ UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM s JOIN pg_proc p ON p.pronamespace = s.oid \
         UNION ALL SELECT 'pg_constraint'::regclass, oid FROM con \
         UNION ALL SELECT 'pg_attrdef'::regclass, d.oid FROM rel c JOIN pg_attrdef d ON d.adrelid = c.oid \
         UNION ALL SELECT 'pg_rewrite'::regclass, x.oid FROM rel c JOIN pg_rewrite x ON x.ev_class = c.oid \
         UNION ALL SELECT 'pg_trigger'::regclass, x.oid FROM rel c JOIN pg_trigger x ON x.tgrelid = c.oid WHERE NOT x.tgisinternal \
         UNION ALL SELECT 'pg_policy'::regclass, x.oid FROM rel c JOIN pg_policy x ON x.polrelid = c.oid \
         UNION ALL SELECT 'pg_statistic_ext'::regclass, x.oid FROM s JOIN pg_statistic_ext x ON x.stxnamespace = s.oid) \
         SELECT DISTINCT d.classid::regclass || '/' || d.objid, d.refclassid::regclass || '/' || d.refobjid, i.type, i.schema, i.identity, a.attname \
         FROM own o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid \
         LEFT JOIN own r ON r.classid = d.refclassid AND r.objid = d.refobjid \
         LEFT JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, 0) i ON r.objid IS NULL \
         LEFT JOIN pg_attribute a ON r.objid IS NULL AND d.refclassid = 'pg_class'::regclass AND a.attrelid = d.refobjid \
         AND a.attnum = nullif(d.refobjsubid, 0) \
         WHERE d.refclassid <> 'pg_namespace'::regclass AND NOT (d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass \
         AND EXISTS (SELECT FROM rel c WHERE c.oid = d.objid AND c.relkind = 'S'))"
    )
}

/// The first two columns.
pub(super) fn pairs(rows: &[Row]) -> Vec<(String, String)> {
    rows.iter().filter_map(|row| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned()))).collect()
}

/// What lies outside of the schema and of PostgreSQL itself.
pub(super) fn outside(rows: &[Row]) -> BTreeSet<Outside> {
    let outside = rows.iter().filter_map(|row| {
        Some(Outside {
            kind: row.get(2)?.to_owned(),
            schema: row.get(3).map(str::to_owned),
            identity: row.get(4)?.to_owned(),
            column: row.get(5).map(str::to_owned),
        })
    });
    outside
        .filter(|outside| !matches!(outside.schema.as_deref(), Some("pg_catalog" | "pg_toast" | "information_schema")))
        .collect()
}
