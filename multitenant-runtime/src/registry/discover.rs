//! From the registry to targets: every id validated, no two on one schema.

use std::collections::{HashMap, HashSet};

use crate::connection::Session;
use crate::ident::{IdentError, Identifier, SchemaName, TenantId, literal};
use crate::run::Failure;
use crate::settings::{RegistrySettings, Settings};
use crate::sqlstate::is_undefined_table;
use crate::target::Target;

use super::{RegistryError, RegistrySource, Tenant, UnusableTenant, is_under_construction};

/// What a look at the registry gave.
#[derive(Debug)]
pub(crate) enum Discovery {
    /// The tenants.
    Fleet(Fleet),
    /// The table does not exist: before the first shared migration, there are no tenants yet.
    NoTable { table: String },
}

/// The registry's tenants.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    /// In the registry's order.
    pub(crate) tenants: Vec<Target>,
    /// Those without a schema of their own; each is a failure, and no more than that.
    pub(crate) unusable: Vec<UnusableTenant>,
}

impl Discovery {
    /// The tenants, where the registry is expected to exist.
    pub(crate) fn fleet(self) -> Result<Fleet, RegistryError> {
        match self {
            Self::Fleet(fleet) => Ok(fleet),
            Self::NoTable { table } => Err(RegistryError::NoTable { table }),
        }
    }
}

/// Asks the registry for all tenants: at most one statement, if it succeeds.
pub(crate) async fn discover(
    session: &Session,
    source: &RegistrySource,
    settings: &Settings,
) -> Result<Discovery, RegistryError> {
    match list(session, source, settings).await? {
        Some(tenants) => Ok(Discovery::Fleet(targets(tenants, settings))),
        None => Ok(Discovery::NoTable { table: table_name(source, settings) }),
    }
}

/// A tenant as the registry has it, where it can be one.
pub(crate) type Registered = Result<Tenant, Box<UnusableTenant>>;

/// All tenants as the registry has them, `None` where its table does not exist.
pub(crate) async fn list(
    session: &Session,
    source: &RegistrySource,
    settings: &Settings,
) -> Result<Option<Vec<Registered>>, RegistryError> {
    Ok(Some(match source {
        RegistrySource::Custom(registry) => {
            registry.tenants().await.map_err(RegistryError::Custom)?.into_iter().map(Ok).collect()
        }
        RegistrySource::Configured(RegistrySettings::List { ids }) => {
            ids.iter().map(|id| Ok(Tenant { id: id.clone(), schema: None })).collect()
        }
        RegistrySource::Configured(RegistrySettings::Schemas) => existing_schemas(session, settings).await?,
        RegistrySource::Configured(RegistrySettings::Query { sql }) => {
            rows(session, sql).await.map_err(|error| query_error(&error))?
        }
        RegistrySource::Configured(RegistrySettings::Table { table, id_column, schema_column, filter }) => {
            let sql = table_query(settings, table, id_column, schema_column.as_ref(), filter.as_deref());
            match rows(session, &format!("{sql} ORDER BY 1")).await {
                // It need not be this table that is missing: a filter may name others.
                Err(error) if is_undefined_table(&error) && is_absent(session, settings, table).await? => {
                    return Ok(None);
                }
                result => result.map_err(|error| query_error(&error))?,
            }
        }
    }))
}

