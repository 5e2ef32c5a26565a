//! One number for each schema, made in the server: schemas of one number are described once.
//!
//! Describing twenty tables takes some milliseconds, of a thousand schemas some ten seconds; to hash what the catalogue's
//! rows hold takes a second for all of them. So it is hashed with OIDs of what no tenant owns as they are, with
//! expressions as the server keeps them, and with names in place of OIDs only where the schema's own objects are meant.
//! Expressions that mention such are written out, each from its schema's own path.
//!
//! It may say of two equal schemas that they differ: a column was dropped, a statement was written with another blank.
//! Then both are described, which tells. It says of no two that differ that they are equal, but for a chance of one in
//! 2⁶⁴; the seed is drawn anew each time, so that nobody can look for one.

use super::{Asked, asked_as_table, code};

/// How many connections share the work.
pub(in crate::drift) const PARTS: usize = 2;

/// The queries, one for each connection: a schema's name and its number. What they take for a schema differs, so that
/// two schemas are equal where all their numbers are.
pub(in crate::drift) fn queries(asked: &[Asked<'_>], seed: i64, major: u32) -> [String; PARTS] {
    let hash = |kind: u32, columns: &str| {
        if major >= 14 {
            // The record's hash is a sum of its columns', so that two changes may make up for each other: hence once more.
            format!("hashtextextended(hash_record_extended(({kind}, {columns}), {seed})::text, {seed})")
        } else {
            format!("hashtextextended(({kind}, {columns})::text, {seed})")
        }
    };
    let since = |version: u32, column: &str| if major >= version { format!(", {column}") } else { String::new() };
    let shapes = [
        format!(
            "SELECT c.relnamespace, {} FROM rel c",
            hash(
                1,
                "c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, \
                 c.reloptions, c.relispartition, c.relpartbound::text, c.relam, c.reltablespace, c.reloftype"
            )
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_class t ON t.oid = c.reltoastrelid \
             WHERE t.reloptions IS NOT NULL",
            hash(2, "c.relname, t.reloptions")
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
             AND NOT a.attisdropped LEFT JOIN pg_type t ON t.oid = a.atttypid AND t.typnamespace = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'f', 'c', 'v', 'm')",
            hash(
                3,
                &format!(
                    "c.relname, a.attname, a.attnum, a.attnotnull, a.atttypmod, a.attidentity, a.attgenerated, \
                     a.attcollation, a.attstorage, a.attstattarget, a.attislocal, a.attinhcount, a.attoptions, \
                     a.attfdwoptions, coalesce(t.typname::text, a.atttypid::text){}",
                    since(14, "a.attcompression")
                )
            )
        ),
        // Without the table where no column stands in it: to open a table takes longer than all the rest.
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_attrdef d ON d.adrelid = c.oid LEFT JOIN written w \
             ON w.classid = 'pg_attrdef'::regclass AND w.objid = d.oid",
            hash(
                4,
                "c.relname, d.adnum, CASE WHEN w.objid IS NULL THEN d.adbin::text WHEN set_config('search_path', c.path, \
                 true) IS NOT NULL THEN pg_get_expr(d.adbin, CASE WHEN strpos(d.adbin::text, '{VAR ') = 0 THEN 0 ELSE c.oid END) END"
            )
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_partitioned_table p ON p.partrelid = c.oid",
            hash(5, "c.relname, p.partstrat, p.partattrs, p.partclass, p.partcollation, p.partexprs::text")
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_inherits h ON h.inhrelid = c.oid JOIN pg_class p \
             ON p.oid = h.inhparent",
            hash(6, "c.relname, p.relname, p.relnamespace = c.relnamespace, h.inhseqno")
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_foreign_table f ON f.ftrelid = c.oid",
            hash(7, "c.relname, f.ftserver, f.ftoptions")
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_sequence s ON s.seqrelid = c.oid",
            hash(
                8,
                "c.relname, s.seqtypid, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle, \
                 (SELECT concat_ws(' ', d.deptype, o.relname, o.relnamespace = c.relnamespace, d.refobjsubid) FROM pg_depend d \
                 JOIN pg_class o ON o.oid = d.refobjid WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
                 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))"
            )
        ),
    ];
    let rules = [
        // Written out, it would lock what it reads until the end.
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_rewrite u ON u.ev_class = c.oid",
            hash(
                9,
                &format!(
                    "c.relname, u.rulename, u.ev_enabled, u.ev_type, u.is_instead, {}, {}",
                    by_name("u.ev_action::text"),
                    by_name("u.ev_qual::text")
                )
            )
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_constraint k ON k.conrelid = c.oid LEFT JOIN rel f \
             ON f.oid = k.confrelid AND f.relnamespace = c.relnamespace LEFT JOIN written w \
             ON w.classid = 'pg_constraint'::regclass AND w.objid = k.oid WHERE k.contype NOT IN ('n', 't') \
             AND (k.conparentid = 0 OR k.contype <> 'f' OR NOT EXISTS (SELECT FROM pg_constraint o \
             WHERE o.oid = k.conparentid AND o.confrelid <> k.confrelid))",
            hash(
                20,
                &format!(
                    "c.relname, k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.confupdtype, \
                     k.confdeltype, k.confmatchtype, k.conislocal, k.coninhcount, k.connoinherit, k.conkey, k.confkey, \
                     k.conparentid = 0, coalesce(f.relname::text, k.confrelid::text), CASE WHEN k.contype = 'x' THEN \
                     k.conexclop END, CASE WHEN w.objid IS NULL THEN k.conbin::text WHEN set_config('search_path', c.path, \
                     true) IS NOT NULL THEN pg_get_expr(k.conbin, k.conrelid) END{}{}",
                    since(15, "k.confdelsetcols"),
                    since(18, "k.conenforced, k.conperiod")
                )
            )
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x \
             ON x.oid = i.indexrelid LEFT JOIN written w ON w.classid = 'pg_class'::regclass AND w.objid = i.indexrelid",
            hash(
                21,
                &format!(
                    "c.relname, x.relname, x.relam, x.reltablespace, x.reloptions, x.relispartition, \
                     i.indisunique, i.indisprimary, i.indisexclusion, i.indimmediate, i.indisclustered, i.indisvalid, \
                     i.indisready, i.indislive, i.indisreplident, i.indnatts, i.indnkeyatts, i.indkey, i.indclass, \
                     i.indcollation, i.indoption, CASE WHEN w.objid IS NULL THEN concat(i.indexprs, '|', i.indpred) \
                     WHEN set_config('search_path', c.path, true) IS NOT NULL THEN concat(pg_get_expr(i.indexprs, \
                     i.indrelid), '|', pg_get_expr(i.indpred, i.indrelid)) END{}",
                    since(15, "i.indnullsnotdistinct")
                )
            )
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x \
             ON x.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = x.oid WHERE a.attstattarget >= 0 \
             AND i.indexprs IS NOT NULL AND a.attnum > 0",
            hash(22, "x.relname, a.attnum, a.attstattarget")
        ),
        // What a foreign key makes counts where it was disabled.
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_trigger g ON g.tgrelid = c.oid LEFT JOIN pg_constraint k \
             ON k.oid = g.tgconstraint WHERE g.tgisinternal AND g.tgenabled <> 'O'",
            hash(23, "c.relname, k.conname, g.tgenabled")
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_trigger g ON g.tgrelid = c.oid LEFT JOIN pg_proc p \
             ON p.oid = g.tgfoid AND p.pronamespace = c.relnamespace WHERE NOT g.tgisinternal",
            hash(
                24,
                "c.relname, g.tgname, g.tgtype, g.tgenabled, g.tgdeferrable, g.tginitdeferred, g.tgnargs, g.tgargs, g.tgattr, \
                 g.tgoldtable, g.tgnewtable, g.tgconstrrelid = 0, coalesce(p.proname::text, g.tgfoid::text), \
                 CASE WHEN (g.tgqual IS NOT NULL OR g.tgconstrrelid <> 0) AND set_config('search_path', c.path, true) \
                 IS NOT NULL THEN pg_get_triggerdef(g.oid, true) END, EXISTS (SELECT FROM pg_depend d \
                 WHERE d.classid = 'pg_trigger'::regclass AND d.objid = g.oid AND d.deptype = 'P')"
            )
        ),
        format!(
            "SELECT c.relnamespace, {} FROM rel c JOIN pg_policy p ON p.polrelid = c.oid",
            hash(
                26,
                "c.relname, p.polname, p.polcmd, p.polpermissive, p.polroles, CASE WHEN set_config('search_path', c.path, \
                 true) IS NOT NULL THEN concat(pg_get_expr(p.polqual, p.polrelid), '|', pg_get_expr(p.polwithcheck, \
                 p.polrelid)) END"
            )
        ),
        format!(
            "SELECT n.oid, {} FROM ns n JOIN pg_proc p ON p.pronamespace = n.oid",
            hash(
                27,
                &format!(
                    "p.proname, p.prokind, p.prolang, p.procost, p.prorows, p.prosupport::oid, p.prosecdef, p.proleakproof, \
                     p.proisstrict, p.proretset, p.provolatile, p.proparallel, p.protrftypes, p.probin, {}, {}, \
                     CASE WHEN set_config('search_path', n.path, true) IS NOT NULL THEN concat_ws('|', \
                     pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), CASE WHEN p.prokind = 'a' THEN \
                     {} END{}) END",
                    own("p.prosrc"),
                    own("array_to_string(p.proconfig, ';')"),
                    code::AGGREGATE,
                    since(14, "p.prosqlbody::text")
                )
            )
        ),
        format!(
            "SELECT n.oid, {} FROM ns n JOIN pg_type t ON t.typnamespace = n.oid JOIN pg_enum e ON e.enumtypid = t.oid",
            hash(
                28,
                "t.typname, e.enumlabel, (SELECT count(*) FROM pg_enum b WHERE b.enumtypid = t.oid \
                 AND b.enumsortorder < e.enumsortorder)"
            )
        ),
        format!(
            "SELECT n.oid, {} FROM ns n JOIN pg_type t ON t.typnamespace = n.oid LEFT JOIN pg_range r \
             ON r.rngtypid = t.oid LEFT JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'c' \
             WHERE t.typtype IN ('d', 'r', 'e') OR (t.typtype = 'b' AND t.typelem = 0)",
            hash(
                29,
                "t.typname, t.typtype, t.typnotnull, t.typcollation, t.typlen, r.rngcollation, k.conname, \
                 CASE WHEN set_config('search_path', n.path, true) IS NOT NULL THEN concat_ws('|', \
                 format_type(nullif(t.typbasetype, 0), t.typtypmod), pg_get_expr(t.typdefaultbin, 0), \
                 pg_get_constraintdef(k.oid), format_type(r.rngsubtype, NULL), nullif(r.rngcanonical, 0)::regproc::text, \
                 nullif(r.rngsubdiff, 0)::regproc::text, CASE WHEN t.typtype = 'b' THEN concat(t.typinput::regproc, \
                 t.typoutput::regproc) END) END"
            )
        ),
        format!(
            "SELECT n.oid, {} FROM ns n JOIN pg_statistic_ext s ON s.stxnamespace = n.oid",
            hash(
                30,
                &format!(
                    "s.stxname, {}, CASE WHEN set_config('search_path', n.path, true) IS NOT NULL THEN \
                     substr(pg_get_statisticsobjdef(s.oid), length('CREATE STATISTICS ' || quote_ident(n.nspname) || '.') \
                     + 1) END",
                    "s.stxstattarget"
                )
            )
        ),
        format!(
            "SELECT n.oid, {} FROM ns n JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid \
             WHERE d.deptype = 'n' AND d.classid NOT IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, \
             'pg_statistic_ext'::regclass, 'pg_extension'::regclass)",
            hash(
                31,
                "CASE WHEN set_config('search_path', n.path, true) IS NOT NULL THEN pg_describe_object(d.classid, d.objid, \
                 0) END"
            )
        ),
        format!(
            "SELECT o.ns, {} FROM pg_depend e JOIN (SELECT tableoid AS classid, oid AS objid, relnamespace AS ns FROM pg_class \
             UNION ALL SELECT tableoid, oid, pronamespace FROM pg_proc UNION ALL SELECT tableoid, oid, typnamespace \
             FROM pg_type) o ON o.classid = e.classid AND o.objid = e.objid JOIN ns n ON n.oid = o.ns \
             WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e'",
            hash(32, "e.classid, e.objid")
        ),
    ];
    [query(asked, &["pg_attrdef"], &shapes), query(asked, &["pg_constraint", "pg_class"], &rules)]
}

