//! The registry's column that says who is archived: whether there is one, and what it says.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{Identifier, SchemaName, TenantId, literal};
use crate::migrator::Migrator;
use crate::registry::{RegistryError, RegistrySource, Tenant};
use crate::settings::RegistrySettings;

impl Migrator {
    /// The registry's table, its id column and the column that says who is archived; or why there is none.
    pub(super) fn archive_columns(&self) -> Result<(String, &Identifier, &Identifier), Error> {
        let refused = |why: String| Error::from(RegistryError::NotArchivable { why });
        let source = match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { id_column, .. }) => {
                return match (&self.context.settings.archive.column, self.registry_table()) {
                    (Some(column), Some(table)) => Ok((table, id_column, column)),
                    _ => Err(refused(
                        "no column of the registry's table says who is: add one in a shared migration (ALTER TABLE … ADD \
                         COLUMN archived_at timestamptz) and write tenants.archived_column = \"archived_at\""
                            .to_owned(),
                    )),
                };
            }
            RegistrySource::Configured(RegistrySettings::Schemas) => "the schemas that there are",
            RegistrySource::Configured(RegistrySettings::Query { .. }) => "a query",
            RegistrySource::Configured(RegistrySettings::List { .. }) => "a fixed list",
            RegistrySource::Custom(_) => "the application's own function",
        };
        Err(refused(format!(
            "the registry is {source}, and only a table (source = \"table\") has a row to mark: mark it in your own way, \
             and rename the schema (ALTER SCHEMA … RENAME TO …) so that nothing serves it"
        )))
    }

    /// Refuses a column that is not there, or cannot hold a time, or nothing.
    pub(super) async fn column_is_fit(&self, session: &Session) -> Result<(), Error> {
        let (table, _, column) = self.archive_columns()?;
        let sql = format!(
            "SELECT t.typcategory = 'D', a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod) \
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
             WHERE a.attrelid = {}::pg_catalog.regclass AND a.attname = {} AND NOT a.attisdropped AND a.attnum > 0",
            literal(&table),
            literal(column.as_str())
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        let name = column.as_str();
        let why = match rows.first() {
            None => format!(
                "the registry's table has no column {name:?} (tenants.archived_column): add it in a shared migration (ALTER \
                 TABLE … ADD COLUMN {} timestamptz), or correct the key",
                column.quoted()
            ),
            Some(row) if row.get(0) != Some("t") => format!(
                "the column {name:?} (tenants.archived_column) is of the type {}, which takes no time: make it a timestamptz",
                row.get(2).unwrap_or_default()
            ),
            Some(row) if row.get(1) == Some("t") => format!(
                "the column {name:?} (tenants.archived_column) is NOT NULL, so that everybody would be archived: drop that \
                 constraint in a shared migration"
            ),
            Some(_) => return Ok(()),
        };
        Err(RegistryError::NotArchivable { why }.into())
    }

    /// What marks a tenant's row, or takes the mark away, and the condition that it is so.
    pub(super) fn marking(&self, id: &TenantId, archived: bool) -> Result<(String, String), Error> {
        let (table, id_column, column) = self.archive_columns()?;
        let (row, column) = (crate::migrator::locate::is_the_tenants(id_column, id), column.quoted());
        let value = if archived { "pg_catalog.now()" } else { "NULL" };
        let is_so = if archived { "IS NOT NULL" } else { "IS NULL" };
        Ok((
            format!("UPDATE {table} SET {column} = {value} WHERE {row}"),
            format!("EXISTS (SELECT FROM {table} WHERE {row} AND {column} {is_so})"),
        ))
    }
}

/// Who is archived, since when, and the schema that the registry gives them; in the order of their ids.
pub(in crate::migrator) async fn archived_tenants(
    migrator: &Migrator,
    session: &Session,
) -> Result<Vec<(TenantId, SchemaName, String)>, Error> {
    let settings = &migrator.context.settings;
    let RegistrySource::Configured(RegistrySettings::Table { schema_column, .. }) = &migrator.registry else {
        return Ok(Vec::new());
    };
    let Ok((table, id_column, column)) = migrator.archive_columns() else { return Ok(Vec::new()) };
    let schema = schema_column.as_ref().map_or_else(|| "NULL".to_owned(), Identifier::quoted);
    let (id, column) = (id_column.quoted(), column.quoted());
    let sql =
        format!("SELECT {id}::text, {schema}::text, {column}::text FROM {table} WHERE {column} IS NOT NULL ORDER BY 1");
    let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
    let tenant = |row: &crate::connection::Row| {
        // One that can be no tenant is none that was archived.
        let Tenant { id, schema } = Tenant::from_texts(row.get(0), row.get(1)).ok()?;
        let schema = match schema {
            Some(schema) => schema.for_tenant(&settings.shared_schema).ok()?,
            None => settings.schema_template.schema_of(&id, &settings.shared_schema).ok()?,
        };
        Some((id, schema, row.get(2)?.to_owned()))
    };
    Ok(rows.iter().filter_map(tenant).collect())
}
