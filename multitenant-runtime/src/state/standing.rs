//! How a whole fleet stands by the state table, counted by the server: one row for each way to stand.

use crate::connection::Row;
use crate::ident::literal;
use crate::migration::MigrationSet;
use crate::settings::Settings;

use super::check::{has_history, is_good, joins, schema_of};
use super::fleet::{FleetStatus, Standing};
use super::{StateTable, complete};

/// A query for how the shared schema stands, and whether it holds what the binary needs whatever became of the last run.
pub(crate) fn shared(table: Option<&StateTable>, set: &MigrationSet, settings: &Settings) -> String {
    let schema = literal(settings.shared_schema.as_str());
    let history = has_history(&settings.shared_history);
    let source = format!("(SELECT {schema}::text AS schema) AS r");
    let digest = literal(&complete(set));
    let holds = table.map_or_else(
        || "false".to_owned(),
        |_| format!("coalesce(n.oid = s.schema_oid AND s.digest = {digest}, false)"),
    );
    format!("SELECT {}, {holds} FROM {source} {}", standing(table, set, &history), sources(table, "r.schema"))
}

/// A query for how many of the registry's tenants stand in each way.
pub(crate) fn tenants(table: Option<&StateTable>, registry: &str, set: &MigrationSet, settings: &Settings) -> String {
    let schema = schema_of(&settings.schema_template, "r.schema", "r.id");
    let history = has_history(&settings.tenant_history);
    // On lines of its own: a query may end with a comment.
    format!(
        "SELECT f.standing, pg_catalog.count(*) FROM (SELECT {} FROM (\n{registry}\n) AS r (id, schema) {}) \
         AS f (standing) GROUP BY f.standing",
        standing(table, set, &history),
        sources(table, &schema)
    )
}

/// What the answer to the query for the shared schema means.
pub(crate) fn of_shared(rows: &[Row]) -> (Standing, bool) {
    let row = rows.first();
    let text = |column| row.and_then(|row| row.get(column)).unwrap_or_default();
    (Standing::parse(text(0)), text(1) == "t")
}

/// What the answer to the query for the tenants means.
pub(crate) fn of_tenants(rows: &[Row]) -> FleetStatus {
    let mut fleet = FleetStatus::default();
    for row in rows {
        let count = row.get(1).and_then(|count| count.parse().ok()).unwrap_or_default();
        fleet.add(Standing::parse(row.get(0).unwrap_or_default()), count);
    }
    fleet
}

/// An expression for one schema: its row of the state table is `s`, which is about the schema `n`; `m` is the schema that
/// has the name.
fn standing(table: Option<&StateTable>, set: &MigrationSet, history: &str) -> String {
    if table.is_none() {
        return "CASE WHEN m.oid IS NULL THEN 'missing' ELSE 'unknown' END".to_owned();
    }
    let good = is_good(&complete(set), history);
    let newest = set.migrations().last().map_or("", |migration| migration.version().as_str());
    format!(
        "CASE WHEN m.oid IS NULL THEN 'missing' WHEN s.failed_at IS NOT NULL THEN 'failed' WHEN {good} THEN 'up-to-date' \
         WHEN n.oid IS NULL OR s.digest IS NULL OR s.format <> {} THEN 'unknown' \
         WHEN s.head > {} COLLATE \"C\" THEN 'ahead' ELSE 'behind' END",
        StateTable::FORMAT,
        literal(newest)
    )
}

/// What is joined to the schema's name. A name that is longer than PostgreSQL's would be cut, and another's.
fn sources(table: Option<&StateTable>, schema: &str) -> String {
    let state = table.map_or_else(String::new, |table| joins(table, schema));
    format!(
        "LEFT JOIN pg_catalog.pg_namespace m ON m.nspname = ({schema})::pg_catalog.name \
         AND pg_catalog.octet_length({schema}) < 64 {state}"
    )
}
