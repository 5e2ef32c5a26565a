//! Large objects, which belong to the database and not to a schema.

use crate::copy::AnonymiseRules;
use crate::ident::{Identifier, SchemaName, literal};
use crate::run::Failure;

use super::site::{Site, qualified};
use super::{CopyError, failed};

/// How many columns an error names.
const SHOWN: usize = 5;

impl Site {
    /// Refuses rows that refer to large objects: a dump would have their numbers alone, and a clone would share them with
    /// its source. Columns that have a rule hold something else in the copy.
    pub(super) async fn has_no_large_objects(
        &self,
        schema: &SchemaName,
        rules: &AnonymiseRules,
    ) -> Result<(), CopyError> {
        let sql = format!(
            "WITH RECURSIVE oids (oid) AS (SELECT 'pg_catalog.oid'::pg_catalog.regtype::pg_catalog.oid UNION ALL \
             SELECT t.oid FROM oids JOIN pg_catalog.pg_type t ON t.typbasetype = oids.oid AND t.typtype = 'd') \
             SELECT c.relname, a.attname, c.relkind = 'p' FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             JOIN oids ON oids.oid = a.atttypid \
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2",
            literal(schema.as_str())
        );
        let mut asked = Vec::new();
        for row in self.session.rows(&sql).await? {
            let (Some(table), Some(column)) = (row.get(0), row.get(1)) else { continue };
            if rules.of(table, column).is_some() {
                continue;
            }
            let only = if row.get(2) == Some("t") { "" } else { "ONLY " };
            asked.push(format!(
                "SELECT {} WHERE EXISTS (SELECT FROM {only}{} r JOIN pg_catalog.pg_largeobject_metadata m \
                 ON m.oid = r.{}::pg_catalog.oid)",
                literal(&format!("{table}.{column}")),
                qualified(schema, table)?,
                Identifier::new(column)?.quoted()
            ));
        }
        if asked.is_empty() {
            return Ok(());
        }
        let rows = self.session.rows(&asked.join(" UNION ALL ")).await?;
        let found: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
        if found.is_empty() {
            return Ok(());
        }
        let more = found.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = found[..found.len().min(SHOWN)].join(", ");
        let failure = Failure::refused(format!("rows refer to large objects, which no copy has: {named}{more}"));
        Err(failed(failure.with_hint("keep them in a column of type bytea, or clone the structure alone")))
    }
}
