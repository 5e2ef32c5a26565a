//! Dropping a tenant: schema, registry row, state and role, all or nothing.

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{RoleName, TenantId, literal};
use crate::isolation::{dropped, look};
use crate::registry::{Fleet, RegistryError, RegistrySource, discover, registry_query};
use crate::run::{Failure, Frame, Known, Preparation, StepError, Transaction, Unregistering, delays, send_known};
use crate::settings::RegistrySettings;
use crate::sqlstate::FailureClass;
use crate::state::StateTable;
use crate::target::Target;

use super::create::is_lost;
use super::old_tenant::Removal;
use super::{Migrator, OldTenant};

/// What a tenant was that is dropped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DroppedTenant {
    /// The tenant, and the schema that it had.
    pub target: Target,
    /// The role that was dropped with it.
    pub role: Option<RoleName>,
    /// Why its role was left, where there is one that belongs to something else as well.
    pub role_left: Option<Failure>,
}

impl Migrator {
    /// Drops a tenant: its schema with everything in it, its row in the registry, what the state table knows, and its
    /// role. All of it, or nothing: it is one transaction, under the tenant's lock.
    ///
    /// That the registry gives the schema to this tenant, and to no other, is asserted in the transaction; and that its row
    /// has gone. What others make of the tenant's things while it is dropped may still go with them: a view in another
    /// schema that is committed between the look for such things and the `DROP SCHEMA`. Its role is the one that was
    /// there before the lock was taken.
    ///
    /// A tenant that the registry's filter leaves out can be dropped as well, and so can one whose schema is gone already.
    /// Connections that pools have for it are not told: fence the tenant before
    /// ([`TenantPool::fence`](crate::TenantPool::fence)), so that nobody waits for it or is waited for. A role that has
    /// something in another database, or could do more than a tenant's may, is left, and the report says so.
    ///
    /// A schema of thousands of tables may need more locks than the server has room for (`max_locks_per_transaction`):
    /// then drop some of its tables first.
    ///
    /// ```no_run
    /// # async fn drop(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::TenantId;
    ///
    /// let dropped = migrator.drop_tenant(&TenantId::new("acme")?).await?;
    /// println!("the schema {} is gone", dropped.target.schema());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where the registry does not have it; [`Error::Registry`] where the registry is none that
    /// a row can be deleted from; [`Error::Database`] where the registry has the tenant still when its row was to go,
    /// something of another schema's would be dropped with it (a foreign key, a view), an extension is in its schema, or
    /// somebody holds it for too long.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves the whole tenant, or nothing.
    pub async fn drop_tenant(&self, tenant: impl Into<OldTenant>) -> Result<DroppedTenant, Error> {
        let tenant = tenant.into();
        let unregistering = self.unregistering(&tenant)?;
        let mut delays = delays();
        let mut known: Option<(Known, DroppedTenant)> = None;
        loop {
            let failure = match self.learn(known.as_ref().map(|(known, _)| known)).await {
                Ok(true) => return known.map(|(_, dropped)| dropped).ok_or_else(|| unknown(&tenant.id)),
                Ok(false) => {
                    known = None;
                    match self.try_drop(&tenant.id, &unregistering, &mut known).await? {
                        Ok(dropped) => return Ok(dropped),
                        Err(failure) => {
                            known = known.filter(|_| is_lost(&failure));
                            failure
                        }
                    }
                }
                Err(error) => failure_of(error),
            };
            let again = failure.class.is_retryable() || failure.class == FailureClass::Held;
            match delays.next() {
                Some(delay) if again && !self.context.cancellation.is_cancelled() => tokio::time::sleep(delay).await,
                _ => return Err(Error::Database(Box::new(failure))),
            }
        }
    }

    async fn try_drop(
        &self,
        id: &TenantId,
        unregistering: &Unregistering,
        known: &mut Option<(Known, DroppedTenant)>,
    ) -> Result<Result<DroppedTenant, Failure>, Error> {
        let session = self.connect().await?;
        let result = match self.registered(&session, id).await {
            Ok(target) => Ok(Box::pin(self.drop_on(&session, target, unregistering, known)).await.map_err(failure_of)),
            Err(error) => Err(error),
        };
        session.close().await;
        result
    }

