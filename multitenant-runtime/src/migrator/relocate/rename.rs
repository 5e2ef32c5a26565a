//! Renaming a tenant: its id in the registry, and its schema where that follows from the id.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{RoleName, TenantId, literal};
use crate::migrator::Migrator;
use crate::migrator::locate::{Located, is_the_tenants, refused};
use crate::registry::{Fleet, RegistryError, RegistrySource, discover};
use crate::run::{Role, gives, has};
use crate::settings::RegistrySettings;
use crate::target::Target;

use super::mentions::mentions;
use super::{Change, Intended, Relocated};

/// A tenant that has got another id.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RenamedTenant {
    /// What it was, with the schema that it had.
    pub from: Target,
    /// What it is, with its schema: the same one, where the registry's row names it.
    pub to: Target,
    /// What its role is called by now, where it had one and the name followed from the schema's.
    pub role: Option<RoleName>,
    /// What names the old schema in its text, in the tenant's schema and in those that all tenants share: functions and
    /// views as the server describes them. They are as they were, and may fail or find nothing.
    pub mentions: Vec<String>,
}

impl Migrator {
    /// Gives a tenant another id: in the registry, and, where the schema's name follows from the id, its schema, its role
    /// and what the state table says of it. All of it, or nothing: it is one transaction, under the tenant's lock. The
    /// history stays as it is, and so does everything in the schema.
    ///
    /// Where the registry's row names the schema (`tenants.schema_column`), only the id changes.
    ///
    /// Nobody who works in the schema is waited for but who migrates it. Pools are not told: fence the old id before
    /// ([`TenantPool::fence`](crate::TenantPool::fence)); a connection that has served the tenant last finds nothing under the
    /// schema's old name, and one that is checked out anew is refused.
    ///
    /// ```no_run
    /// # async fn rename(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::TenantId;
    ///
    /// let renamed = migrator.rename_tenant(&TenantId::new("acme")?, &TenantId::new("globex")?).await?;
    /// println!("it is in {} by now", renamed.to.schema());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where the registry does not have it; [`Error::Registry`] where the registry is nothing whose
    /// rows can be changed; [`Error::Database`], of the class [`Refused`](crate::FailureClass::Refused), where there is a
    /// tenant of the new id or a schema of the new name, or a foreign key refers to the id that does not follow it; and of
    /// another class where the server refuses, or somebody holds the tenant for too long.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves the tenant under the one name or under the other, whole.
    pub async fn rename_tenant(&self, tenant: &TenantId, new: &TenantId) -> Result<RenamedTenant, Error> {
        let Relocated { from, place, role, .. } = self.relocate(tenant, Change::Rename(new)).await?;
        let mentions = if from.place.schema() == place.schema() {
            Vec::new()
        } else {
            // It is done, and this is only what more there is to say.
            match self.mentions_of(&from, &place).await {
                Ok(mentions) => mentions,
                Err(error) => {
                    tracing::warn!(%error, "what names the old schema cannot be looked for");
                    Vec::new()
                }
            }
        };
        Ok(RenamedTenant { from: from.place, to: place, role, mentions })
    }

    async fn mentions_of(&self, from: &Located, place: &Target) -> Result<Vec<String>, Error> {
        let session = self.connect().await?;
        let found = mentions(&session, &self.context.settings, from.place.schema(), place.schema()).await;
        session.close().await;
        found.map_err(|error| Error::from(&error))
    }

