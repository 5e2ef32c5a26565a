//! Types, and functions.

/// Enums, domains with their constraints, ranges; functions, procedures, aggregates.
pub(super) fn items(scope: &str, major: u32) -> String {
    let none = "NULL, NULL, NULL, false";
    let multirange = if major >= 14 {
        "(SELECT format(', MULTIRANGE_TYPE_NAME = %I', m.typname) FROM pg_type m WHERE m.oid = r.rngmultitypid)"
    } else {
        "NULL"
    };
    let collation = "(SELECT ' COLLATE ' || t.typcollation::regcollation::text FROM pg_type b WHERE b.oid = t.typbasetype \
                     AND t.typcollation <> b.typcollation)";
    // The path that a function keeps holds the schema's own name, which the copy has another one for.
    let config = "(SELECT substr(g, 13) FROM unnest(p.proconfig) g WHERE starts_with(g, 'search_path='))";
    let definition = "pg_get_functiondef(p.oid)";
    let kind = "CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END";
    let signature = format!(
        "'CREATE ' || {kind} || ' ' || quote_ident(p.proname) || substr({definition}, length('CREATE OR REPLACE ' || {kind} || ' ' || \
         quote_ident(s.nspname) || '.' || quote_ident(p.proname)) + 1)"
    );
    // Its elements, with quotes or without, as somebody has written them.
    let path = format!(
        "(SELECT CASE WHEN starts_with(m[1], '\"') THEN replace(substr(m[1], 2, length(m[1]) - 2), '\"\"', '\"') ELSE m[1] END AS e \
         FROM regexp_matches({config}, '(\"(?:[^\"]|\"\")*\"|[^\", ]+)', 'g') m) elements"
    );
    let names_own = format!("EXISTS (SELECT FROM {path} WHERE e = s.nspname)");
    let signature = format!(
        "CASE WHEN {names_own} THEN regexp_replace({signature}, E'\\n SET search_path TO [^\\n]*', '') ELSE {signature} END"
    );
    let elements = format!("(SELECT json_agg(nullif(e, s.nspname)) FROM {path})::text");
    let routine = "format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))";
    format!(
        "{scope} \
         SELECT 'pg_type/' || t.oid, NULL, 10, t.typname::text, format('CREATE TYPE %I AS ENUM (%s)', t.typname, (SELECT string_agg(\
         quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)), {none} \
         FROM typ t WHERE t.typtype = 'e' \
         UNION ALL SELECT 'pg_type/' || t.oid, NULL, 10, t.typname, format('CREATE DOMAIN %I AS %s%s%s%s', t.typname, \
         format_type(t.typbasetype, t.typtypmod), {collation}, \
         ' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), quote_literal(t.typdefault)), \
         CASE WHEN t.typnotnull THEN ' NOT NULL' END), {none} FROM typ t WHERE t.typtype = 'd' \
         UNION ALL SELECT 'pg_constraint/' || k.oid, 'pg_type/' || t.oid, 12, t.typname || '.' || k.conname, \
         format('ALTER DOMAIN %I ADD CONSTRAINT %I %s', t.typname, k.conname, pg_get_constraintdef(k.oid)), {none} \
         FROM con k JOIN typ t ON t.oid = k.contypid WHERE k.contype = 'c' \
         UNION ALL SELECT 'pg_type/' || t.oid, NULL, 11, t.typname, format('CREATE TYPE %I AS RANGE (SUBTYPE = %s, \
         SUBTYPE_OPCLASS = %I.%I%s%s%s)', t.typname, r.rngsubtype::regtype, n.nspname, o.opcname, \
         CASE WHEN r.rngcollation <> 0 THEN ', COLLATION = ' || r.rngcollation::regcollation::text END, \
         CASE WHEN r.rngsubdiff <> 0 THEN ', SUBTYPE_DIFF = ' || r.rngsubdiff::regproc::text END, {multirange}), {none} \
         FROM typ t JOIN pg_range r ON r.rngtypid = t.oid JOIN pg_opclass o ON o.oid = r.rngsubopc \
         JOIN pg_namespace n ON n.oid = o.opcnamespace \
         UNION ALL SELECT 'pg_proc/' || p.oid, NULL, 15, {routine}, {signature}, NULL, NULL, NULL, false \
         FROM s, fun p WHERE p.prokind <> 'a' \
         UNION ALL SELECT 'path/' || p.oid, 'pg_proc/' || p.oid, 16, {routine}, format('ALTER ROUTINE %s SET search_path FROM CURRENT', \
         {routine}), {elements}, NULL, NULL, false FROM s, fun p WHERE {names_own} \
         UNION ALL SELECT 'pg_proc/' || p.oid, NULL, 17, {routine}, format('CREATE AGGREGATE %I(%s) (SFUNC = %s, STYPE = %s%s%s%s%s%s)', \
         p.proname, CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END, g.aggtransfn::regproc, g.aggtranstype::regtype, \
         CASE WHEN g.aggtransspace <> 0 THEN ', SSPACE = ' || g.aggtransspace END, \
         CASE WHEN g.aggfinalfn <> 0 THEN ', FINALFUNC = ' || g.aggfinalfn::regproc::text || CASE WHEN g.aggfinalextra \
         THEN ', FINALFUNC_EXTRA' ELSE '' END || CASE g.aggfinalmodify WHEN 's' THEN ', FINALFUNC_MODIFY = SHAREABLE' \
         WHEN 'w' THEN ', FINALFUNC_MODIFY = READ_WRITE' ELSE '' END END, \
         CASE WHEN g.aggcombinefn <> 0 THEN ', COMBINEFUNC = ' || g.aggcombinefn::regproc::text END, \
         ', INITCOND = ' || quote_literal(g.agginitval), \
         CASE p.proparallel WHEN 's' THEN ', PARALLEL = SAFE' WHEN 'r' THEN ', PARALLEL = RESTRICTED' END), {none} \
         FROM fun p JOIN pg_aggregate g ON g.aggfnoid = p.oid"
    )
}
