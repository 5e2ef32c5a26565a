//! Archiving a tenant, and taking it back.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{IdentError, RoleName, SchemaName, TenantId};
use crate::migrator::Migrator;
use crate::migrator::locate::{Located, refused};
use crate::plan::TargetPlan;
use crate::registry::RegistryError;
use crate::run::{Role, gives};
use crate::target::Target;

use super::super::Scope;
use super::{Change, Intended, Relocated};

/// A tenant that is archived.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ArchivedTenant {
    /// The tenant, with the schema that it had and has again when it is restored.
    pub target: Target,
    /// What its schema is called by now.
    pub schema: SchemaName,
    /// What its role is called by now, where it has one.
    pub role: Option<RoleName>,
}

/// A tenant that is archived no more.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RestoredTenant {
    /// The tenant, with its schema.
    pub target: Target,
    /// What its schema was called.
    pub schema: SchemaName,
    /// What its role is called by now, where it has one.
    pub role: Option<RoleName>,
    /// How it stands: migrations may have come meanwhile. `None` where the registry's filter leaves it out still.
    pub plan: Option<TargetPlan>,
}

impl Migrator {
    /// Archives a tenant: its row in the registry says since when (`tenants.archived_column`), its schema and its role get
    /// another name (`tenants.archived_schema`), and the state table forgets it. Nothing serves it then, and nothing migrates
    /// it. All of it, or nothing: it is one transaction, under the tenant's lock.
    ///
    /// Pools are not told: fence the tenant before ([`TenantPool::fence`](crate::TenantPool::fence)).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where the registry does not have it; [`Error::Registry`] where the registry has no such
    /// column; [`Error::Database`], of the class [`Refused`](crate::FailureClass::Refused), where it is archived already, it
    /// has no schema, or the archived schema's name is taken; and of another class where the server refuses, or somebody
    /// holds the tenant for too long.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves the tenant archived, or as it was.
    pub async fn archive_tenant(&self, tenant: &TenantId) -> Result<ArchivedTenant, Error> {
        self.archive_columns()?;
        let Relocated { place, registered, role, .. } = self.relocate(tenant, Change::Archive).await?;
        Ok(ArchivedTenant { target: registered, schema: place.schema().clone(), role })
    }

    /// Takes a tenant back that was archived: the reverse of [`archive_tenant`](Self::archive_tenant), in one transaction.
    ///
    /// A tenant whose row was marked by hand, and whose schema has kept its name, is taken back as well.
    ///
    /// # Errors
    ///
    /// As for [`archive_tenant`](Self::archive_tenant); where it is not archived, its schema does not exist, or another
    /// has its name by now.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves the tenant archived, or as it was before.
    pub async fn restore_tenant(&self, tenant: &TenantId) -> Result<RestoredTenant, Error> {
        self.archive_columns()?;
        let Relocated { from, registered, role, .. } = self.relocate(tenant, Change::Restore).await?;
        let plan = match Box::pin(self.plan(Scope::tenant(tenant.clone()))).await {
            Ok(plan) => plan.tenants.into_iter().next(),
            Err(Error::UnknownTenants(_)) => None,
            Err(error) => {
                tracing::warn!(%error, "how the restored tenant stands cannot be looked at");
                None
            }
        };
        Ok(RestoredTenant { target: registered, schema: from.place.schema().clone(), role, plan })
    }

    pub(super) async fn archiving(&self, session: &Session, located: &Located) -> Result<Intended, Error> {
        self.column_is_fit(session).await?;
        let settings = &self.context.settings;
        let id = located.id()?;
        if let Some(since) = &located.archived {
            return Err(refused(
                format!("the tenant {:?} is archived already, since {since}", id.as_str()),
                "restore it, or drop it",
            ));
        }
        if located.oid.is_none() {
            let (id, schema) = (id.as_str(), located.place.schema().as_str());
            return Err(refused(
                format!("the tenant {id:?} has no schema {schema:?} to archive"),
                "drop the tenant, or create its schema (`cargo multitenant migrate --create-schemas`)",
            ));
        }
        let bad = |error: IdentError| RegistryError::NotArchivable { why: error.to_string() };
        let aside =
            settings.archive.schema.archived(located.registered.schema(), &settings.shared_schema).map_err(bad)?;
        self.schema_is_free(session, located, &aside).await?;
        self.marked(located, Target::tenant_in(id.clone(), aside), true)
    }

    pub(super) async fn restoring(&self, session: &Session, located: &Located) -> Result<Intended, Error> {
        self.column_is_fit(session).await?;
        let id = located.id()?;
        if located.archived.is_none() {
            return Err(refused(
                format!("the tenant {:?} is not archived", id.as_str()),
                "there is nothing to restore",
            ));
        }
        if located.oid.is_none() {
            let (id, schema) = (id.as_str(), located.registered.schema().as_str());
            return Err(refused(
                format!("the archived tenant {id:?} has neither the schema {schema:?} nor an archived one"),
                "restore the schema from a backup, correct tenants.archived_schema, or drop the tenant",
            ));
        }
        self.marked(located, located.registered.clone(), false)
    }

    /// The change of the mark, and of the schema's name.
    fn marked(&self, located: &Located, place: Target, archived: bool) -> Result<Intended, Error> {
        let id = located.id()?;
        let (update, after) = self.marking(id, archived)?;
        let (_, before) = self.marking(id, !archived)?;
        let settings = &self.context.settings;
        let given = self.unfiltered_query().map_or_else(
            || "true".to_owned(),
            |registry| gives(settings, &registry, id, located.registered.schema(), true),
        );
        Ok(Intended {
            place,
            registered: located.registered.clone(),
            before: Some(format!("{before} AND {given}")),
            update: Some(update),
            after: vec![(Role::Relocated, format!("{after} AND {given}"))],
            forget: true,
        })
    }

    /// Refuses a schema's name that something else has.
    pub(super) async fn schema_is_free(
        &self,
        session: &Session,
        located: &Located,
        schema: &SchemaName,
    ) -> Result<(), Error> {
        if schema == located.place.schema() {
            return Ok(());
        }
        let name = crate::ident::literal(schema.as_str());
        let sql = format!("SELECT FROM pg_catalog.pg_namespace WHERE nspname = {name}");
        let is_state = self.context.settings.state_schema.as_ref() == Some(schema);
        if is_state || !session.rows(&sql).await.map_err(|error| Error::from(&error))?.is_empty() {
            return Err(refused(
                format!("the schema would be called {:?}, and there is one of that name", schema.as_str()),
                "rename or drop that one, or choose another name",
            ));
        }
        Ok(())
    }
}
