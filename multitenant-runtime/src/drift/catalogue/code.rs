//! Functions, and what has no kind of its own here.

use super::Kind;

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind::new(
            &[
                "CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END",
                "''",
                SIGNATURE,
                // The name itself is always written with its schema.
                "substr(pg_get_functiondef(p.oid), position('(' || pg_get_function_arguments(p.oid) || ')' \
                 IN pg_get_functiondef(p.oid)))",
                "quote_ident(p.proname)",
                ARGUMENTS,
            ],
            &from("p.prokind <> 'a'"),
        ),
        Kind::new(
            &[
                "'aggregate'",
                "''",
                SIGNATURE,
                AGGREGATE,
                "pg_get_function_result(p.oid)",
                "quote_ident(p.proname)",
                ARGUMENTS,
            ],
            &from("p.prokind = 'a'"),
        ),
        // Of these it is only told whether they are there.
        Kind::new(
            &[
                "'other'",
                "''",
                "CASE WHEN set_config('search_path', n.own, true) IS NOT NULL THEN \
                 pg_describe_object(i.classid, i.objid, 0) END",
            ],
            "inside i JOIN ns n ON n.oid = i.ns WHERE i.classid NOT IN ('pg_class'::regclass, 'pg_type'::regclass, \
             'pg_proc'::regclass, 'pg_statistic_ext'::regclass, 'pg_extension'::regclass)",
        ),
    ]
}

/// How an aggregate is computed.
pub(super) const AGGREGATE: &str = "(SELECT concat_ws(', ', 'SFUNC = ' || g.aggtransfn::text, 'STYPE = ' || format_type(g.aggtranstype, NULL), \
     'SSPACE = ' || nullif(g.aggtransspace, 0), 'FINALFUNC = ' || nullif(g.aggfinalfn, 0)::regproc::text, \
     CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END, \
     'COMBINEFUNC = ' || nullif(g.aggcombinefn, 0)::regproc::text, \
     'SERIALFUNC = ' || nullif(g.aggserialfn, 0)::regproc::text, \
     'DESERIALFUNC = ' || nullif(g.aggdeserialfn, 0)::regproc::text, \
     'INITCOND = ' || quote_literal(g.agginitval), 'MSFUNC = ' || nullif(g.aggmtransfn, 0)::regproc::text, \
     'MINVFUNC = ' || nullif(g.aggminvtransfn, 0)::regproc::text, \
     'MSTYPE = ' || format_type(nullif(g.aggmtranstype, 0), NULL), \
     'MFINALFUNC = ' || nullif(g.aggmfinalfn, 0)::regproc::text, \
     'MINITCOND = ' || quote_literal(g.aggminitval), \
     'SORTOP = ' || nullif(g.aggsortop, 0)::regoperator::text, \
     'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END, \
     CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END) FROM pg_aggregate g WHERE g.aggfnoid = p.oid)";

/// With all names written out, whatever the view, for a statement about what the reference does not have.
const ARGUMENTS: &str = "CASE WHEN set_config('search_path', 'pg_catalog', true) IS NOT NULL THEN \
     pg_get_function_identity_arguments(p.oid) END";

/// As the schema itself sees it, whatever the view: it is the name by which two schemas' functions are found equal.
const SIGNATURE: &str = "CASE WHEN set_config('search_path', n.own, true) IS NOT NULL THEN p.proname || '(' || \
     pg_get_function_identity_arguments(p.oid) || ')' END || left(set_config('search_path', n.path, true), 0)";

/// Not those that a type brings.
fn from(condition: &str) -> String {
    format!(
        "inside i JOIN ns n ON n.oid = i.ns JOIN pg_proc p ON p.oid = i.objid \
         WHERE i.classid = 'pg_proc'::regclass AND {condition} AND NOT EXISTS (SELECT FROM pg_depend d \
         WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')"
    )
}
