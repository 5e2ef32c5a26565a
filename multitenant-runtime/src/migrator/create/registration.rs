//! How a new tenant gets into the registry: by which statements, all of them in the creation's own transaction.

use crate::error::Error;
use crate::ident::{Identifier, SchemaName, literal};
use crate::migrator::Migrator;
use crate::migrator::locate::is_the_tenants as is_exactly_the_tenants;
use crate::migrator::new_tenant::{NewTenant, Registration};
use crate::registry::{RegistryError, RegistrySource};
use crate::run::{Registering, has};
use crate::settings::RegistrySettings;

impl Migrator {
    /// What puts the tenant into the registry.
    pub(in crate::migrator) fn registering(
        &self,
        tenant: &NewTenant,
        schema: &SchemaName,
    ) -> Result<Registering, Error> {
        let source = match (&tenant.registration, &self.registry) {
            (Registration::None, _) => return Ok(Registering::default()),
            (Registration::Statement(sql), _) => {
                let stays = self.unfiltered_query().map(|registry| has(&registry, &tenant.id));
                return Ok(Registering { stays, ..Registering::by(sql.clone()) });
            }
            (Registration::Row, RegistrySource::Configured(settings)) => settings,
            (Registration::Row, RegistrySource::Custom(_)) => {
                return Err(RegistryError::ReadOnly { source: "the application's own function" }.into());
            }
        };
        match source {
            RegistrySettings::Table { table, id_column, schema_column, .. } => {
                self.follows_from_the_template(tenant, schema_column.as_ref())?;
                let table = format!("{}.{}", self.context.settings.shared_schema.quoted(), table.quoted());
                let archived = self.context.settings.archive.column.as_ref();
                Ok(row(&table, [Some(id_column), schema_column.as_ref(), archived], tenant, schema))
            }
            // The schema itself is what registers the tenant.
            RegistrySettings::Schemas => {
                self.follows_from_the_template(tenant, None)?;
                Ok(Registering::default())
            }
            RegistrySettings::List { ids } if ids.contains(&tenant.id) => {
                self.follows_from_the_template(tenant, None)?;
                Ok(Registering::default())
            }
            RegistrySettings::List { .. } => Err(RegistryError::ReadOnly { source: "a fixed list without it" }.into()),
            RegistrySettings::Query { .. } => Err(RegistryError::ReadOnly { source: "a query" }.into()),
        }
    }

    /// Refuses a schema of the caller's own choice where the registry could not tell it later.
    fn follows_from_the_template(&self, tenant: &NewTenant, column: Option<&Identifier>) -> Result<(), Error> {
        let settings = &self.context.settings;
        match &tenant.schema {
            Some(schema) if column.is_none() => {
                let expected = settings.schema_template.schema_of(&tenant.id, &settings.shared_schema).ok();
                if expected.as_ref() == Some(schema) {
                    return Ok(());
                }
                Err(RegistryError::NoSchemaColumn { tenant: tenant.id.clone(), schema: schema.to_string() }.into())
            }
            _ => Ok(()),
        }
    }
}

/// A row, unless there is one already; and then it must be the right one, and of nobody who is archived.
fn row(
    table: &str,
    [id_of, schema_column, archived_column]: [Option<&Identifier>; 3],
    tenant: &NewTenant,
    schema: &SchemaName,
) -> Registering {
    let id = literal(tenant.id.as_str());
    let id_column = id_of.map(Identifier::quoted).unwrap_or_default();
    let is_the_tenants = format!("{id_column}::text = {id}");
    let is_exactly = id_of.map(|column| is_exactly_the_tenants(column, &tenant.id));
    let mut holds = Vec::new();
    let mut columns = vec![id_column];
    let mut values = vec![id];
    if let Some(column) = schema_column {
        columns.push(column.quoted());
        values.push(literal(schema.as_str()));
        holds.push(format!("{}::text = {}", column.quoted(), literal(schema.as_str())));
    }
    holds.extend(archived_column.map(|column| format!("{} IS NULL", column.quoted())));
    for (column, value) in &tenant.columns {
        columns.push(column.quoted());
        values.push(literal(value));
    }
    let insert = format!(
        "INSERT INTO {table} ({}) SELECT {} WHERE NOT EXISTS (SELECT FROM {table} WHERE {is_the_tenants})",
        columns.join(", "),
        values.join(", "),
    );
    let stays = std::iter::once(is_the_tenants.clone()).chain(is_exactly).chain(holds.iter().cloned());
    let stays = format!("EXISTS (SELECT FROM {table} WHERE {})", stays.collect::<Vec<_>>().join(" AND "));
    let holds = (!holds.is_empty())
        .then(|| format!("EXISTS (SELECT FROM {table} WHERE {is_the_tenants} AND {})", holds.join(" AND ")));
    Registering { insert: Some(insert), holds, stays: Some(stays), ..Registering::default() }
}
