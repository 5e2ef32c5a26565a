//! Who owns what, who else may do what, and what is said of it.

use super::ROLE_MARK;

/// Owners other than who reads, and comments.
pub(super) fn items(scope: &str, own: &str) -> String {
    let none = "NULL, NULL, NULL, false";
    let is_owned = "EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') \
                    AND d.refclassid = 'pg_class'::regclass AND c.relkind = 'S')";
    let other = |column: &str| format!("{column} <> (SELECT o.oid FROM pg_roles o WHERE o.rolname = current_user)");
    let roles = |column: &str| {
        format!(
            "NULL, NULL, json_build_array((SELECT nullif(o.rolname::text, {own}) FROM pg_roles o WHERE o.oid = {column}))::text, false"
        )
    };
    let routine = "format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))";
    let relation = "CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'i' THEN 'INDEX' \
                    WHEN 'I' THEN 'INDEX' ELSE 'TABLE' END";
    let said = |class: &str, object: &str| {
        format!("JOIN pg_description m ON m.classoid = '{class}'::regclass AND m.objoid = {object}")
    };
    let of_a_table = |class: &str, alias: &str, what: &str, name: &str, table: &str| {
        format!(
            " UNION ALL SELECT 'comment/{class}/' || {alias}.oid, '{class}/' || {alias}.oid, 71, c.relname || '.' || {alias}.{name}, \
             format('COMMENT ON {what} %I ON %I IS %L', {alias}.{name}, c.relname, m.description), {none} FROM rel c \
             JOIN {class} {alias} ON {alias}.{table} = c.oid {}",
            said(class, &format!("{alias}.oid"))
        )
    };
    let parts = [
        of_a_table("pg_constraint", "k", "CONSTRAINT", "conname", "conrelid"),
        of_a_table("pg_trigger", "g", "TRIGGER", "tgname", "tgrelid"),
        of_a_table("pg_policy", "g", "POLICY", "polname", "polrelid"),
        of_a_table("pg_rewrite", "g", "RULE", "rulename", "ev_class"),
    ];
    format!(
        "{scope} \
         SELECT 'owner/' || c.oid, 'pg_class/' || c.oid, 70, c.relname::text, format('ALTER TABLE %I OWNER TO %s', c.relname, \
         {}), {} FROM rel c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT {is_owned} AND {} \
         UNION ALL SELECT 'owner/p/' || p.oid, 'pg_proc/' || p.oid, 70, {routine}, format('ALTER ROUTINE %s OWNER TO %s', {routine}, \
         {}), {} FROM fun p WHERE {} \
         UNION ALL SELECT 'owner/t/' || t.oid, 'pg_type/' || t.oid, 70, t.typname, format('ALTER TYPE %I OWNER TO %s', t.typname, \
         {}), {} FROM typ t WHERE {} AND (t.typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM rel c \
         WHERE c.oid = t.typrelid AND c.relkind = 'c')) \
         UNION ALL SELECT 'comment/' || c.oid || '/' || m.objsubid, 'pg_class/' || c.oid, 71, c.relname || '.' || coalesce((SELECT a.attname FROM pg_attribute a \
         WHERE a.attrelid = c.oid AND a.attnum = nullif(m.objsubid, 0)), ''), CASE m.objsubid \
         WHEN 0 THEN format('COMMENT ON %s %I IS %L', {relation}, c.relname, m.description) ELSE format('COMMENT ON COLUMN %I.%I IS %L', \
         c.relname, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = m.objsubid), m.description) END, {none} \
         FROM rel c {} \
         UNION ALL SELECT 'comment/p/' || p.oid, 'pg_proc/' || p.oid, 71, {routine}, format('COMMENT ON ROUTINE %s IS %L', {routine}, \
         m.description), {none} FROM fun p {} \
         UNION ALL SELECT 'comment/t/' || t.oid, 'pg_type/' || t.oid, 71, t.typname, format('COMMENT ON %s %I IS %L', CASE t.typtype WHEN 'd' \
         THEN 'DOMAIN' ELSE 'TYPE' END, t.typname, m.description), {none} FROM typ t {} \
         UNION ALL SELECT 'comment/d/' || k.oid, 'pg_constraint/' || k.oid, 71, t.typname || '.' || k.conname, format('COMMENT ON CONSTRAINT %I \
         ON DOMAIN %I IS %L', k.conname, t.typname, m.description), {none} FROM typ t JOIN con k ON k.contypid = t.oid {} \
         UNION ALL SELECT 'comment/x/' || x.oid, 'pg_statistic_ext/' || x.oid, 71, x.stxname, format('COMMENT ON STATISTICS %I IS %L', x.stxname, \
         m.description), {none} FROM s JOIN pg_statistic_ext x ON x.stxnamespace = s.oid {} \
         UNION ALL SELECT 'comment/s', NULL, 72, 'schema', format('COMMENT ON SCHEMA :schema: IS %L', m.description), NULL, NULL, NULL, true \
         FROM s {}{}",
        named("c.relowner", own),
        roles("c.relowner"),
        other("c.relowner"),
        named("p.proowner", own),
        roles("p.proowner"),
        other("p.proowner"),
        named("t.typowner", own),
        roles("t.typowner"),
        other("t.typowner"),
        said("pg_class", "c.oid"),
        said("pg_proc", "p.oid"),
        said("pg_type", "t.oid"),
        said("pg_constraint", "k.oid"),
        said("pg_statistic_ext", "x.oid"),
        said("pg_namespace", "s.oid"),
        parts.concat(),
    )
}

