//! The trait for an application's own registry.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::ident::{IdentError, SchemaName, TenantId};
use crate::settings::RegistrySettings;

use super::UnusableTenant;

/// One tenant as a registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its schema, where that does not follow from the template.
    pub schema: Option<SchemaName>,
}

impl Tenant {
    /// A tenant whose schema's name follows from the template.
    ///
    /// # Errors
    ///
    /// [`IdentError`] where the id is empty or holds a NUL.
    pub fn new(id: impl AsRef<str>) -> Result<Self, IdentError> {
        Ok(Self { id: TenantId::new(id)?, schema: None })
    }

    /// A tenant as a row of a registry has it.
    pub(crate) fn from_texts(id: Option<&str>, schema: Option<&str>) -> Result<Self, Box<UnusableTenant>> {
        let id = id.ok_or_else(|| Box::new(UnusableTenant::without_id()))?;
        let refused = |error| Box::new(UnusableTenant::not_a_name(id, &error));
        let schema = schema.map(SchemaName::new).transpose().map_err(refused)?;
        Ok(Self { id: TenantId::new(id).map_err(refused)?, schema })
    }

    /// The same tenant, in this schema.
    #[must_use]
    pub fn in_schema(self, schema: SchemaName) -> Self {
        Self { schema: Some(schema), ..self }
    }
}

/// The application's own list of tenants, where neither a table nor a query has it.
///
/// Any function that gives a future does:
///
/// ```
/// use multitenant_runtime::{Registry, Tenant};
///
/// async fn tenants() -> Result<Vec<Tenant>, Box<dyn std::error::Error + Send + Sync>> {
///     // … from another service, or a file
///     Ok(vec![Tenant::new("acme")?, Tenant::new("globex")?])
/// }
///
/// fn takes(_: impl Registry) {}
/// takes(tenants);
/// ```
#[async_trait]
pub trait Registry: Send + Sync {
    /// All tenants, each once; one that is named twice, or has another one's schema, fails, and no other does.
    ///
    /// # Errors
    ///
    /// Whatever keeps the registry from knowing them; the run then ends before anything is done to a tenant.
    async fn tenants(&self) -> Result<Vec<Tenant>, Box<dyn std::error::Error + Send + Sync>>;
}

#[async_trait]
impl<F, Fut> Registry for F
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Vec<Tenant>, Box<dyn std::error::Error + Send + Sync>>> + Send,
{
    async fn tenants(&self) -> Result<Vec<Tenant>, Box<dyn std::error::Error + Send + Sync>> {
        self().await
    }
}

/// Where a migrator's tenants come from.
#[derive(Clone)]
pub(crate) enum RegistrySource {
    Configured(RegistrySettings),
    Custom(Arc<dyn Registry>),
}

impl fmt::Debug for RegistrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured(settings) => settings.fmt(f),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}
