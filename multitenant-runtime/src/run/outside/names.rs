//! What a `CONCURRENTLY` names must be the tenant's own: no wall stands behind it.

use crate::ident::literal;
use crate::migration::{IndexWork, RelationName};
use crate::target::Tier;

use super::super::step::{StepError, touches_shared};
use super::{Frame, Run};

impl Run<'_> {
    /// Refuses a tenant's statement about an index or a partition that would find a relation elsewhere.
    pub(super) async fn refuse_shared(&self, sql: &str) -> Result<(), StepError> {
        if self.frame.target.tier() == Tier::Shared || self.migration.allow_shared_locks() {
            return Ok(());
        }
        let work = IndexWork::of(sql);
        let mut found = Vec::new();
        for name in work.iter().flat_map(IndexWork::relations) {
            let rows = self.session.rows(&elsewhere(self.frame, name)).await?;
            found.extend(rows.first().and_then(|row| row.get(0)).map(str::to_owned));
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(StepError::failed(touches_shared(&found.join(", "))))
    }
}

/// A query for the relation that the server finds under this name, where it is not the tenant's.
///
/// A name without a schema means the tenant's, or a temporary table; with one it may mean any but the shared.
pub(in crate::run) fn elsewhere(frame: Frame<'_>, name: &RelationName) -> String {
    let schema = if name.is_qualified() {
        format!("n.nspname = {}", literal(frame.settings.shared_schema.as_str()))
    } else {
        format!("n.nspname <> {} AND c.relpersistence <> 't'", literal(frame.target.schema().as_str()))
    };
    format!(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid = pg_catalog.to_regclass({}) AND {schema}",
        literal(&name.quoted())
    )
}
