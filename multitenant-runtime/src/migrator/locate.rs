//! A tenant as the registry has it, whatever its filter says, and the schema that has its data.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{Identifier, SchemaName, TenantId, literal};
use crate::registry::{Fleet, RegistrySource, discover, is_under_construction, registry_query};
use crate::run::Failure;
use crate::settings::RegistrySettings;
use crate::target::Target;

use super::Migrator;

/// A tenant as the registry has it, and where its data is.
#[derive(Debug, Clone)]
pub(super) struct Located {
    /// The tenant with the schema that the registry gives it.
    pub(super) registered: Target,
    /// Whether the registry's row names the schema itself, so that it does not follow from the id.
    pub(super) names_its_schema: bool,
    /// Since when it is archived.
    pub(super) archived: Option<String>,
    /// The tenant with the schema that has its data: of one that is archived, another one.
    pub(super) place: Target,
    /// That schema's number; `None` where it does not exist.
    pub(super) oid: Option<String>,
}

impl Located {
    pub(super) fn id(&self) -> Result<&TenantId, Error> {
        self.registered.tenant().ok_or(Error::UnknownTenants(Vec::new()))
    }

    /// Whether its schema has the name of an archived one.
    pub(super) fn is_set_aside(&self) -> bool {
        self.place != self.registered
    }
}

impl Migrator {
    /// Looks a tenant up.
    pub(super) async fn locate(&self, session: &Session, id: &TenantId) -> Result<Located, Error> {
        let registered = self.registered(session, id).await?;
        let (names_its_schema, archived) = self.row_of(session, id).await?;
        let settings = &self.context.settings;
        let aside = settings.archive.schema.archived(registered.schema(), &settings.shared_schema).ok();
        let aside = aside.filter(|_| archived.is_some());
        let there = schemas(session, std::iter::once(registered.schema()).chain(&aside)).await?;
        let is_there = |schema: &SchemaName| there.iter().find(|(name, ..)| name == schema.as_str());
        let place = match aside.filter(|schema| is_there(schema).is_some()) {
            Some(aside) if is_there(registered.schema()).is_some() => {
                let (aside, schema) = (aside.as_str(), registered.schema().as_str());
                let message = format!("the tenant is archived, and both schemas exist, {aside:?} and {schema:?}");
                return Err(refused(message, "drop or rename the one that is not the tenant's"));
            }
            Some(aside) => Target::tenant_in(id.clone(), aside),
            None => registered.clone(),
        };
        let (oid, unfinished) = match is_there(place.schema()) {
            Some((_, oid, unfinished)) => (Some(oid.clone()), *unfinished),
            None => (None, false),
        };
        if unfinished {
            let message = format!("the schema {:?} is still being made, or was left so", place.schema().as_str());
            return Err(refused(message, "create the tenant once more, which begins anew, or drop the schema"));
        }
        Ok(Located { registered, names_its_schema, archived, place, oid })
    }

    /// The tenant as the registry has it, whatever its filter says.
    pub(super) async fn registered(&self, session: &Session, id: &TenantId) -> Result<Target, Error> {
        let Fleet { tenants, unusable } =
            discover(session, &self.unfiltered(), &self.context.settings).await?.fleet()?;
        if let Some(unusable) = unusable.into_iter().find(|unusable| unusable.tenant == id.as_str()) {
            return Err(Error::Database(Box::new(unusable.failure)));
        }
        tenants.into_iter().find(|target| target.tenant() == Some(id)).ok_or_else(|| unknown(id))
    }

    /// The registry without its filter.
    pub(super) fn unfiltered(&self) -> RegistrySource {
        match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { table, id_column, schema_column, .. }) => {
                RegistrySource::Configured(RegistrySettings::Table {
                    table: table.clone(),
                    id_column: id_column.clone(),
                    schema_column: schema_column.clone(),
                    filter: None,
                })
            }
            other => other.clone(),
        }
    }

    /// The registry without its filter as a query of id and schema, where it is one.
    pub(super) fn unfiltered_query(&self) -> Option<String> {
        match self.unfiltered() {
            RegistrySource::Configured(source) => registry_query(&source, &self.context.settings),
            RegistrySource::Custom(_) => None,
        }
    }

    /// Whether the tenant's row names its schema, and since when it is archived.
    async fn row_of(&self, session: &Session, id: &TenantId) -> Result<(bool, Option<String>), Error> {
        let RegistrySource::Configured(RegistrySettings::Table { id_column, schema_column, .. }) = &self.registry
        else {
            return Ok((false, None));
        };
        let Some(table) = self.registry_table() else { return Ok((false, None)) };
        let text = |column: Option<&Identifier>| {
            column.map_or_else(|| "NULL".to_owned(), |column| format!("{}::text", column.quoted()))
        };
        let sql = format!(
            "SELECT {} IS NOT NULL, {} FROM {table} WHERE {}",
            text(schema_column.as_ref()),
            text(self.context.settings.archive.column.as_ref()),
            is_the_tenants(id_column, id)
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        let row = rows.first();
        let names_its_schema = row.and_then(|row| row.get(0)) == Some("t");
        Ok((names_its_schema, row.and_then(|row| row.get(1)).map(str::to_owned)))
    }

    /// The registry's table as it stands in SQL, where it is one.
    pub(super) fn registry_table(&self) -> Option<String> {
        match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { table, .. }) => {
                Some(format!("{}.{}", self.context.settings.shared_schema.quoted(), table.quoted()))
            }
            _ => None,
        }
    }
}

/// An SQL condition: a row of the registry's table is this tenant's. To us, another spelling is another id.
pub(super) fn is_the_tenants(id_column: &Identifier, id: &TenantId) -> String {
    format!("({}::text COLLATE \"C\") = {}", id_column.quoted(), literal(id.as_str()))
}

/// Those of the schemas that exist: their names, their numbers, and whether they are unfinished.
async fn schemas<'s>(
    session: &Session,
    names: impl Iterator<Item = &'s SchemaName>,
) -> Result<Vec<(String, String, bool)>, Error> {
    let names: Vec<String> = names.map(|name| literal(name.as_str())).collect();
    let sql = format!(
        "SELECT nspname, oid::text, {} FROM pg_catalog.pg_namespace WHERE nspname IN ({})",
        is_under_construction("oid"),
        names.join(", ")
    );
    let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
    let schema =
        |row: &crate::connection::Row| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned(), row.get(2) == Some("t")));
    Ok(rows.iter().filter_map(schema).collect())
}

pub(super) fn unknown(id: &TenantId) -> Error {
    Error::UnknownTenants(vec![id.clone()])
}

/// It is not done, and this is what to do first.
pub(super) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Database(Box::new(Failure::refused(message).with_hint(hint)))
}
