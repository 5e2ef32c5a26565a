//! Invalid indexes: what a failed or interrupted `CONCURRENTLY` leaves.

use crate::connection::Session;
use crate::ident::{Identifier, SchemaName, literal};
use crate::migration::{IndexWork, Migration};
use crate::sqlstate::FailureClass;

use super::Failure;

/// An index that is invalid and that nobody is building.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidIndex {
    oid: String,
    name: String,
    table: String,
}

/// The invalid indexes of a schema.
///
/// Those of partitioned tables may be meant so, and those that are being built just now are not abandoned.
pub(super) async fn invalid(
    session: &Session,
    schema: &SchemaName,
) -> Result<Vec<InvalidIndex>, tokio_postgres::Error> {
    let sql = format!(
        "SELECT c.oid, c.relname, t.relname FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
         WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relnamespace = \
         (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {}) AND NOT EXISTS \
         (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid) ORDER BY 2",
        literal(schema.as_str())
    );
    let rows = session.rows(&sql).await?;
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Ok(rows
        .iter()
        .map(|row| InvalidIndex { oid: text(row.get(0)), name: text(row.get(1)), table: text(row.get(2)) })
        .collect())
}

/// The index that the script would make, and that is there, invalid, from an earlier run.
///
/// One that the script itself drops or builds again before is not in the way.
pub(super) fn in_the_way<'a>(before: &'a [InvalidIndex], migration: &Migration) -> Option<&'a InvalidIndex> {
    let mut left: Vec<&InvalidIndex> = before.iter().collect();
    for work in work_of(migration) {
        match &work {
            IndexWork::Create { .. } => {
                if let Some(index) = left.iter().find(|index| index.is_made_by(&work)) {
                    return Some(index);
                }
            }
            IndexWork::Drop(names) => left.retain(|index| names.iter().all(|name| name.relation() != index.name)),
            // Whichever it builds; what it leaves invalid is seen at the end.
            IndexWork::Reindex(_) => return None,
            IndexWork::Detach { .. } => {}
        }
    }
    None
}

/// The invalid indexes that the script has left, or was to make.
pub(super) fn left<'a>(
    before: &[InvalidIndex],
    after: &'a [InvalidIndex],
    migration: &Migration,
) -> Vec<&'a InvalidIndex> {
    let made: Vec<IndexWork> = work_of(migration).collect();
    let is_new = |index: &InvalidIndex| before.iter().all(|old| old.oid != index.oid);
    after.iter().filter(|index| is_new(index) || made.iter().any(|work| index.is_made_by(work))).collect()
}

fn work_of(migration: &Migration) -> impl Iterator<Item = IndexWork> {
    migration.script().statements().filter_map(|(sql, _)| IndexWork::of(sql))
}

impl InvalidIndex {
    /// Whether the statement makes an index of this name; or, where it leaves the name to the server, one of such
    /// a name on the same table.
    fn is_made_by(&self, work: &IndexWork) -> bool {
        match work {
            IndexWork::Create { index: Some(name), .. } => name.relation() == self.name,
            IndexWork::Create { index: None, table } => {
                let by_the_server = self.name.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("_idx");
                by_the_server && table.relation() == self.table
            }
            _ => false,
        }
    }

    pub(super) fn failure(&self, schema: &SchemaName) -> Failure {
        Failure::new(
            FailureClass::Permanent,
            format!("the index {:?} is invalid, as an interrupted CREATE INDEX CONCURRENTLY leaves it", self.name),
        )
        .with_hint(self.cure(schema))
    }

    /// What to do about it.
    pub(super) fn cure(&self, schema: &SchemaName) -> String {
        let name = Identifier::new(&self.name).map(|name| name.quoted()).unwrap_or_default();
        format!("the index {name} is invalid: `DROP INDEX CONCURRENTLY {}.{name}`, then run again", schema.quoted())
    }
}
