//! What the output of our macros names. No part of the public interface: it changes without notice, and
//! `multitenant-macros` is pinned to the same version for that reason.

pub use crate::table::{Marked, Shared, Tenant};

#[cfg(feature = "migrations")]
pub use crate::migration::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet};
#[cfg(feature = "migrations")]
pub use crate::seed::{EmbeddedSeed, EmbeddedSeeds};
#[cfg(feature = "migrations")]
pub use crate::settings::{
    SettingsText,
    constant::{Rule, check, registry_list, registry_query, registry_schemas, registry_table},
};

/// Stops the compiler where a struct with `#[derive(TenantTable)]` and `#[multitenant(same_table)]` is of a
/// shared table.
///
/// # Panics
///
/// Where that is so; in a constant, that is a compile error.
#[track_caller]
pub const fn assert_tenant<Table: Marked>() {
    assert!(
        crate::table::is_tenant::<Table>(),
        "the table is marked as shared: derive `SharedTable` for this struct too, or correct the mark"
    );
}

/// Stops the compiler where a struct with `#[derive(SharedTable)]` and `#[multitenant(same_table)]` is of a
/// tenant table.
///
/// # Panics
///
/// Where that is so; in a constant, that is a compile error.
#[track_caller]
pub const fn assert_shared<Table: Marked>() {
    assert!(
        !crate::table::is_tenant::<Table>(),
        "the table is marked as the tenants': derive `TenantTable` for this struct too, or correct the mark"
    );
}
