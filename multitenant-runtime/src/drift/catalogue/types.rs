//! Types of a schema's own; not the row types of its tables.

use super::Kind;

pub(super) fn kinds(major: u32) -> Vec<Kind> {
    let multirange = if major >= 14 { ", 'multirange_type_name = ' || r.rngmultitypid::regtype::text" } else { "" };
    let types =
        "inside i JOIN ns n ON n.oid = i.ns JOIN pg_type t ON t.oid = i.objid AND i.classid = 'pg_type'::regclass";
    vec![
        Kind::new(
            &[
                "'enum'",
                "''",
                "t.typname",
                "(SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e \
                 WHERE e.enumtypid = t.oid)",
            ],
            &format!("{types} WHERE t.typtype = 'e'"),
        ),
        Kind::new(
            &[
                "'domain'",
                "''",
                "t.typname",
                "format_type(t.typbasetype, t.typtypmod)",
                "CASE WHEN t.typnotnull THEN 'not null' ELSE 'null' END",
                "pg_get_expr(t.typdefaultbin, 0)",
                "(SELECT CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END \
                 FROM pg_type b WHERE b.oid = t.typbasetype)",
            ],
            &format!("{types} WHERE t.typtype = 'd'"),
        ),
        Kind::new(
            &["'domain constraint'", "t.typname", "k.conname", "pg_get_constraintdef(k.oid)"],
            &format!("{types} JOIN pg_constraint k ON k.contypid = t.oid WHERE t.typtype = 'd' AND k.contype = 'c'"),
        ),
        Kind::new(
            &[
                "'composite type'",
                "''",
                "t.typname",
                "(SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), \
                 CASE WHEN a.attcollation <> b.typcollation THEN 'COLLATE ' || a.attcollation::regcollation::text END), \
                 ', ' ORDER BY a.attnum) FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid \
                 WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)",
            ],
            &format!("{types} JOIN pg_class c ON c.oid = t.typrelid WHERE t.typtype = 'c' AND c.relkind = 'c'"),
        ),
        Kind::new(
            &[
                "'range type'",
                "''",
                "t.typname",
                &format!(
                    "(SELECT concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, NULL), \
                     'collation = ' || nullif(r.rngcollation, 0)::regcollation::text, \
                     'canonical = ' || nullif(r.rngcanonical, 0)::regproc::text, \
                     'subtype_diff = ' || nullif(r.rngsubdiff, 0)::regproc::text{multirange}) \
                     FROM pg_range r WHERE r.rngtypid = t.oid)"
                ),
            ],
            &format!("{types} WHERE t.typtype = 'r'"),
        ),
        Kind::new(
            &["'base type'", "''", "t.typname", "concat_ws(' ', t.typlen, t.typinput::regproc, t.typoutput::regproc)"],
            &format!("{types} WHERE t.typtype = 'b' AND t.typelem = 0"),
        ),
    ]
}
