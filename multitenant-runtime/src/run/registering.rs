//! How a new tenant gets into the registry, as SQL.

use std::sync::Arc;

use crate::ident::SchemaName;

use super::seeding::Seeding;

/// The statements that register a new tenant, in its creation's own transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registering {
    /// What registers it; `None` where nothing is to be done.
    pub(crate) insert: Option<String>,
    /// An SQL condition that must hold afterwards: a row that was there already is this tenant's.
    pub(crate) holds: Option<String>,
    /// An SQL condition that no seed may end: the registry has the tenant. For a session as it begins.
    pub(crate) stays: Option<String>,
    /// What makes its role, and the group of all tenants', where they are missing.
    pub(crate) roles: Vec<String>,
    /// What it begins with, once it is registered: as if it were seeded afterwards.
    pub(crate) seeding: Arc<Seeding>,
}

impl Registering {
    /// By one statement of the application's.
    pub(crate) fn by(sql: String) -> Self {
        Self { insert: Some(sql), ..Self::default() }
    }

    /// The same, with seeds.
    pub(crate) fn with_seeds(self, seeding: Seeding) -> Self {
        Self { seeding: Arc::new(seeding), ..self }
    }

    /// The same, with a role of the tenant's own.
    pub(crate) fn with_roles(&self, roles: Vec<String>) -> Self {
        Self { roles, ..self.clone() }
    }
}

/// What takes a tenant out of the registry, in its dropping's own transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unregistering {
    /// What does; `None` where nothing is to be done.
    pub(crate) delete: Option<String>,
    /// The registry as a query of id and schema, where it is one.
    pub(crate) registry: Option<String>,
    /// The schema that the registry gives the tenant, where that is not the one that is dropped.
    pub(crate) schema: Option<SchemaName>,
    /// The query that is to give no row of the tenant's afterwards.
    pub(crate) gone_from: Option<String>,
}
