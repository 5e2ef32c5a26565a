//! How the history tables stand in the catalogue, the shared schema's among them.

use multitenant_runtime::Failure;
use multitenant_runtime::inspection::{Given, Row};

use super::check::Blocked;
use super::ground::Ground;

/// What is odd about the schemas' history tables.
pub(crate) struct Histories {
    rows: Vec<Row>,
}

const HISTORIES: &str = "\
SELECT n.nspname, CASE WHEN h.oid IS NULL THEN 'absent' WHEN h.relkind NOT IN ('r', 'p') THEN NULL \
WHEN NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = h.oid AND a.attname = 'multitenant_checksum' \
AND NOT a.attisdropped) THEN 'diesel' END \
FROM pg_namespace n LEFT JOIN pg_class h ON h.relnamespace = n.oid AND h.relname = $2 \
WHERE n.nspname = ANY ($1) AND (h.oid IS NOT NULL OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid \
AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass \
AND e.objid = c.oid AND e.deptype = 'e')))";

impl Histories {
    /// Asks, at most twice.
    pub(crate) async fn look(ground: &Ground) -> Result<Self, Blocked> {
        let (fleet, settings, inspector) = (ground.fleet()?, &ground.config()?.settings, ground.inspector()?);
        let ask = async |schemas: &[&str], table: &str| -> Result<Vec<Row>, Failure> {
            if schemas.is_empty() {
                return Ok(Vec::new());
            }
            inspector.rows(HISTORIES, &[Given::Texts(schemas), Given::Text(table)]).await
        };
        let mut rows = ask(fleet.schemas(), settings.tenant_history.as_str()).await?;
        if ground.plan()?.shared.is_some() {
            rows.extend(ask(&[fleet.shared()], settings.shared_history.as_str()).await?);
        }
        Ok(Self { rows })
    }

    /// Whether the schema has tables and no history of them.
    pub(crate) fn is_unrecorded(&self, schema: &str) -> bool {
        self.unrecorded().contains(&schema)
    }

    /// The schemas that have tables and no history of them.
    pub(crate) fn unrecorded(&self) -> Vec<&str> {
        self.standing("absent")
    }

    /// The schemas whose history is as Diesel makes it.
    pub(crate) fn of_diesel(&self) -> Vec<&str> {
        self.standing("diesel")
    }

    fn standing(&self, what: &str) -> Vec<&str> {
        self.rows.iter().filter(|row| row.get(1) == Some(what)).filter_map(|row| row.get(0)).collect()
    }
}