/// A text of a function's, with a mark in place of the schema's own name.
fn own(text: &str) -> String {
    format!(
        "CASE WHEN strpos({text}, n.nspname) > 0 THEN regexp_replace({text}, n.token, E'\\\\1\\x01', 'g') ELSE {text} END"
    )
}

/// A parsed query of the catalogue's, with names in place of the numbers of the schema's own objects, in their order. Where
/// it is in the source, and how long its types are, are numbers too.
fn by_name(tree: &str) -> String {
    const NUMBER: &str = r"':(?!location |stmt_|\w*mod )(\w+) ([1-9]\d{4,})'";
    format!(
        "concat(regexp_replace({tree}, {NUMBER}, ':', 'g'), (SELECT string_agg(coalesce((SELECT o.relname::text \
         FROM pg_class o WHERE o.oid = m[2]::oid AND o.relnamespace = c.relnamespace), (SELECT o.typname::text FROM pg_type o \
         WHERE o.oid = m[2]::oid AND o.typnamespace = c.relnamespace), (SELECT o.proname::text FROM pg_proc o \
         WHERE o.oid = m[2]::oid AND o.pronamespace = c.relnamespace), m[2]) || ' ' || m[1], ',' ORDER BY n) \
         FROM regexp_matches({tree}, {NUMBER}, 'g') WITH ORDINALITY x (m, n)))"
    )
}

