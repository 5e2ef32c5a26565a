//! How a tenant goes from the registry.

use crate::error::Error;
use crate::ident::TenantId;
use crate::migrator::Migrator;
use crate::migrator::locate::is_the_tenants;
use crate::migrator::old_tenant::{OldTenant, Removal};
use crate::registry::{RegistryError, RegistrySource, registry_query};
use crate::run::Unregistering;
use crate::settings::RegistrySettings;

impl Migrator {
    /// How the tenant goes from the registry.
    pub(super) fn unregistering(&self, tenant: &OldTenant) -> Result<Unregistering, Error> {
        let settings = &self.context.settings;
        let filtered = || match &self.registry {
            RegistrySource::Configured(source) => registry_query(source, settings),
            RegistrySource::Custom(_) => None,
        };
        let registry = self.unfiltered_query();
        let delete = match &tenant.removal {
            Removal::Statement(sql) => Some(sql.clone()),
            Removal::Row => self.deletion(&tenant.id)?,
            Removal::None => return Ok(Unregistering { registry, ..Unregistering::default() }),
        };
        // A statement may leave the row, as one that the filter leaves out.
        let gone_from = match tenant.removal {
            Removal::Statement(_) => filtered(),
            _ => registry.clone(),
        };
        Ok(Unregistering { delete, registry, gone_from, schema: None })
    }

    /// The statement that takes its row out of the registry; `None` where nothing is to be done.
    fn deletion(&self, id: &TenantId) -> Result<Option<String>, Error> {
        let not_deletable = |source| Err(RegistryError::NotDeletable { source }.into());
        match &self.registry {
            RegistrySource::Configured(RegistrySettings::Table { id_column, .. }) => {
                let row = is_the_tenants(id_column, id);
                Ok(self.registry_table().map(|table| format!("DELETE FROM {table} WHERE {row}")))
            }
            // The schema itself is what registers the tenant.
            RegistrySource::Configured(RegistrySettings::Schemas) => Ok(None),
            RegistrySource::Configured(RegistrySettings::Query { .. }) => not_deletable("a query"),
            RegistrySource::Configured(RegistrySettings::List { .. }) => not_deletable("a fixed list"),
            RegistrySource::Custom(_) => not_deletable("the application's own function"),
        }
    }
}