/// The registry as a query of two columns, id and schema, where it is one; in any order.
pub(crate) fn registry_query(source: &RegistrySettings, settings: &Settings) -> Option<String> {
    match source {
        RegistrySettings::Table { table, id_column, schema_column, filter } => {
            Some(table_query(settings, table, id_column, schema_column.as_ref(), filter.as_deref()))
        }
        // How many columns the query has is not known: its rows are taken apart as JSON, which keeps the columns' order. The row
        // has a name that no column has, of the query's or around it: a column's would be meant instead.
        RegistrySettings::Query { sql } => Some(format!(
            "SELECT row_values[1], row_values[2] FROM (\n{sql}\n) AS \"a row of the registry\", \
             LATERAL (SELECT pg_catalog.array_agg(value ORDER BY ordinality) \
             FROM pg_catalog.json_each_text(pg_catalog.row_to_json(\"a row of the registry\")) WITH ORDINALITY) \
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
        "SELECT {}::text, {schema}::text FROM {}.{}{filter}",
        id_column.quoted(),
        settings.shared_schema.quoted(),
        table.quoted()
    )
}

/// The tenants of the schemas that there are.
async fn existing_schemas(session: &Session, settings: &Settings) -> Result<Vec<Registered>, RegistryError> {
    let rows = session.rows(&schemas_query(settings)).await.map_err(|error| query_error(&error))?;
    Ok(of_schemas(rows.iter().filter_map(|row| row.get(0)), settings))
}

/// A query for the names of the schemas that fit the template, but those whose tenant is still being created.
pub(crate) fn schemas_query(settings: &Settings) -> String {
    let template = &settings.schema_template;
    format!(
        "SELECT nspname FROM pg_catalog.pg_namespace WHERE pg_catalog.starts_with(nspname::text, {}) \
         AND NOT {} ORDER BY 1",
        literal(template.prefix()),
        is_under_construction("oid")
    )
}

/// The tenants of the schemas of these names.
pub(crate) fn of_schemas<'n>(names: impl Iterator<Item = &'n str>, settings: &Settings) -> Vec<Registered> {
    names
        .filter_map(|name| {
            let schema = SchemaName::new(name).ok()?.for_tenant(&settings.shared_schema).ok()?;
            if settings.state_schema.as_ref() == Some(&schema) {
                return None;
            }
            Some(Ok(Tenant { id: settings.schema_template.tenant_of(&schema).ok()?, schema: Some(schema) }))
        })
        .collect()
}

/// Whether the registry's table does not exist. By the catalogue, since `to_regclass` fails where the role may not
/// even look into the schema.
async fn is_absent(session: &Session, settings: &Settings, table: &Identifier) -> Result<bool, RegistryError> {
    let sql = format!(
        "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = {} AND c.relname = {}",
        literal(settings.shared_schema.as_str()),
        literal(table.as_str())
    );
    Ok(session.rows(&sql).await.map_err(|error| query_error(&error))?.is_empty())
}

fn query_error(error: &tokio_postgres::Error) -> RegistryError {
    RegistryError::Query(Box::new(Failure::from_postgres(error)))
}

/// Runs a query whose first column is the id, and whose second, if any, the schema's name.
async fn rows(session: &Session, sql: &str) -> Result<Vec<Registered>, tokio_postgres::Error> {
    let rows = session.rows(sql).await?;
    Ok(rows.iter().map(|row| Tenant::from_texts(row.get(0), row.get(1))).collect())
}

/// Gives each tenant its schema, and sets those apart that have none of their own.
pub(crate) fn targets(tenants: Vec<Registered>, settings: &Settings) -> Fleet {
    let mut fleet = Fleet::default();
    for tenant in tenants {
        match tenant.and_then(|tenant| target(tenant, settings)) {
            Ok(target) => fleet.tenants.push(target),
            Err(unusable) => fleet.unusable.push(*unusable),
        }
    }
    let conflicts = conflicts(&fleet.tenants);
    if !conflicts.is_empty() {
        fleet.tenants.retain(|target| !conflicts.contains_key(target));
        fleet.unusable.extend(conflicts.into_values());
        fleet.unusable.sort_by(|one, other| one.tenant.cmp(&other.tenant));
    }
    fleet
}

fn target(Tenant { id, schema }: Tenant, settings: &Settings) -> Result<Target, Box<UnusableTenant>> {
    let schema = match schema {
        Some(schema) => schema.for_tenant(&settings.shared_schema),
        None => settings.schema_template.schema_of(&id, &settings.shared_schema),
    };
    let schema = schema.and_then(|schema| match &settings.state_schema {
        Some(state) if *state == schema => {
            Err(IdentError::Reserved { name: schema.as_str().to_owned(), by: "the state table's schema" })
        }
        _ => Ok(schema),
    });
    match schema {
        Ok(schema) => Ok(Target::tenant_in(id, schema)),
        Err(error) => Err(Box::new(UnusableTenant::not_a_name(id.as_str(), &error))),
    }
}

/// The targets that are there twice, or whose schema is another one's as well.
fn conflicts(targets: &[Target]) -> HashMap<Target, UnusableTenant> {
    let mut ids: HashSet<&TenantId> = HashSet::with_capacity(targets.len());
    let twice: HashSet<&TenantId> =
        targets.iter().filter_map(Target::tenant).filter(|&tenant| !ids.insert(tenant)).collect();
    let mut first_on: HashMap<&SchemaName, &Target> = HashMap::with_capacity(targets.len());
    let mut conflicts = HashMap::new();
    for target in targets {
        let first = *first_on.entry(target.schema()).or_insert(target);
        if target.tenant().is_some_and(|tenant| twice.contains(tenant)) {
            conflicts.insert(target.clone(), UnusableTenant::twice(target));
        }
        if let Some((tenant, other)) = target.tenant().zip(first.tenant()).filter(|(tenant, other)| tenant != other) {
            conflicts.entry(target.clone()).or_insert_with(|| UnusableTenant::beside(target, other));
            conflicts.entry(first.clone()).or_insert_with(|| UnusableTenant::beside(first, tenant));
        }
    }
    conflicts
}