/// `written` are the expressions in these catalogues that mention more than the table's own columns and what the server
/// brings.
fn query(asked: &[Asked<'_>], written: &[&str], kinds: &[String]) -> String {
    let written: Vec<String> = written.iter().map(|catalogue| format!("'{catalogue}'::regclass")).collect();
    format!(
        "WITH ns AS MATERIALIZED (SELECT n.oid, n.nspname::text, quote_ident(n.nspname) AS path, \
         format('(^|[^[:alnum:]_$])(\"%1$s\"|%1$s)(?![[:alnum:]_$])', regexp_replace(n.nspname, '([^[:alnum:]_ ])', \
         '\\\\\\1', 'g')) AS token, a.without FROM {} JOIN pg_namespace n ON n.nspname = a.name), \
         rel AS MATERIALIZED (SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, \
         c.relforcerowsecurity, c.relreplident, c.reloptions, c.relispartition, c.relpartbound, c.relam, c.reltablespace, \
         c.reloftype, c.reltoastrelid, n.path FROM ns n JOIN pg_class c ON c.relnamespace = n.oid \
         WHERE c.relkind NOT IN ('i', 'I', 't') AND c.relname <> ALL (n.without)), \
         written AS MATERIALIZED (SELECT DISTINCT d.classid, d.objid FROM pg_depend d \
         WHERE d.classid IN ({}) AND d.deptype = 'n' \
         AND (d.refclassid IN ('pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass, \
         'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass) \
         OR (d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_attrdef'::regclass))) \
         SELECT n.nspname, x.sum::text FROM (SELECT h.ns, sum(h.hash) FROM ({}) h (ns, hash) GROUP BY h.ns) x \
         JOIN ns n ON n.oid = x.ns",
        asked_as_table(asked),
        written.join(", "),
        kinds.join(" UNION ALL "),
    )
}
