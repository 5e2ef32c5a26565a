//! What the output of our macros names. No part of the public interface: it changes without notice, and
//! `multitenant-macros` is pinned to the same version for that reason.

pub use crate::table::{InTier, Marked, Shared, Tenant};

#[cfg(feature = "migrations")]
pub use crate::migration::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet};
#[cfg(feature = "migrations")]
pub use crate::settings::{
    SettingsText,
    constant::{Rule, check, registry_list, registry_query, registry_schemas, registry_table},
};

/// That a struct with `#[multitenant(same_table)]` tells the truth.
pub const fn assert_tier<Table: InTier<Tier>, Tier: crate::table::Tier>() {}
