//! Which tenants there are: a table, a query, the existing schemas, a list, or the application's own function.

mod discover;
mod error;
mod source;
mod unusable;

pub(crate) use discover::{Discovery, Fleet, discover, list, registry_query, targets};
#[cfg(feature = "pool")]
pub(crate) use discover::{Registered, of_schemas, schemas_query};
pub use error::RegistryError;
pub(crate) use source::RegistrySource;
pub use source::{Registry, Tenant};
pub use unusable::UnusableTenant;

/// How the comment on a schema begins whose tenant is still being created, or whose creation was interrupted; such a
/// schema is never served, and the next creation of the tenant removes it. After it stands whose creation it is.
pub const UNDER_CONSTRUCTION: &str = "multitenant: this tenant is being created";

/// How the comment on a schema begins whose tenant is being dropped, and was taken out of the registry already; after it
/// stands whose it was.
pub(crate) const UNDER_DEMOLITION: &str = "multitenant: this tenant is being dropped";

/// An SQL condition: the schema of this `pg_namespace` row is still being created, by whomever, or dropped.
pub(crate) fn is_under_construction(oid: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_description mark WHERE mark.objoid = {oid} \
         AND mark.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND mark.objsubid = 0 \
         AND (pg_catalog.starts_with(mark.description, {}) OR pg_catalog.starts_with(mark.description, {})))",
        crate::ident::literal(UNDER_CONSTRUCTION),
        crate::ident::literal(UNDER_DEMOLITION),
    )
}
