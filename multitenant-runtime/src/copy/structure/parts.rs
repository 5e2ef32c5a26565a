//! What hangs on tables: defaults, constraints, indexes, views, rules, triggers, policies, statistics, comments.

use super::ROLE_MARK;
use super::tables::OPTIONS;

/// All of it.
pub(super) fn items(scope: &str, own: &str, major: u32) -> String {
    let none = "NULL, NULL, NULL, false";
    let after = "'pg_class/' || c.oid";
    let enabled = |verb: &str, column: &str| {
        format!(
            "format('ALTER TABLE ONLY %I %s {verb} %I', c.relname, CASE x.{column} WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN \
             'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, x.{})",
            if verb == "RULE" { "rulename" } else { "tgname" }
        )
    };
    let (rule, trigger) =
        (enabled("RULE", "ev_enabled").replace("TABLE ONLY", "TABLE"), enabled("TRIGGER", "tgenabled"));
    let compression = if major >= 14 {
        "UNION ALL SELECT 'compression/' || c.oid || '/' || a.attnum, {after}, 26, c.relname || '.' || a.attname, \
         format('ALTER TABLE ONLY %I ALTER COLUMN %I SET COMPRESSION %s', c.relname, a.attname, \
         CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END), {none} FROM col a JOIN rel c ON c.oid = a.attrelid \
         WHERE a.attcompression <> '' AND c.relkind IN ('r', 'p', 'm') "
            .replace("{after}", after)
            .replace("{none}", none)
    } else {
        String::new()
    };
    // Of a column that a parent brings, its own NOT NULL.
    let own_not_null = if major >= 18 {
        "EXISTS (SELECT FROM con k WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND k.conislocal)"
    } else {
        "true"
    };
    // One of a partition is made with the one that it comes from, and enabled.
    let trigger_of_parent =
        "x.tgparentid <> 0 AND x.tgenabled <> (SELECT p.tgenabled FROM pg_trigger p WHERE p.oid = x.tgparentid)";
    let index_options = OPTIONS.replace("c.reloptions", "x.reloptions");
    // The tenant's own role stands last, as a mark.
    let is_own = format!("pg_get_userbyid(o)::text = {own}");
    let is_to_own = format!("EXISTS (SELECT FROM unnest(x.polroles) o WHERE {is_own})");
    let to = format!(
        "(SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' WHEN {is_own} THEN '{ROLE_MARK}' ELSE quote_ident(pg_get_userbyid(o)) END, ', ' \
         ORDER BY {is_own}, pg_get_userbyid(o)) FROM unnest(x.polroles) o)"
    );
    let unlogged_view = "CASE WHEN c.reloptions IS NOT NULL THEN ' WITH (' || ";
    format!(
        "{scope}, col AS MATERIALIZED (SELECT a.* FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
         AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p', 'v', 'm')) \
         SELECT 'pg_attrdef/' || d.oid, {after}, 30, c.relname || '.' || a.attname, format('ALTER TABLE ONLY %I ALTER COLUMN %I \
         SET DEFAULT %s', c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)), {none} FROM col a JOIN rel c ON c.oid = a.attrelid \
         JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attgenerated = '' \
         UNION ALL SELECT 'not null/' || c.oid || '/' || a.attnum, {after}, 26, c.relname || '.' || a.attname, \
         format('ALTER TABLE ONLY %I ALTER COLUMN %I SET NOT NULL', c.relname, a.attname), {none} FROM col a JOIN rel c ON c.oid = a.attrelid \
         WHERE a.attnotnull AND c.relkind IN ('r', 'p') AND (c.reloftype <> 0 OR NOT a.attislocal AND NOT c.relispartition AND {own_not_null}) \
         UNION ALL SELECT 'storage/' || c.oid || '/' || a.attnum, {after}, 26, c.relname || '.' || a.attname, \
         format('ALTER TABLE ONLY %I ALTER COLUMN %I SET STORAGE %s', c.relname, a.attname, CASE a.attstorage WHEN 'p' THEN 'PLAIN' \
         WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END), {none} FROM col a JOIN rel c ON c.oid = a.attrelid \
         JOIN pg_type y ON y.oid = a.atttypid WHERE a.attstorage <> y.typstorage AND c.relkind IN ('r', 'p', 'm') {compression}\
         UNION ALL SELECT 'target/' || c.oid || '/' || a.attnum, {after}, 26, c.relname || '.' || a.attname, \
         format('ALTER TABLE ONLY %I ALTER COLUMN %I SET STATISTICS %s', c.relname, a.attname, a.attstattarget), {none} \
         FROM col a JOIN rel c ON c.oid = a.attrelid WHERE a.attstattarget >= 0 AND c.relkind IN ('r', 'p', 'm') \
         UNION ALL SELECT 'options/' || c.oid || '/' || a.attnum, {after}, 26, c.relname || '.' || a.attname, \
         format('ALTER TABLE ONLY %I ALTER COLUMN %I SET (%s)', c.relname, a.attname, (SELECT string_agg(format('%s=%L', split_part(o, '=', 1), \
         substr(o, strpos(o, '=') + 1)), ', ') FROM unnest(a.attoptions) o)), {none} FROM col a JOIN rel c ON c.oid = a.attrelid \
         WHERE a.attoptions IS NOT NULL \
         UNION ALL SELECT 'pg_constraint/' || k.oid, {after}, CASE WHEN k.coninhcount > 0 THEN 31 ELSE 32 END, c.relname || '.' || k.conname, \
         format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid)), {none} \
         FROM con k JOIN rel c ON c.oid = k.conrelid WHERE k.contype = 'c' AND k.conislocal \
         UNION ALL SELECT 'pg_constraint/' || k.oid, {after}, 33, c.relname || '.' || k.conname, \
         format('ALTER TABLE ONLY %I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid, true)), {none} \
         FROM con k JOIN rel c ON c.oid = k.conrelid WHERE k.contype IN ('p', 'u', 'x') \
         UNION ALL SELECT 'pg_class/' || i.indexrelid, {after}, 34, x.relname, pg_get_indexdef(i.indexrelid, 0, true), {none} \
         FROM rel c JOIN pg_index i ON i.indrelid = c.oid JOIN rel x ON x.oid = i.indexrelid \
         WHERE NOT EXISTS (SELECT FROM con k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')) \
         UNION ALL SELECT 'index options/' || x.oid, 'pg_class/' || x.oid, 35, x.relname, format('ALTER INDEX %I SET (%s)', x.relname, \
         {index_options}), {none} FROM con k JOIN rel x ON x.oid = k.conindid WHERE k.contype IN ('p', 'u', 'x') AND x.relkind = 'i' \
         AND x.reloptions IS NOT NULL \
         UNION ALL SELECT 'target/' || x.oid || '/' || a.attnum, 'pg_class/' || x.oid, 35, x.relname || '.' || a.attnum, \
         format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS %s', x.relname, a.attnum, a.attstattarget), {none} \
         FROM rel x JOIN pg_attribute a ON a.attrelid = x.oid AND a.attstattarget >= 0 AND a.attnum > 0 WHERE x.relkind IN ('i', 'I') \
         AND EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = x.oid AND i.indexprs IS NOT NULL AND i.indkey[a.attnum - 1] = 0) \
         UNION ALL SELECT 'attach/' || x.oid, concat_ws(' ', 'pg_class/' || x.oid, 'pg_class/' || p.oid), 36, x.relname, \
         format('ALTER INDEX %I ATTACH PARTITION %I', p.relname, x.relname), {none} FROM rel x JOIN pg_inherits h ON h.inhrelid = x.oid \
         JOIN rel p ON p.oid = h.inhparent WHERE x.relkind IN ('i', 'I') \
         UNION ALL SELECT 'pg_constraint/' || k.oid, {after}, 37, c.relname || '.' || k.conname, \
         format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, k.conname, pg_get_constraintdef(k.oid, true)), {none} \
         FROM con k JOIN rel c ON c.oid = k.conrelid WHERE k.contype = 'f' AND k.conparentid = 0 \
         UNION ALL SELECT 'clustered/' || c.oid, concat_ws(' ', {after}, 'pg_class/' || x.oid), 40, c.relname, \
         format('ALTER TABLE %I CLUSTER ON %I', c.relname, x.relname), {none} FROM rel c JOIN pg_index i ON i.indrelid = c.oid AND i.indisclustered \
         JOIN rel x ON x.oid = i.indexrelid \
         UNION ALL SELECT 'replica/' || c.oid, concat_ws(' ', {after}, 'pg_class/' || x.oid), 40, c.relname, \
         format('ALTER TABLE ONLY %I REPLICA IDENTITY %s', c.relname, CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' \
         ELSE format('USING INDEX %I', x.relname) END), {none} FROM rel c LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisreplident \
         LEFT JOIN rel x ON x.oid = i.indexrelid WHERE c.relkind IN ('r', 'p', 'm') AND c.relreplident <> 'd' \
         UNION ALL SELECT 'pg_class/' || c.oid, NULL, 50, c.relname, format('CREATE VIEW %I%s AS%s', c.relname, {unlogged_view} {OPTIONS} || ')' END, \
         E'\\n' || rtrim(pg_get_viewdef(c.oid), ';')), {none} FROM rel c WHERE c.relkind = 'v' \
         UNION ALL SELECT 'pg_class/' || c.oid, NULL, 51, c.relname, format('CREATE MATERIALIZED VIEW %I%s%s%s AS%s WITH NO DATA', c.relname, \
         (SELECT format(' USING %I', m.amname) FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'), {unlogged_view} {OPTIONS} || ')' END, \
         (SELECT format(' TABLESPACE %I', t.spcname) FROM pg_tablespace t WHERE t.oid = c.reltablespace), \
         E'\\n' || rtrim(pg_get_viewdef(c.oid), ';')), NULL, CASE WHEN c.relispopulated THEN format('REFRESH MATERIALIZED VIEW %I', c.relname) END, \
         NULL, false FROM rel c WHERE c.relkind = 'm' \
         UNION ALL SELECT 'pg_rewrite/' || x.oid, {after}, 60, c.relname || '.' || x.rulename, rtrim(pg_get_ruledef(x.oid, true), ';'), {none} \
         FROM rel c JOIN pg_rewrite x ON x.ev_class = c.oid WHERE x.rulename <> '_RETURN' \
         UNION ALL SELECT 'rule/' || x.oid, 'pg_rewrite/' || x.oid, 61, c.relname || '.' || x.rulename, {rule}, {none} \
         FROM rel c JOIN pg_rewrite x ON x.ev_class = c.oid WHERE x.rulename <> '_RETURN' AND x.ev_enabled <> 'O' \
         UNION ALL SELECT 'pg_trigger/' || x.oid, {after}, 62, c.relname || '.' || x.tgname, pg_get_triggerdef(x.oid, true), {none} \
         FROM rel c JOIN pg_trigger x ON x.tgrelid = c.oid WHERE NOT x.tgisinternal AND x.tgparentid = 0 \
         UNION ALL SELECT 'trigger/' || x.oid, concat_ws(' ', 'pg_trigger/' || x.oid, 'pg_trigger/' || nullif(x.tgparentid, 0), 'trigger/' || nullif(x.tgparentid, 0)), 63, \
         c.relname || '.' || x.tgname, {trigger}, {none} FROM rel c JOIN pg_trigger x ON x.tgrelid = c.oid WHERE NOT x.tgisinternal \
         AND (x.tgenabled <> 'O' OR {trigger_of_parent}) \
         UNION ALL SELECT 'row security/' || c.oid, {after}, 64, c.relname, format('ALTER TABLE ONLY %I %s', c.relname, concat_ws(', ', \
         CASE WHEN c.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END, CASE WHEN c.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END)), \
         {none} FROM rel c WHERE c.relrowsecurity OR c.relforcerowsecurity \
         UNION ALL SELECT 'pg_policy/' || x.oid, {after}, 65, c.relname || '.' || x.polname, format('CREATE POLICY %I ON %I AS %s FOR %s TO %s%s%s', \
         x.polname, c.relname, CASE WHEN x.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, CASE x.polcmd WHEN 'r' THEN 'SELECT' \
         WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, CASE WHEN {is_to_own} THEN 'PUBLIC' ELSE {to} END, ' USING (' || pg_get_expr(x.polqual, x.polrelid) || ')', \
         ' WITH CHECK (' || pg_get_expr(x.polwithcheck, x.polrelid) || ')'), NULL, NULL, (SELECT json_agg(u.rolname) FROM pg_roles u \
         WHERE u.oid = ANY (x.polroles) AND u.rolname::text <> {own})::text, false FROM rel c JOIN pg_policy x ON x.polrelid = c.oid \
         UNION ALL SELECT 'policy/' || x.oid, 'pg_policy/' || x.oid, 67, c.relname || '.' || x.polname, \
         format('ALTER POLICY %I ON %I TO %s', x.polname, c.relname, {to}), NULL, NULL, '[null]', false \
         FROM rel c JOIN pg_policy x ON x.polrelid = c.oid WHERE {is_to_own} \
         UNION ALL SELECT 'pg_statistic_ext/' || x.oid, NULL, 66, x.stxname, 'CREATE STATISTICS ' || quote_ident(x.stxname) || \
         substr(pg_get_statisticsobjdef(x.oid), length('CREATE STATISTICS ' || quote_ident(s.nspname) || '.' || quote_ident(x.stxname)) + 1), {none} \
         FROM s JOIN pg_statistic_ext x ON x.stxnamespace = s.oid \
         UNION ALL SELECT 'target/' || x.oid, 'pg_statistic_ext/' || x.oid, 67, x.stxname, \
         format('ALTER STATISTICS %I SET STATISTICS %s', x.stxname, x.stxstattarget), {none} \
         FROM s JOIN pg_statistic_ext x ON x.stxnamespace = s.oid WHERE x.stxstattarget >= 0"
    )
}