    /// What renaming comes to.
    pub(super) async fn renaming(
        &self,
        session: &Session,
        located: &Located,
        new: &TenantId,
    ) -> Result<Intended, Error> {
        let settings = &self.context.settings;
        let id = located.id()?;
        if id == new {
            return Err(refused(format!("the tenant is called {:?} already", new.as_str()), "give another id"));
        }
        let changeable = |source| Err(RegistryError::NotChangeable { source }.into());
        let update = match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { id_column, .. }) => {
                self.nobody_refers_to(session, located).await?;
                self.registry_table().map(|table| {
                    let (column, new) = (id_column.quoted(), literal(new.as_str()));
                    format!("UPDATE {table} SET {column} = {new} WHERE {}", is_the_tenants(id_column, id))
                })
            }
            // The schema itself is what registers the tenant.
            RegistrySource::Configured(RegistrySettings::Schemas) => None,
            RegistrySource::Configured(RegistrySettings::Query { .. }) => return changeable("a query"),
            RegistrySource::Configured(RegistrySettings::List { .. }) => return changeable("a fixed list"),
            RegistrySource::Custom(_) => return changeable("the application's own function"),
        };
        let bad = |error| RegistryError::Tenant { tenant: new.as_str().to_owned(), error };
        let schema = if located.names_its_schema {
            located.registered.schema().clone()
        } else {
            settings.schema_template.schema_of(new, &settings.shared_schema).map_err(bad)?
        };
        self.is_free(session, located, new, &schema).await?;
        let place = if located.is_set_aside() {
            settings.archive.schema.archived(&schema, &settings.shared_schema).map_err(bad)?
        } else {
            schema.clone()
        };
        self.schema_is_free(session, located, &place).await?;
        let registry = self.unfiltered_query();
        let registered = located.registered.schema();
        let (before, after) = match &registry {
            Some(registry) => (
                Some(format!(
                    "{} AND NOT {} AND {}",
                    gives(settings, registry, id, registered, true),
                    has(registry, new),
                    // Nobody has the schema; the one that stays is the tenant's own, by the first condition.
                    if located.names_its_schema {
                        "true".to_owned()
                    } else {
                        gives(settings, registry, new, &schema, false)
                    }
                )),
                Some(format!("{} AND NOT {}", gives(settings, registry, new, &schema, true), has(registry, id))),
            ),
            None => (None, None),
        };
        Ok(Intended {
            place: Target::tenant_in(new.clone(), place),
            registered: Target::tenant_in(new.clone(), schema),
            before,
            update,
            after: after.map(|after| (Role::Relocated, after)).into_iter().collect(),
            forget: false,
        })
    }

    /// Refuses an id that a tenant has, whatever the registry's filter says, and a schema that another tenant has.
    async fn is_free(
        &self,
        session: &Session,
        located: &Located,
        new: &TenantId,
        schema: &crate::ident::SchemaName,
    ) -> Result<(), Error> {
        let Fleet { tenants, unusable } =
            discover(session, &self.unfiltered(), &self.context.settings).await?.fleet()?;
        let has_it = |target: &Target| {
            target.tenant() == Some(new)
                || (target.schema() == schema && target.tenant() != located.registered.tenant())
        };
        if let Some(other) = tenants.iter().find(|target| has_it(target)) {
            let (other, schema) = (other.tenant().map_or("", TenantId::as_str), other.schema().as_str());
            let message = format!("there is a tenant {other:?} already, with the schema {schema:?}");
            return Err(refused(message, "give another id, or rename or drop that tenant first"));
        }
        if let Some(other) = unusable.iter().find(|other| other.tenant == new.as_str()) {
            return Err(Error::Database(Box::new(other.failure.clone())));
        }
        Ok(())
    }

    /// Refuses a foreign key on the id that would not follow it.
    async fn nobody_refers_to(&self, session: &Session, located: &Located) -> Result<(), Error> {
        let RegistrySource::Configured(RegistrySettings::Table { table, id_column, .. }) = &self.registry else {
            return Ok(());
        };
        let sql = format!(
            "SELECT f.conname, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) \
             FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class c ON c.oid = f.conrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_class r ON r.oid = f.confrelid JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY (f.confkey) \
             WHERE f.contype = 'f' AND f.confupdtype <> 'c' AND f.conparentid = 0 AND s.nspname = {} AND r.relname = {} \
             AND a.attname = {} ORDER BY 2, 1 LIMIT 5",
            literal(self.context.settings.shared_schema.as_str()),
            literal(table.as_str()),
            literal(id_column.as_str()),
        );
        let rows = session.rows(&sql).await.map_err(|error| Error::from(&error))?;
        let keys: Vec<String> = rows
            .iter()
            .map(|row| format!("{:?} of {}", row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default()))
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        let tenant = located.registered.tenant().map_or("", TenantId::as_str);
        Err(refused(
            format!("foreign keys refer to the id of {tenant:?} and would not follow it: {}", keys.join(", ")),
            "make them ON UPDATE CASCADE in a migration, then rename the tenant",
        ))
    }
}
