//! From the registry to targets: every id validated, no two on one schema.

use std::collections::HashMap;

use crate::connection::Session;
use crate::ident::{Identifier, SchemaName, TenantId, literal};
use crate::run::Failure;
use crate::settings::{RegistrySettings, Settings};
use crate::sqlstate::is_undefined_table;
use crate::target::Target;

use super::{RegistryError, RegistrySource, Tenant, UNDER_CONSTRUCTION};

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
    let tenants = match source {
        RegistrySource::Custom(registry) => registry.tenants().await.map_err(RegistryError::Custom)?,
        RegistrySource::Configured(RegistrySettings::List { ids }) => {
            ids.iter().map(|id| Tenant { id: id.clone(), schema: None }).collect()
        }
        RegistrySource::Configured(RegistrySettings::Schemas) => existing_schemas(session, settings).await?,
        RegistrySource::Configured(RegistrySettings::Query { sql }) => rows(session, sql).await.map_err(query_error)?,
        RegistrySource::Configured(RegistrySettings::Table { table, id_column, schema_column, filter }) => {
            let sql = table_query(settings, table, id_column, schema_column.as_ref(), filter.as_deref());
            match rows(session, &sql).await {
                Err(RowError::Query(error)) if is_undefined_table(&error) => {
                    return Ok(Discovery::NoTable { table: format!("{}.{table}", settings.shared_schema) });
                }
                result => result.map_err(query_error)?,
            }
        }
    };
    targets(tenants, settings).map(Discovery::Tenants)
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
         AND pg_catalog.obj_description(oid, 'pg_namespace') IS DISTINCT FROM {} ORDER BY 1",
        literal(template.prefix()),
        literal(UNDER_CONSTRUCTION)
    );
    let rows = session.rows(&sql).await.map_err(|error| query_error(RowError::Query(error)))?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let schema = SchemaName::new(row.get(0)?).ok()?.for_tenant(&settings.shared_schema).ok()?;
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
        .map(|row| {
            let id = row.get(0).ok_or(RegistryError::NullId)?;
            let refused = |error| RegistryError::Tenant { tenant: row.get(1).unwrap_or(id).to_owned(), error };
            let schema = row.get(1).map(SchemaName::new).transpose().map_err(refused)?;
            Ok(Tenant { id: TenantId::new(id).map_err(refused)?, schema })
        })
        .collect::<Result<_, _>>()
        .map_err(RowError::Registry)
}

/// Gives each tenant its schema, and refuses two on one.
fn targets(tenants: Vec<Tenant>, settings: &Settings) -> Result<Vec<Target>, RegistryError> {
    let mut by_schema: HashMap<SchemaName, TenantId> = HashMap::with_capacity(tenants.len());
    tenants
        .into_iter()
        .map(|Tenant { id, schema }| {
            let schema = match schema {
                Some(schema) => schema.for_tenant(&settings.shared_schema),
                None => settings.schema_template.schema_of(&id, &settings.shared_schema),
            }
            .map_err(|error| RegistryError::Tenant { tenant: id.as_str().to_owned(), error })?;
            match by_schema.insert(schema.clone(), id.clone()) {
                None => Ok(Target::tenant_in(id, schema)),
                Some(first) if first == id => Err(RegistryError::Duplicate { tenant: id }),
                Some(first) => Err(RegistryError::SameSchema { first, second: id, schema: schema.as_str().to_owned() }),
            }
        })
        .collect()
}
