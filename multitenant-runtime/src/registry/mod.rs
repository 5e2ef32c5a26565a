//! Which tenants there are: a table, a query, the existing schemas, a list, or the application's own function.

mod discover;
mod error;
mod source;
mod unusable;

pub(crate) use discover::{Discovery, Fleet, discover, list, registry_query, targets};
pub use error::RegistryError;
pub(crate) use source::RegistrySource;
pub use source::{Registry, Tenant};
pub use unusable::UnusableTenant;

/// The comment on a schema whose tenant is still being created; such a schema is never served.
pub(crate) const UNDER_CONSTRUCTION: &str = "multitenant: this tenant is being created";
