//! How much a schema is for one transaction, and what parts of it are little enough.

use crate::connection::Session;
use crate::ident::{Identifier, SchemaName, literal};

/// How many locks the server has room for, in the smallest case.
pub(super) async fn room(session: &Session) -> Result<u64, tokio_postgres::Error> {
    let set = |name| format!("pg_catalog.current_setting('{name}')::bigint");
    let sql = format!(
        "SELECT {} * ({} + {})",
        set("max_locks_per_transaction"),
        set("max_connections"),
        set("max_prepared_transactions")
    );
    number(session, &sql).await
}

/// How many objects go with the schema, each of which is locked.
pub(super) async fn locks(session: &Session, oid: &str) -> Result<u64, tokio_postgres::Error> {
    let sql = format!(
        "WITH RECURSIVE going (classid, objid) AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend d \
         WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = {oid} UNION \
         SELECT d.classid, d.objid FROM going g JOIN pg_catalog.pg_depend d \
         ON d.refclassid = g.classid AND d.refobjid = g.objid) SELECT count(*) FROM going",
        oid = literal(oid)
    );
    number(session, &sql).await
}

async fn number(session: &Session, sql: &str) -> Result<u64, tokio_postgres::Error> {
    let rows = session.rows(sql).await?;
    Ok(rows.first().and_then(|row| row.get(0)).and_then(|number| number.parse().ok()).unwrap_or_default())
}

pub(super) async fn is_there(session: &Session, oid: &str) -> Result<bool, tokio_postgres::Error> {
    let rows = session.rows(&format!("SELECT FROM pg_catalog.pg_namespace WHERE oid = {}", literal(oid))).await?;
    Ok(!rows.is_empty())
}

/// About how many locks a relation costs that has nothing.
const PER_RELATION: u64 = 4;

/// The statements that drop the schema's relations, or a thousand of them, in pieces for which that many locks do; of each
/// piece one relation at least. Views go first, and partitions before what they are partitions of.
pub(super) async fn pieces(
    session: &Session,
    schema: &SchemaName,
    oid: &str,
    budget: u64,
) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
    let sql = format!(
        "SELECT c.relkind, c.relname, {PER_RELATION} + 2 * (SELECT count(*) FROM (SELECT DISTINCT x.classid, x.objid \
         FROM pg_catalog.pg_depend x WHERE x.refclassid = d.classid AND x.refobjid = c.oid) direct) \
         FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid \
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = {} \
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend o \
         WHERE o.classid = d.classid AND o.objid = c.oid AND o.refclassid = d.classid AND o.deptype IN ('a', 'i'))) \
         ORDER BY c.relkind IN ('v', 'm') DESC, EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid), \
         c.oid DESC LIMIT 1000",
        literal(oid)
    );
    let rows = session.rows(&sql).await?;
    let mut pieces: Vec<Vec<String>> = Vec::new();
    let mut left = 0;
    for row in &rows {
        let (Some(kind), Some(Ok(name))) = (row.get(0), row.get(1).map(Identifier::new)) else { continue };
        let kind = match kind {
            "v" => "VIEW",
            "m" => "MATERIALIZED VIEW",
            "f" => "FOREIGN TABLE",
            "S" => "SEQUENCE",
            _ => "TABLE",
        };
        // What went with another one is not there any more.
        let sql = format!("DROP {kind} IF EXISTS {}.{} CASCADE", schema.quoted(), name.quoted());
        let weight = row.get(2).and_then(|weight| weight.parse::<u64>().ok()).unwrap_or(PER_RELATION);
        match pieces.last_mut().filter(|_| weight <= left) {
            Some(piece) => {
                piece.push(sql);
                left -= weight;
            }
            None => {
                pieces.push(vec![sql]);
                left = budget.saturating_sub(weight);
            }
        }
    }
    Ok(pieces)
}
