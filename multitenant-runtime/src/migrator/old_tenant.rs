//! A tenant that is to be dropped.

use crate::ident::TenantId;

/// A tenant that is to be dropped, and how it goes from the registry.
///
/// ```
/// use multitenant_runtime::{OldTenant, TenantId};
///
/// let id = TenantId::new("acme")?;
/// // Where the registry is a query over another table.
/// let tenant = OldTenant::new(&id).unregistered_by("DELETE FROM customers WHERE slug = 'acme'");
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct OldTenant {
    pub(crate) id: TenantId,
    pub(crate) removal: Removal,
}

/// How a tenant goes from the registry.
#[derive(Debug, Clone)]
pub(crate) enum Removal {
    /// With its row in the configured table.
    Row,
    /// By this statement.
    Statement(String),
    /// The application sees to it.
    None,
}

impl OldTenant {
    /// The tenant with this id, whose row in the registry's table goes too.
    pub fn new(id: &TenantId) -> Self {
        Self { id: id.clone(), removal: Removal::Row }
    }

    /// The statement that takes the tenant out of the registry, where that is no table: it runs in the same transaction,
    /// with the shared schema as `search_path`. It is sent as it is: quote what is inserted into it.
    pub fn unregistered_by(self, sql: impl Into<String>) -> Self {
        Self { removal: Removal::Statement(sql.into()), ..self }
    }

    /// Stays in the registry, or goes from it by the application's own doing: a row that is archived, for instance.
    pub fn left_registered(self) -> Self {
        Self { removal: Removal::None, ..self }
    }
}

impl From<&TenantId> for OldTenant {
    fn from(id: &TenantId) -> Self {
        Self::new(id)
    }
}

impl From<TenantId> for OldTenant {
    fn from(id: TenantId) -> Self {
        Self::new(&id)
    }
}
