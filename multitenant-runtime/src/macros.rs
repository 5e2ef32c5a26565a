//! The macros, with their documentation.

#[cfg(feature = "migrations")]
/// x
pub use multitenant_macros::embed_migrations;
/// x
pub use multitenant_macros::{SharedTable, TenantTable};
/// x
pub use multitenant_macros::{shared_tables, tenant_tables};
