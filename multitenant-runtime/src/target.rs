//! What a run works on: the shared schema, or one tenant's.

use std::fmt;

use crate::ident::{SchemaName, TenantId};

/// The two sets of tables, and of migrations. There will be no third: a match on it need not expect one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The schema that all tenants share.
    Shared,
    /// Each tenant's own schema.
    Tenant,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared => "shared",
            Self::Tenant => "tenant",
        })
    }
}

/// What a run works on: the shared schema, or one tenant's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Target {
    tenant: Option<TenantId>,
    schema: SchemaName,
}

impl Target {
    pub(crate) fn shared(schema: SchemaName) -> Self {
        Self { tenant: None, schema }
    }

    pub(crate) fn tenant_in(tenant: TenantId, schema: SchemaName) -> Self {
        Self { tenant: Some(tenant), schema }
    }

    /// Which tier it is.
    #[must_use]
    pub fn tier(&self) -> Tier {
        if self.tenant.is_none() { Tier::Shared } else { Tier::Tenant }
    }

    /// The tenant, or `None` for the shared schema.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// The schema that holds its tables.
    #[must_use]
    pub fn schema(&self) -> &SchemaName {
        &self.schema
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.schema.fmt(f)
    }
}
