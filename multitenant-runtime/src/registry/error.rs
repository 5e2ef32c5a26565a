//! A list of tenants that cannot be had, or not be used.

use std::fmt;

use crate::ident::{IdentError, TenantId};
use crate::run::Failure;

/// A list of tenants that cannot be had, or not be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum RegistryError {
    /// The table does not exist, though all shared migrations are applied.
    NoTable {
        /// The table with its schema, as configured.
        table: String,
    },
    /// The query for the tenants failed.
    Query(Box<Failure>),
    /// The application's own registry failed.
    Custom(Box<dyn std::error::Error + Send + Sync>),
    /// A row has no id.
    NullId,
    /// A tenant's id, or its schema's name, cannot be used.
    Tenant {
        /// The id, or the schema's name, as the registry has it.
        tenant: String,
        /// Why it cannot be used.
        error: IdentError,
    },
    /// The registry has one id twice.
    Duplicate {
        /// The id.
        tenant: TenantId,
    },
    /// Two tenants would share a schema, and read each other's rows.
    SameSchema {
        /// One of them.
        first: TenantId,
        /// The other.
        second: TenantId,
        /// The schema.
        schema: String,
    },
    /// A new tenant's schema is not the template's, and the registry has no column for it.
    NoSchemaColumn {
        /// The tenant.
        tenant: TenantId,
        /// The schema that it should have.
        schema: String,
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
                "the registry's table {table} does not exist, though all shared migrations are applied: create it \
                 in a shared migration, or name another one in [tenants]"
            ),
            Self::Query(failure) => write!(f, "the tenants cannot be read: {failure}: check [tenants]"),
            Self::Custom(error) => write!(f, "the application's registry failed: {error}"),
            Self::NullId => {
                f.write_str("the registry has a row without an id: give it one, or leave it out by tenants.filter")
            }
            Self::Tenant { tenant, error } => {
                write!(f, "the tenant {tenant:?} of the registry cannot be used: {error}")
            }
            Self::Duplicate { tenant } => {
                write!(f, "the registry has the tenant {:?} twice: make its ids unique", tenant.as_str())
            }
            Self::SameSchema { first, second, schema } => write!(
                f,
                "the tenants {:?} and {:?} would share the schema {schema:?}: give one of them another id or schema",
                first.as_str(),
                second.as_str()
            ),
            Self::NoSchemaColumn { tenant, schema } => write!(
                f,
                "the tenant {:?} cannot have the schema {schema:?}, since the registry would not tell it: configure \
                 tenants.schema_column, or leave the schema to isolation.schema_name",
                tenant.as_str()
            ),
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
            Self::Tenant { error, .. } => Some(error),
            Self::Custom(error) => Some(&**error),
            _ => None,
        }
    }
}
