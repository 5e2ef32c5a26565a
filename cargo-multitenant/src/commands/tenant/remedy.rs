//! What to do where the registry is nothing that a tenant can be written into, in words of the command line.

use multitenant_runtime::{Error, RegistryError, RegistrySettings, TenantId};

use crate::context::Project;
use crate::error::CliError;

/// The error with the remedy, where it is about the registry's kind; it points at the configuration.
pub(crate) fn with_remedy(project: &Project, tenants: &[TenantId], error: Error) -> CliError {
    let (adds, can_stay) = match &error {
        Error::Registry(RegistryError::ReadOnly { .. }) => (true, "--unregistered"),
        Error::Registry(RegistryError::NotDeletable { .. }) => (false, "--keep-registered"),
        _ => return CliError::Runtime(error),
    };
    let ids = tenants.iter().map(|id| format!("{:?}", id.as_str())).collect::<Vec<_>>().join(", ");
    let what =
        if adds { "a new tenant cannot be registered" } else { "the tenant cannot be taken out of the registry" };
    let config = project.config();
    match &config.settings.registry {
        RegistrySettings::List { .. } => {
            let remedy = if adds { "add" } else { "remove" };
            let then = if adds { "then create it" } else { "after `tenant drop … --keep-registered`" };
            config
                .bad_value("tenants.ids", format!("{what}, since it is this list: {remedy} {ids} here, {then}"))
                .into()
        }
        RegistrySettings::Query { .. } => {
            let remedy = if adds {
                format!(
                    "insert what makes it give {ids} into the tables that it reads, and create the schema with {can_stay}"
                )
            } else {
                format!(
                    "drop the schema with {can_stay}, and delete what makes it give {ids} from the tables that it reads"
                )
            };
            config.bad_value("tenants.query", format!("{what}, since that is this query: {remedy}")).into()
        }
        _ => CliError::Runtime(error),
    }
}
