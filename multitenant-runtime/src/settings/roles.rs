//! A role for each tenant, as configured.

use crate::ident::{RoleName, RoleTemplate};

use super::{SettingsError, SettingsText, at};

/// A role for each tenant: what the roles are called, and who sets them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleSettings {
    /// How a schema's name becomes its role's.
    pub name: RoleTemplate,
    /// The role that the application logs in as; `None` where it is the one that migrates.
    pub application: Option<RoleName>,
}

impl RoleSettings {
    /// `None` where there are none; what is configured is valid all the same.
    pub(super) fn parse(text: &SettingsText<'_>) -> Result<Option<Self>, SettingsError> {
        let name = at("isolation.role_name", RoleTemplate::new(text.role_name))?;
        let application = match text.application_role {
            "" => None,
            role => Some(at("isolation.application_role", RoleName::new(role))?),
        };
        Ok(text.role_per_tenant.then_some(Self { name, application }))
    }
}
