//! Which tenants there are, as configured.

use crate::ident::{Identifier, TenantId};

use super::{RegistryText, SettingsError, at};

/// Where the list of tenants comes from.
///
/// A function of the application's own takes its place by [`Registry`](crate::registry::Registry).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrySettings {
    /// A table in the shared schema, one row per tenant.
    Table {
        /// The table's name, in the shared schema.
        table: Identifier,
        /// The column with the tenant's id; its type may be any, it is read as text.
        id_column: Identifier,
        /// The column with the schema's name, where it does not follow from the template.
        schema_column: Option<Identifier>,
        /// An SQL condition that a tenant's row must fulfil.
        filter: Option<String>,
    },
    /// An SQL query whose first column is the tenant's id, and whose second, if any, the schema's name.
    Query {
        /// The query.
        sql: String,
    },
    /// All existing schemas whose names fit the template.
    Schemas,
    /// These tenants and no others.
    List {
        /// Their ids.
        ids: Vec<TenantId>,
    },
}

impl RegistrySettings {
    pub(super) fn parse(text: RegistryText<'_>) -> Result<Self, SettingsError> {
        Ok(match text {
            RegistryText::Table { table, id_column, schema_column, filter } => Self::Table {
                table: at("tenants.table", Identifier::new(table))?,
                id_column: at("tenants.id_column", Identifier::new(id_column))?,
                schema_column: schema_column
                    .map(|column| at("tenants.schema_column", Identifier::new(column)))
                    .transpose()?,
                filter: filter.map(|sql| sql_text("tenants.filter", sql)).transpose()?,
            },
            RegistryText::Query { sql } => Self::Query { sql: sql_text("tenants.query", sql)? },
            RegistryText::Schemas => Self::Schemas,
            RegistryText::List { ids } => {
                Self::List { ids: ids.iter().map(|id| at("tenants.ids", TenantId::new(id))).collect::<Result<_, _>>()? }
            }
        })
    }
}

fn sql_text(key: &'static str, sql: &str) -> Result<String, SettingsError> {
    let sql = sql.trim().trim_end_matches(';').trim_end();
    if sql.is_empty() || sql.contains('\0') {
        return Err(SettingsError::new(key, "is empty: write the SQL, or remove the key"));
    }
    Ok(sql.to_owned())
}
