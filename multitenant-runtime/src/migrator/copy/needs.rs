//! What a dump needs of this project and of this database.

use crate::copy::Header;
use crate::error::Error;
use crate::ident::literal;
use crate::migration::Version;
use crate::migrator::Migrator;
use crate::run::Failure;

use super::site::Site;
use super::{CopyError, failed};

impl Migrator {
    /// What this project must have.
    pub(super) fn fits(&self, header: &Header) -> Result<(), Error> {
        let settings = &self.context.settings;
        let refused =
            |message: String, hint: &str| Err(Error::Database(Box::new(Failure::refused(message).with_hint(hint))));
        if header.shared_schema != settings.shared_schema.as_str() {
            let message = format!(
                "the dump is of a project whose shared schema is {:?}, and here it is {:?}",
                header.shared_schema,
                settings.shared_schema.as_str()
            );
            return refused(message, "its tables refer to that schema by its name");
        }
        if header.history_table != settings.tenant_history.as_str() {
            let message = format!(
                "the dump's history is called {:?}, and here {:?}",
                header.history_table,
                settings.tenant_history.as_str()
            );
            return refused(message, "set migrations.table to that name");
        }
        let is_unknown = |version: &&str| self.context.tenant.get(&Version::recorded(version)).is_none();
        let unknown: Vec<&str> = header.history.iter().map(|row| row.version.as_str()).filter(is_unknown).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let message = format!("the dump has migrations that this project does not know: {}", unknown.join(", "));
        refused(message, "load it with the release that it is of, or a later one")
    }

    /// What this database must have.
    pub(super) async fn has_what_is_needed(&self, site: &Site, header: &Header) -> Result<(), CopyError> {
        let asked: Vec<String> = header
            .outside
            .iter()
            .filter_map(|outside| {
                let name = literal(&outside.identity);
                let relation = format!("pg_catalog.to_regclass({name})");
                let is_there = match (outside.kind.as_str(), &outside.column) {
                    (_, Some(column)) => format!(
                        "EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = {relation} AND attname = {} AND NOT attisdropped)",
                        literal(column)
                    ),
                    ("type", _) => format!("pg_catalog.to_regtype({name}) IS NOT NULL"),
                    ("function" | "procedure" | "aggregate", _) => format!("pg_catalog.to_regprocedure({name}) IS NOT NULL"),
                    ("schema", _) => format!("pg_catalog.to_regnamespace({name}) IS NOT NULL"),
                    ("table" | "view" | "materialized view" | "sequence" | "foreign table", _) => format!("{relation} IS NOT NULL"),
                    _ => return None,
                };
                let shown = outside.column.as_ref().map_or_else(
                    || format!("{} {}", outside.kind, outside.identity),
                    |column| format!("column {} of {}", column, outside.identity),
                );
                Some(format!("SELECT {} WHERE NOT ({is_there})", literal(&shown)))
            })
            .chain(header.roles.iter().map(|role| {
                let exists = format!("EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {})", literal(role));
                format!("SELECT {} WHERE NOT {exists}", literal(&format!("role {role}")))
            }))
            .collect();
        let mut lacking = Vec::new();
        for chunk in asked.chunks(200) {
            let rows = site.session.rows(&chunk.join(" UNION ALL ")).await?;
            lacking.extend(rows.iter().filter_map(|row| row.get(0)).map(str::to_owned));
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let failure = Failure::refused(format!("this database lacks what the dump refers to: {}", lacking.join(", ")));
        Err(failed(failure.with_hint("migrate the shared schema first (`migrate shared`), and make the roles")))
    }
}
