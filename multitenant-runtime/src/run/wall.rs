//! The wall around the shared schema: a tenant's migration must not change it.
//!
//! An unqualified `ALTER TABLE users` in a tenant's migration falls through the `search_path` to the shared
//! `users` where the tenant has none. Before such a transaction commits, the locks that it holds are compared
//! with the relations that the shared schema had when the run began: `ALTER`, `DROP` and `TRUNCATE` hold
//! `AccessExclusiveLock`, `CREATE INDEX` holds `ShareLock`. A tenant's foreign key to a shared table holds
//! `ShareRowExclusiveLock` there and passes; a constraint or trigger *on* the shared table holds the same lock, and
//! is told by its own row in the catalogue. Data in shared tables passes.

use std::collections::BTreeMap;

use crate::connection::Session;
use crate::ident::{SchemaName, literal};

/// What the guard's error carries before the relations' OIDs.
const MARKER: &str = "multitenant-wall:";

/// The relations of the shared schema, as they were when the run began.
#[derive(Debug, Default, Clone)]
pub(crate) struct Wall {
    relations: BTreeMap<u32, String>,
}

impl Wall {
    /// Reads the shared schema's relations.
    pub(crate) async fn around(session: &Session, shared: &SchemaName) -> Result<Self, tokio_postgres::Error> {
        let sql = format!(
            "SELECT c.oid, c.relname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {}",
            literal(shared.as_str())
        );
        let rows = session.rows(&sql).await?;
        let relations =
            rows.iter().filter_map(|row| Some((row.get(0)?.parse().ok()?, row.get(1)?.to_owned()))).collect();
        Ok(Self { relations })
    }

    /// A statement that fails, naming the relations, where this transaction holds such a lock on one of them.
    ///
    /// `None` where the shared schema is empty.
    pub(crate) fn guard(&self) -> Option<String> {
        if self.relations.is_empty() {
            return None;
        }
        let oids = self.relations.keys().map(u32::to_string).collect::<Vec<_>>().join(",");
        Some(format!(
            "WITH held AS MATERIALIZED (SELECT l.relation, l.mode FROM pg_catalog.pg_locks l \
             WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted \
             AND l.mode IN ('AccessExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock') \
             AND l.relation = ANY ('{{{oids}}}'::oid[])) \
             SELECT ('{MARKER}' || pg_catalog.string_agg(DISTINCT held.relation::text, ','))::int FROM held \
             WHERE held.mode <> 'ShareRowExclusiveLock' \
             OR EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid = held.relation \
             AND c.xmin = pg_catalog.pg_current_xact_id()::xid) \
             OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = held.relation AND NOT t.tgisinternal \
             AND t.xmin = pg_catalog.pg_current_xact_id()::xid) HAVING count(*) > 0"
        ))
    }

    /// The names of the relations that the guard's error carries.
    ///
    /// The text around our own marker is the server's and in its language; what follows it is ours.
    pub(crate) fn named_in(&self, message: &str) -> Vec<&str> {
        let Some((_, oids)) = message.split_once(MARKER) else { return Vec::new() };
        let end = oids.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(oids.len());
        oids[..end]
            .split(',')
            .filter_map(|oid| self.relations.get(&oid.parse::<u32>().ok()?))
            .map(String::as_str)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_relations_whatever_the_language() {
        let wall = Wall { relations: [(10, "plans".to_owned()), (12, "users".to_owned())].into() };
        for message in [
            "invalid input syntax for type integer: \"multitenant-wall:10,12\"",
            "ungültige Eingabesyntax für Typ integer: »multitenant-wall:10,12«",
        ] {
            assert_eq!(wall.named_in(message), ["plans", "users"]);
        }
        assert!(wall.named_in("something else").is_empty());
        assert!(Wall::default().guard().is_none());
    }
}
