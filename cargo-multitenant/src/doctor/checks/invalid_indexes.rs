use multitenant_runtime::inspection::Given;

use super::check;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::doctor::names::{counted, listed, statements};
use crate::doctor::quoted::{qualified, quoted};
use crate::doctor::rows::grouped;
use crate::finding::Level;

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
    /// (`…_ccnew`, `…_ccold`) is only to be dropped. A constraint: `ALTER TABLE … VALIDATE CONSTRAINT …`.
    "invalid-indexes": Error, Tenants, "indexes", look
}

const INVALID: &str = "\
SELECT n.nspname, c.relname, t.relname, c.oid IN (SELECT k.conindid FROM pg_constraint k) \
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
JOIN pg_namespace n ON n.oid = c.relnamespace \
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname = ANY ($1) \
AND c.oid NOT IN (SELECT p.index_relid FROM pg_stat_progress_create_index p WHERE p.index_relid IS NOT NULL) ORDER BY 1";

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
    let bad = match (indexes.len(), constraints.len()) {
        (0, constraints) => counted(constraints, "constraint not validated", "constraints not validated"),
        (indexes, _) => counted(indexes, "invalid index", "invalid indexes"),
    };
    Ok(Verdict::of("all valid", bad, complaints))
}
