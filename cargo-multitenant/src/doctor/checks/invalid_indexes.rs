use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::cells::text;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{listed, statements};
use crate::doctor::quoted::{qualified, quoted};
use crate::doctor::rows::grouped;
use crate::finding::Level;
use crate::output::counted;

check! {
    /// ## What it checks
    /// That no index of the shared schema or a tenant's is invalid, but for those that are being built just now; and
    /// which constraints are not validated.
    ///
    /// ## Why is this bad?
    /// `CREATE INDEX CONCURRENTLY` that fails or is interrupted leaves an invalid index: no query uses it, every write
    /// keeps it up, and the next try fails with "already exists". An invalid unique index need not keep anything unique.
    /// A constraint that is not validated holds for new rows only.
    ///
    /// ## What to do
    /// Drop the index and migrate again, or build it anew: `REINDEX INDEX CONCURRENTLY …`. What `REINDEX` itself has left
    /// (`…_ccnew`, `…_ccold`) is only to be dropped. The index of a partitioned table is invalid as long as it is not on
    /// every partition, as `CREATE INDEX … ON ONLY` leaves it, and `REINDEX` does not change that: drop it and create it
    /// without `ONLY`, or attach the indexes of the missing partitions: `ALTER INDEX … ATTACH PARTITION …`. A constraint: `ALTER TABLE … VALIDATE CONSTRAINT …`.
    "invalid-indexes": Error, Tenants, "indexes", look
}

/// What is attached to another index cannot be dropped alone, and neither can what a constraint stands on.
const INVALID: &str = "\
SELECT n.nspname, c.relname, t.relname, c.oid IN (SELECT k.conindid FROM pg_constraint k) OR c.relispartition \
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname = ANY ($1) \
AND c.oid NOT IN (SELECT p.index_relid FROM pg_stat_progress_create_index p WHERE p.index_relid IS NOT NULL) ORDER BY 1";

/// Indexes of partitioned tables, with how they are dropped and made: not those that are attached to another, which are
/// made with that.
const PARTITIONED: &str = "\
SELECT n.nspname, c.relname, t.relname, CASE WHEN k.oid IS NULL THEN format('DROP INDEX %I.%I', n.nspname, c.relname) \
ELSE format('ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, t.relname, k.conname) END, \
CASE WHEN k.oid IS NULL THEN regexp_replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ') \
ELSE format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, t.relname, k.conname, pg_get_constraintdef(k.oid)) END \
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
JOIN pg_namespace n ON n.oid = c.relnamespace \
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x') \
WHERE NOT i.indisvalid AND c.relkind = 'I' AND NOT c.relispartition AND n.nspname = ANY ($1) ORDER BY 2, 3, 1";

const NOT_VALIDATED: &str = "\
SELECT n.nspname, k.conname, t.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid \
JOIN pg_namespace n ON n.oid = t.relnamespace \
WHERE NOT k.convalidated AND k.contype IN ('c', 'f') AND k.conparentid = 0 AND n.nspname = ANY ($1) ORDER BY 1";

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let (fleet, inspector) = (ground.fleet()?, ground.inspector()?);
    let all = fleet.all();
    let indexes = inspector.rows(INVALID, &[Given::Texts(&all)]).await?;
    let mut complaints = Vec::new();
    for ([index, table, is_constraint], schemas) in grouped::<3>(&indexes) {
        let message = format!("the index {index} of {table} is invalid: {}", listed(&schemas));
        let is_left = index.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("_ccnew")
            || index.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("_ccold");
        let verb =
            if is_constraint == "t" && !is_left { "REINDEX INDEX CONCURRENTLY" } else { "DROP INDEX CONCURRENTLY" };
        let mend = statements(schemas.iter().map(|schema| format!("{verb} {}", qualified(schema, index))));
        let then = if verb.starts_with("DROP") && !is_left {
            "drop it, then migrate again; or build it anew with REINDEX INDEX CONCURRENTLY:\n"
        } else {
            ""
        };
        let complaint = fleet.about(CHECK.complaint(message).object(index), &schemas);
        complaints.push(complaint.help(format!("{then}{mend}")));
    }
    let partitioned = inspector.rows(PARTITIONED, &[Given::Texts(&all)]).await?;
    for rows in partitioned.chunk_by(|one, other| (one.get(1), one.get(2)) == (other.get(1), other.get(2))) {
        let schemas: Vec<&str> = rows.iter().map(|row| text(row, 0)).collect();
        let (index, table) = rows.first().map_or(("", ""), |row| (text(row, 1), text(row, 2)));
        let message = format!("the index {index} of the partitioned table {table} is invalid: {}", listed(&schemas));
        let again = rows.iter().map(|row| format!("{};\n{};", text(row, 3), text(row, 4)));
        let complaint = fleet.about(CHECK.complaint(message).object(index), &schemas);
        complaints.push(complaint.help(format!(
            "attach the indexes of the partitions that lack it (ALTER INDEX … ATTACH PARTITION …), or make it anew:\n{}",
            statements(again)
        )));
    }
    let constraints = inspector.rows(NOT_VALIDATED, &[Given::Texts(&all)]).await?;
    for ([constraint, table], schemas) in grouped::<2>(&constraints) {
        let message = format!("the constraint {constraint} of {table} is not validated: {}", listed(&schemas));
        let validate = schemas.iter().map(|schema| {
            format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", qualified(schema, table), quoted(constraint))
        });
        let mut complaint = fleet.about(CHECK.complaint(message).object(constraint), &schemas);
        complaint.level = Level::Info;
        complaints.push(complaint.help(statements(validate)));
    }
    let bad = match (indexes.len() + partitioned.len(), constraints.len()) {
        (0, constraints) => counted(constraints, "constraint not validated", "constraints not validated"),
        (indexes, _) => counted(indexes, "invalid index", "invalid indexes"),
    };
    Ok(Verdict::of("all valid", bad, complaints))
}