    async fn drop_on(
        &self,
        session: &Session,
        target: Target,
        unregistering: &Unregistering,
        known: &mut Option<(Known, DroppedTenant)>,
    ) -> Result<DroppedTenant, StepError> {
        if session.is_standby() {
            return Err(StepError::failed(Failure::standby()));
        }
        let settings = &self.context.settings;
        let schema = literal(target.schema().as_str());
        let rows =
            session.rows(&format!("SELECT oid::text FROM pg_catalog.pg_namespace WHERE nspname = {schema}")).await?;
        let oid = rows.first().and_then(|row| row.get(0));
        let (mut role, mut role_left, mut statements) = (None, None, Vec::new());
        if let (Some(roles), Some(look)) = (&settings.roles, look(session, settings, [target.schema()]).await?) {
            match dropped(&look, settings, roles, target.schema()) {
                Ok(Some((name, sql))) => (role, statements) = (Some(name), sql),
                Ok(None) => {}
                Err(failure) => role_left = Some(*failure),
            }
        }
        let state = StateTable::ready(session, settings).await?;
        let frame = Frame::new(settings, &target);
        let transaction = Transaction::drop_tenant(frame, oid, unregistering, state.as_ref(), &statements);
        let mut number = None;
        let prepared = Preparation::default();
        let sent = send_known(session, &transaction, &[], &prepared, &self.context.cancellation, &mut number).await;
        let dropped = DroppedTenant { target, role, role_left };
        *known = number.map(|number| (number, dropped.clone()));
        sent.map(|()| dropped)
    }

    /// The tenant as the registry has it, whatever its filter says.
    async fn registered(&self, session: &Session, id: &TenantId) -> Result<Target, Error> {
        let whole = self.unfiltered();
        let Fleet { tenants, unusable } = discover(session, &whole, &self.context.settings).await?.fleet()?;
        if let Some(unusable) = unusable.into_iter().find(|unusable| unusable.tenant == id.as_str()) {
            return Err(Error::Database(Box::new(unusable.failure)));
        }
        tenants.into_iter().find(|target| target.tenant() == Some(id)).ok_or_else(|| unknown(id))
    }

    /// The registry without its filter.
    fn unfiltered(&self) -> RegistrySource {
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

    /// How the tenant goes from the registry.
    fn unregistering(&self, tenant: &OldTenant) -> Result<Unregistering, Error> {
        let settings = &self.context.settings;
        let query = |source: &RegistrySource| match source {
            RegistrySource::Configured(source) => registry_query(source, settings),
            RegistrySource::Custom(_) => None,
        };
        let registry = query(&self.unfiltered());
        let delete = match &tenant.removal {
            Removal::Statement(sql) => Some(sql.clone()),
            Removal::Row => self.deletion(&tenant.id)?,
            Removal::None => return Ok(Unregistering { registry, ..Unregistering::default() }),
        };
        // A statement may leave the row, as one that the filter leaves out.
        let gone_from = match tenant.removal {
            Removal::Statement(_) => query(&self.registry),
            _ => registry.clone(),
        };
        Ok(Unregistering { delete, registry, gone_from })
    }

    /// The statement that takes its row out of the registry; `None` where nothing is to be done.
    fn deletion(&self, id: &TenantId) -> Result<Option<String>, Error> {
        let not_deletable = |source| Err(RegistryError::NotDeletable { source }.into());
        match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { table, id_column, .. }) => Ok(Some(format!(
                "DELETE FROM {}.{} WHERE ({}::text COLLATE \"C\") = {}",
                self.context.settings.shared_schema.quoted(),
                table.quoted(),
                id_column.quoted(),
                literal(id.as_str())
            ))),
            // The schema itself is what registers the tenant.
            RegistrySource::Configured(RegistrySettings::Schemas) => Ok(None),
            RegistrySource::Configured(RegistrySettings::Query { .. }) => not_deletable("a query"),
            RegistrySource::Configured(RegistrySettings::List { .. }) => not_deletable("a fixed list"),
            RegistrySource::Custom(_) => not_deletable("the application's own function"),
        }
    }
}

fn unknown(id: &TenantId) -> Error {
    Error::UnknownTenants(vec![id.clone()])
}

fn failure_of(error: StepError) -> Failure {
    match error {
        StepError::Failed { failure, .. } => *failure,
        StepError::Stale => Failure::new(FailureClass::Held, "the registry or the schema has changed meanwhile")
            .with_hint("look what the registry has for this tenant, then drop it again"),
        StepError::Held | StepError::Suspicious => {
            Failure::new(FailureClass::Held, "another run is creating or migrating this tenant")
                .with_hint("wait for it, then drop the tenant again")
        }
    }
}
