//! What others than who migrates have made in a tenant's schema, where no default privileges give it to the tenant: a
//! migration may take on another role.

use crate::ident::{RoleName, SchemaName, literal};

use super::grants::READ_AND_WRITE;

/// A condition on a row of `pg_class`: it is another's, whose rights who asks has as well.
pub(super) fn is_anothers(relation: &str) -> String {
    let me = "(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)";
    format!(
        "{relation}.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {relation}.relowner <> {me} \
         AND pg_catalog.pg_has_role({relation}.relowner, 'USAGE')"
    )
}

/// A condition on rows of `pg_class` and `pg_roles`: the role has no right on it, which nobody has taken away in part.
pub(super) fn is_passed_over(relation: &str, role: &str) -> String {
    let [rows, numbers] = READ_AND_WRITE;
    format!(
        "CASE WHEN {role}.oid IS NULL THEN false WHEN {relation}.relkind = 'S' \
         THEN NOT pg_catalog.has_sequence_privilege({role}.oid, {relation}.oid, '{numbers}') \
         ELSE NOT pg_catalog.has_table_privilege({role}.oid, {relation}.oid, '{rows}') END"
    )
}

/// The statement that gives it to the role.
pub(super) fn grant(role: &RoleName, schema: &SchemaName) -> String {
    let [rows, numbers] = READ_AND_WRITE;
    let body = format!(
        "DECLARE its record; BEGIN \
         FOR its IN SELECT c.oid::pg_catalog.regclass AS relation, c.relkind = 'S' AS counts, r.rolname AS holder \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, pg_catalog.pg_roles r \
         WHERE n.nspname = {} AND r.rolname = {} AND {} AND {} LOOP \
         IF its.counts THEN EXECUTE pg_catalog.format('GRANT {numbers} ON SEQUENCE %s TO %I', its.relation, its.holder); \
         ELSE EXECUTE pg_catalog.format('GRANT {rows} ON TABLE %s TO %I', its.relation, its.holder); END IF; \
         END LOOP; END",
        literal(schema.as_str()),
        literal(role.as_str()),
        is_anothers("c"),
        is_passed_over("c", "r"),
    );
    format!("DO {}", literal(&body))
}
