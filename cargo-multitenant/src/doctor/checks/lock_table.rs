use multitenant_runtime::SchemaName;
use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::cells::{number, text};
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::Level;

check! {
    /// ## What it checks
    /// Whether the server's lock table has room for what is done here: it has `max_locks_per_transaction` ×
    /// (`max_connections` + `max_prepared_transactions`) slots for all transactions together. Dropping a tenant's schema
    /// takes one for each of its tables, indexes, sequences, views and types, and so does making it in one transaction;
    /// reading the histories takes two for each of up to 256 tenants.
    ///
    /// ## Why is this bad?
    /// The statement fails with "out of shared memory", and so may anybody else's at that moment. Where the largest tenant
    /// needs more than there is, it cannot be dropped at all; where it needs more than a half, two at once cannot.
    ///
    /// ## What to do
    /// Raise `max_locks_per_transaction` to the figure that is named, with `alter system set` and a restart of the server.
    /// It costs some hundred bytes of memory a slot.
    "lock-table": Error, Database, "lock table", look
}

/// How many histories one statement reads.
const HISTORIES: i64 = 256;

const SETTINGS: &str = "\
SELECT current_setting('max_locks_per_transaction'), \
current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int";

/// The schema with the most, and what it has: a table with its TOAST table and that one's index counts three.
const LARGEST: &str = "\
SELECT n.nspname, c.relations + t.types \
FROM pg_namespace n, \
LATERAL (SELECT count(*) + 2 * count(nullif(c.reltoastrelid, 0)) AS relations FROM pg_class c WHERE c.relnamespace = n.oid) c, \
LATERAL (SELECT count(*) AS types FROM pg_type t WHERE t.typnamespace = n.oid AND t.typtype IN ('e', 'd', 'r')) t \
WHERE n.nspname = ANY ($1) ORDER BY 2 DESC, 1 LIMIT 1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let inspector = ground.inspector()?;
    let schemas: Vec<&str> = ground.tenant_schemas()?.into_iter().map(SchemaName::as_str).collect();
    let rows = inspector.rows(SETTINGS, &[]).await?;
    let row = rows.first().ok_or_else(|| Blocked("the server does not say its limits".to_owned()))?;
    let (each, transactions) = (number(row, 0), number(row, 1).max(1));
    let rows = inspector.rows(LARGEST, &[Given::Texts(&schemas)]).await?;
    let largest = rows.first().map(|row| (text(row, 0), number(row, 1)));
    let histories = 2 * HISTORIES.min(i64::try_from(schemas.len()).unwrap_or(i64::MAX));
    let slots = each.saturating_mul(transactions);
    let found = format!("{slots} slots");
    let Some((level, message, needed)) = judge(slots, largest, histories) else {
        return Ok(Verdict::Good(match largest {
            Some((_, relations)) => format!("{found}, {relations} for the largest tenant"),
            None => found,
        }));
    };
    let enough = ((2 * needed + transactions - 1) / transactions).max(each + 1);
    let help = format!("alter system set max_locks_per_transaction = {enough}; then restart the server");
    let mut complaint = CHECK.complaint(message).object("max_locks_per_transaction").help(help);
    complaint.level = level;
    if let Some((schema, _)) = largest {
        complaint.schema = Some(schema.to_owned());
    }
    Ok(Verdict::Bad(found, vec![complaint]))
}

fn judge(slots: i64, largest: Option<(&str, i64)>, histories: i64) -> Option<(Level, String, i64)> {
    if let Some((schema, relations)) = largest.filter(|(_, relations)| 2 * relations > slots) {
        let (level, what) = if relations > slots {
            (Level::Error, "it cannot be dropped, nor made in one transaction")
        } else {
            (Level::Warning, "two such tenants cannot be dropped or made at once")
        };
        let message = format!("the schema {schema} has {relations} relations, and the server {slots} locks: {what}");
        return Some((level, message, relations.max(histories)));
    }
    (histories > slots).then(|| {
        let message = format!("reading the histories takes {histories} locks at once, and the server has {slots}");
        (Level::Error, message, histories)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_tenant_and_the_histories_must_fit() {
        let level =
            |slots, relations, histories| judge(slots, Some(("t", relations)), histories).map(|(level, ..)| level);
        assert_eq!(level(6_400, 3_200, 512), None);
        assert_eq!(level(6_400, 3_201, 512), Some(Level::Warning));
        assert_eq!(level(6_400, 6_401, 512), Some(Level::Error));
        assert_eq!(level(500, 10, 512), Some(Level::Error));
    }
}