/// The role with this number as it stands in a statement: the tenant's own as a mark.
fn named(column: &str, own: &str) -> String {
    format!(
        "CASE WHEN pg_get_userbyid({column})::text = {own} THEN '{ROLE_MARK}' ELSE quote_ident(pg_get_userbyid({column})) END"
    )
}

/// Whose default privileges in the schema are others' than who reads.
pub(super) fn by_default(scope: &str, own: &str) -> String {
    format!(
        "{scope} SELECT DISTINCT pg_get_userbyid(d.defaclrole) FROM s JOIN pg_default_acl d ON d.defaclnamespace = s.oid \
         WHERE pg_get_userbyid(d.defaclrole)::text IS DISTINCT FROM {own} AND pg_get_userbyid(d.defaclrole) <> current_user"
    )
}

/// What others than the owner and the tenant's own role may do: statement, whether it names the schema, role.
pub(super) fn grants(scope: &str, own: &str) -> String {
    let is_other =
        |owner: &str| format!("x.grantee <> {owner} AND (x.grantee = 0 OR u.rolname::text IS DISTINCT FROM {own})");
    let to =
        "coalesce(quote_ident(u.rolname), 'PUBLIC') || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END";
    let role = "LEFT JOIN pg_roles u ON u.oid = x.grantee";
    let group = "GROUP BY u.rolname, x.grantee, x.is_grantable";
    let privileges = "string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type)";
    let closed = |acl: &str, what: &str, name: &str| {
        format!(
            "SELECT format('REVOKE ALL ON {what} %s FROM PUBLIC', {name}), false, NULL, {name}, 0 AS step, \
                 NOT EXISTS (SELECT FROM aclexplode({acl}) x WHERE x.grantee = 0) AS holds"
        )
    };
    let routine = "format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))";
    let quoted_type = "quote_ident(t.typname)";
    format!(
        "{scope} SELECT sql, named, role FROM (\
         SELECT format('GRANT %s ON %s %I TO %s', {privileges}, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname, {to}), \
         false, u.rolname::text, c.relname::text, 1, true FROM rel c, aclexplode(c.relacl) x {role} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') \
         AND {} {group}, c.relkind, c.relname \
         UNION ALL SELECT format('GRANT %s ON TABLE %I TO %s', string_agg(format('%s (%I)', x.privilege_type, a.attname), ', ' ORDER BY a.attname, \
         x.privilege_type), c.relname, {to}), false, u.rolname, c.relname, 2, true FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid \
         AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) x {role} WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {} {group}, c.relname \
         UNION ALL SELECT * FROM (SELECT closed.* FROM fun p, LATERAL ({}) closed WHERE p.proacl IS NOT NULL) f WHERE f.holds \
         UNION ALL SELECT * FROM (SELECT closed.* FROM typ t, LATERAL ({}) closed WHERE t.typacl IS NOT NULL) f WHERE f.holds \
         UNION ALL SELECT format('GRANT EXECUTE ON ROUTINE %s TO %s', {routine}, {to}), false, u.rolname, {routine}, 1, true FROM fun p, \
         aclexplode(p.proacl) x {role} WHERE x.grantee <> 0 AND {} \
         UNION ALL SELECT format('GRANT USAGE ON TYPE %I TO %s', t.typname, {to}), false, u.rolname, t.typname, 1, true FROM typ t, \
         aclexplode(t.typacl) x {role} WHERE x.grantee <> 0 AND {} \
         UNION ALL SELECT format('GRANT %s ON SCHEMA :schema: TO %s', {privileges}, {to}), true, u.rolname, '', 1, true FROM s, \
         aclexplode(s.nspacl) x {role} WHERE {} {group} \
         UNION ALL SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA :schema: GRANT %s ON %s TO %s', {}, \
         {privileges}, CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' ELSE 'TYPES' END, {to}), \
         true, u.rolname, d.defaclrole::text, 3, true FROM s JOIN pg_default_acl d ON d.defaclnamespace = s.oid, aclexplode(d.defaclacl) x {role} \
         WHERE {} {group}, d.defaclrole, d.defaclobjtype\
         ) g (sql, named, role, name, step, holds) ORDER BY step, name, sql",
        is_other("c.relowner"),
        is_other("c.relowner"),
        closed("p.proacl", "ROUTINE", routine),
        closed("t.typacl", "TYPE", quoted_type),
        is_other("p.proowner"),
        is_other("t.typowner"),
        is_other("s.nspowner"),
        named("d.defaclrole", own),
        is_other("d.defaclrole"),
    )
}

/// What takes those rights of others away.
pub(super) fn revocations(scope: &str) -> String {
    let from = "coalesce(quote_ident(u.rolname), 'PUBLIC')";
    let role = "LEFT JOIN pg_roles u ON u.oid = x.grantee";
    let routine = "format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))";
    format!(
        "{scope} SELECT DISTINCT format('REVOKE ALL ON %s %I FROM %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname, {from}) \
         FROM rel c, aclexplode(c.relacl) x {role} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND x.grantee <> c.relowner \
         UNION SELECT format('REVOKE ALL ON ROUTINE %s FROM %s', {routine}, {from}) FROM fun p, aclexplode(p.proacl) x {role} \
         WHERE x.grantee NOT IN (0, p.proowner) \
         UNION SELECT format('REVOKE ALL ON TYPE %I FROM %s', t.typname, {from}) FROM typ t, aclexplode(t.typacl) x {role} \
         WHERE x.grantee NOT IN (0, t.typowner)"
    )
}
