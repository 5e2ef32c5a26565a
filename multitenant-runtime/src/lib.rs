//! Schema-per-tenant multi-tenancy for Diesel on PostgreSQL.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

mod ident;
mod settings;
pub mod table;

#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod __private;

#[cfg(feature = "migrations")]
pub mod migration;

pub use ident::{IdentError, Identifier, MAX_IDENTIFIER_BYTES, SchemaName, SchemaTemplate, TenantId};
#[cfg(feature = "migrations")]
pub use migration::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet};
pub use settings::{
    CONFIG_FORMAT, DurationError, RegistrySettings, RegistryText, SearchPath, Settings, SettingsError, SettingsText,
    parse_duration,
};

pub use table::{SharedTable, TenantTable};

#[cfg(feature = "macros")]
mod macros;
#[cfg(feature = "macros")]
pub use macros::*;
