//! Histories that cannot be read, or had better not be.
//!
//! A tenant may own its schema, and so its history table. Whatever runs code of the table's owner when it is read
//! (a type with a cast of its own, a view, a row security policy) would run it with the rights of the migrating role.

use crate::connection::Session;
use crate::migration::ledger::{CHECKSUM_COLUMN, FORMAT_COLUMN, Ledger, RUN_COLUMN};
use crate::run::Failure;
use crate::sqlstate::FailureClass;

/// An SQL expression for how a history table stands, where `n` is its namespace and `c` itself, if it is there:
/// `absent`, `diesel`, `extended`, or what [`failure`] explains.
pub(crate) fn standing() -> String {
    let columns = |condition: &str| {
        format!(
            "(SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 \
             AND NOT a.attisdropped AND {condition})"
        )
    };
    let texts = "('pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.text'::pg_catalog.regtype)";
    let read = format!("a.attname IN ('version', '{CHECKSUM_COLUMN}', '{FORMAT_COLUMN}')");
    let ours = format!("a.attname IN ('{CHECKSUM_COLUMN}', '{FORMAT_COLUMN}', '{RUN_COLUMN}')");
    let expected = format!(
        "(a.attname IN ('version', '{CHECKSUM_COLUMN}', '{RUN_COLUMN}') AND a.atttypid IN {texts} \
         OR a.attname = '{FORMAT_COLUMN}' AND a.atttypid = 'pg_catalog.int4'::pg_catalog.regtype)"
    );
    // Most are as they should be, which one look at the columns tells; only the odd ones are looked at more closely.
    // Most are this role's own, too, and to ask the server for rights is dear: it loads each table's row once more.
    let own =
        "(c.relacl IS NULL AND c.relowner = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))";
    let as_it_should_be = format!(
        "c.relkind = 'r' AND NOT c.relrowsecurity AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
         AND ({own} OR pg_catalog.has_table_privilege(c.oid, 'SELECT')) AND {} = 4",
        columns(&expected)
    );
    format!(
        "CASE WHEN {as_it_should_be} THEN 'extended' WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 'usage' \
         WHEN c.oid IS NULL THEN 'absent' WHEN c.relkind NOT IN ('r', 'p') THEN 'no-table' \
         WHEN {} = 0 OR {} > 0 THEN 'layout' WHEN c.relrowsecurity THEN 'row-security' WHEN {} > 0 THEN 'select' \
         WHEN {} = 3 THEN 'extended' ELSE 'diesel' END",
        columns("a.attname = 'version'"),
        columns(&format!("(a.attname = 'version' OR {ours}) AND NOT {expected}")),
        columns(&format!("{read} AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')")),
        columns(&ours),
    )
}

/// Why the history is not read; `None` where it is.
pub(crate) fn failure(standing: &str, ledger: Ledger<'_>) -> Option<Failure> {
    let (table, schema) = (ledger.qualified(), ledger.schema().quoted());
    let grant = |right: &str| format!("grant the migrating role {right}, or migrate as the schema's owner");
    let (message, hint) = match standing {
        "usage" => {
            (format!("the role may not look into the schema {schema}"), grant(&format!("USAGE on schema {schema}")))
        }
        "select" => (format!("the role may not read the history table {table}"), grant(&format!("SELECT on {table}"))),
        "no-table" => (
            format!("{table} is not a table, and a history is one"),
            "drop or rename it, or restore the history table of that name".to_owned(),
        ),
        "layout" => (
            format!("{table} does not have the columns of a history table"),
            "it needs `version varchar(50)`, as Diesel makes it: restore it, or rename it if it is something else, or \
             name the history table otherwise (migrations.table)"
                .to_owned(),
        ),
        "row-security" => (
            format!("the history table {table} has row security, so that nobody knows which of its rows are seen"),
            format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
        ),
        _ => return None,
    };
    Some(Failure::new(FailureClass::Permanent, message).with_hint(hint))
}

/// Why reading the history failed, though all seemed well.
pub(super) fn read_failure(error: &tokio_postgres::Error, ledger: Ledger<'_>) -> Failure {
    let mut failure = Failure::from_postgres(error);
    failure.message = format!("the history table {} cannot be read: {}", ledger.qualified(), failure.message);
    failure
}

/// Whether the server has refused this one statement, so that another may succeed.
pub(super) fn is_of_the_statement(session: &Session, error: &tokio_postgres::Error) -> bool {
    !session.is_closed() && FailureClass::of(error) != FailureClass::ConnectionLost
}
