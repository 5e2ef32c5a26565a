//! A list of tenants that cannot be had.

use std::fmt;

use crate::ident::{IdentError, TenantId};
use crate::run::Failure;

/// A list of tenants that cannot be had, or not be added to. A single tenant that cannot be used is an
/// [`UnusableTenant`](crate::UnusableTenant) of the run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RegistryError {
    /// The table does not exist, and is not about to be made by the first shared migrations.
    NoTable {
        /// The table with its schema, as configured.
        table: String,
    },
    /// The query for the tenants failed.
    Query(Box<Failure>),
    /// The application's own registry failed.
    Custom(Box<dyn std::error::Error + Send + Sync>),
    /// A new tenant's id, or its schema's name, cannot be used.
    Tenant {
        /// The id, or the schema's name.
        tenant: String,
        /// Why it cannot be used.
        error: IdentError,
    },
    /// A new tenant's schema is not the template's, and the registry has no column for it.
    NoSchemaColumn {
        /// The tenant.
        tenant: TenantId,
        /// The schema that it should have.
        schema: String,
    },
    /// A tenant cannot be taken out of the registry, since that is nothing that rows can be deleted from.
    NotDeletable {
        /// What it is.
        source: &'static str,
    },
    /// A tenant cannot be given another id, since the registry is nothing whose rows can be changed.
    NotChangeable {
        /// What it is.
        source: &'static str,
    },
    /// A tenant cannot be archived, since the registry has no place to say so.
    NotArchivable {
        /// Why not, and what to do.
        why: String,
    },
    /// A new tenant cannot be registered, since the registry is nothing that rows can be put into.
    ReadOnly {
        /// What it is.
        source: &'static str,
    },
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable { table } => write!(
                f,
                "the registry's table {table} does not exist: create it in a shared migration and migrate the shared \
                 schema first, or name another one in [tenants]"
            ),
            Self::Query(failure) => write!(f, "the tenants cannot be read: {failure}: check [tenants]"),
            Self::Custom(error) => write!(f, "the application's registry failed: {error}"),
            Self::Tenant { tenant, error } => write!(f, "the tenant {tenant:?} cannot be used: {error}"),
            Self::NoSchemaColumn { tenant, schema } => write!(
                f,
                "the tenant {:?} cannot have the schema {schema:?}, since the registry would not tell it: configure \
                 tenants.schema_column, or leave the schema to isolation.schema_name",
                tenant.as_str()
            ),
            Self::NotDeletable { source } => write!(
                f,
                "the tenant cannot be taken out of the registry, since that is {source}: pass the statement that does it \
                 (OldTenant::unregistered_by), or take it out yourself (OldTenant::left_registered)"
            ),
            Self::NotChangeable { source } => write!(
                f,
                "the tenant cannot be given another id, since the registry is {source}: change the id there and rename \
                 the schema (ALTER SCHEMA … RENAME TO …) while nothing migrates or serves the tenant"
            ),
            Self::NotArchivable { why } => write!(f, "the tenant cannot be archived: {why}"),
            Self::ReadOnly { source } => write!(
                f,
                "a new tenant cannot be registered, since the registry is {source}: pass the statement that does it \
                 (NewTenant::registered_by), or register it yourself (NewTenant::unregistered)"
            ),
        }
    }
}

impl std::error::Error for RegistryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their text is in this one's.
            Self::Tenant { error, .. } => error.source(),
            Self::Custom(error) => error.source(),
            _ => None,
        }
    }
}
