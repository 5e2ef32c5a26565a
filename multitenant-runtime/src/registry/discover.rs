//! From the registry to targets: every id validated, no two on one schema.

use std::collections::HashMap;

use crate::connection::Session;
use crate::ident::{IdentError, Identifier, SchemaName, TenantId, literal};
use crate::run::Failure;
use crate::settings::{RegistrySettings, Settings};
use crate::sqlstate::is_undefined_table;
use crate::target::Target;

use super::{RegistryError, RegistrySource, Tenant, is_under_construction};

/// What a look at the registry gave.
#[derive(Debug)]
pub(crate) enum Discovery {
    /// The tenants, in the registry's order.
    Tenants(Vec<Target>),
    /// The table does not exist: before the first shared migration, there are no tenants yet.
    NoTable { table: String },
}

impl Discovery {
    /// The tenants, where the registry is expected to exist.
    pub(crate) fn tenants(self) -> Result<Vec<Target>, RegistryError> {
        match self {
            Self::Tenants(tenants) => Ok(tenants),
            Self::NoTable { table } => Err(RegistryError::NoTable { table }),
        }
    }
}

/// Asks the registry for all tenants: at most one statement.
pub(crate) async fn discover(
    session: &Session,
    source: &RegistrySource,
    settings: &Settings,
) -> Result<Discovery, RegistryError> {
    match list(session, source, settings).await? {
        Some(tenants) => targets(tenants, settings).map(Discovery::Tenants),
        None => Ok(Discovery::NoTable { table: table_name(source, settings) }),
    }
}

/// All tenants as the registry has them, `None` where its table does not exist.
pub(crate) async fn list(
    session: &Session,
    source: &RegistrySource,
    settings: &Settings,
) -> Result<Option<Vec<Tenant>>, RegistryError> {
    Ok(Some(match source {
        RegistrySource::Custom(registry) => registry.tenants().await.map_err(RegistryError::Custom)?,
        RegistrySource::Configured(RegistrySettings::List { ids }) => {
            ids.iter().map(|id| Tenant { id: id.clone(), schema: None }).collect()
        }
        RegistrySource::Configured(RegistrySettings::Schemas) => existing_schemas(session, settings).await?,
        RegistrySource::Configured(RegistrySettings::Query { sql }) => rows(session, sql).await.map_err(query_error)?,
        RegistrySource::Configured(RegistrySettings::Table { table, id_column, schema_column, filter }) => {
            let sql = table_query(settings, table, id_column, schema_column.as_ref(), filter.as_deref());
            match rows(session, &sql).await {
                Err(RowError::Query(error)) if is_undefined_table(&error) => return Ok(None),
                result => result.map_err(query_error)?,
            }
        }
    }))
}

/// The registry as a query of two columns, id and schema, where it is one.
pub(crate) fn registry_query(source: &RegistrySettings, settings: &Settings) -> Option<String> {
    match source {
        RegistrySettings::Table { table, id_column, schema_column, filter } => {
            Some(table_query(settings, table, id_column, schema_column.as_ref(), filter.as_deref()))
        }
        // How many columns the query has is not known: its rows are taken apart as JSON, which keeps their order.
        RegistrySettings::Query { sql } => Some(format!(
            "SELECT row_values[1], row_values[2] FROM (\n{sql}\n) AS tenant, LATERAL (SELECT pg_catalog.array_agg(value \
             ORDER BY ordinality) FROM pg_catalog.json_each_text(pg_catalog.row_to_json(tenant)) WITH ORDINALITY) \
             AS taken (row_values)"
        )),
        RegistrySettings::Schemas | RegistrySettings::List { .. } => None,
    }
}

fn table_name(source: &RegistrySource, settings: &Settings) -> String {
    match source {
        RegistrySource::Configured(RegistrySettings::Table { table, .. }) => {
            format!("{}.{table}", settings.shared_schema)
        }
        _ => settings.shared_schema.to_string(),
    }
}

fn table_query(
    settings: &Settings,
    table: &Identifier,
    id_column: &Identifier,
    schema_column: Option<&Identifier>,
    filter: Option<&str>,
) -> String {
    let schema = schema_column.map_or_else(|| "NULL".to_owned(), Identifier::quoted);
    // On a line of its own: a filter may end with a comment.
    let filter = filter.map_or_else(String::new, |filter| format!(" WHERE (\n{filter}\n)"));
    format!(
        "SELECT {}::text, {schema}::text FROM {}.{}{filter} ORDER BY 1",
        id_column.quoted(),
        settings.shared_schema.quoted(),
        table.quoted()
    )
}

/// Schemas that fit the template, but those whose tenant is still being created.
async fn existing_schemas(session: &Session, settings: &Settings) -> Result<Vec<Tenant>, RegistryError> {
    let template = &settings.schema_template;
    let sql = format!(
        "SELECT nspname FROM pg_catalog.pg_namespace WHERE pg_catalog.starts_with(nspname::text, {}) \
         AND NOT {} ORDER BY 1",
        literal(template.prefix()),
        is_under_construction("oid")
    );
    let rows = session.rows(&sql).await.map_err(|error| query_error(RowError::Query(error)))?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let schema = SchemaName::new(row.get(0)?).ok()?.for_tenant(&settings.shared_schema).ok()?;
            if settings.state_schema.as_ref() == Some(&schema) {
                return None;
            }
            Some(Tenant { id: template.tenant_of(&schema).ok()?, schema: Some(schema) })
        })
        .collect())
}

enum RowError {
    Query(tokio_postgres::Error),
    Registry(RegistryError),
}

fn query_error(error: RowError) -> RegistryError {
    match error {
        RowError::Query(error) => RegistryError::Query(Box::new(Failure::from_postgres(&error))),
        RowError::Registry(error) => error,
    }
}

/// Runs a query whose first column is the id, and whose second, if any, the schema's name.
async fn rows(session: &Session, sql: &str) -> Result<Vec<Tenant>, RowError> {
    let rows = session.rows(sql).await.map_err(RowError::Query)?;
    rows.iter()
        .map(|row| Tenant::from_texts(row.get(0), row.get(1)))
        .collect::<Result<_, _>>()
        .map_err(RowError::Registry)
}

/// Gives each tenant its schema, and refuses two on one.
pub(crate) fn targets(tenants: Vec<Tenant>, settings: &Settings) -> Result<Vec<Target>, RegistryError> {
    let mut by_schema: HashMap<SchemaName, TenantId> = HashMap::with_capacity(tenants.len());
    tenants
        .into_iter()
        .map(|Tenant { id, schema }| {
            let schema = match schema {
                Some(schema) => schema.for_tenant(&settings.shared_schema),
                None => settings.schema_template.schema_of(&id, &settings.shared_schema),
            }
            .and_then(|schema| match &settings.state_schema {
                Some(state) if *state == schema => {
                    Err(IdentError::Reserved { name: schema.as_str().to_owned(), by: "the state table's schema" })
                }
                _ => Ok(schema),
            })
            .map_err(|error| RegistryError::Tenant { tenant: id.as_str().to_owned(), error })?;
            match by_schema.insert(schema.clone(), id.clone()) {
                None => Ok(Target::tenant_in(id, schema)),
                Some(first) if first == id => Err(RegistryError::Duplicate { tenant: id }),
                Some(first) => Err(RegistryError::SameSchema { first, second: id, schema: schema.as_str().to_owned() }),
            }
        })
        .collect()
}
