//! Names: each is validated once, where it enters, and quoted in one place.
//!
//! A `String` becomes a [`TenantId`], a [`SchemaName`] or an [`Identifier`] at the edge; inside, a name
//! that PostgreSQL would cut, fold or misread cannot be written. Deliberately absent: any way to splice a
//! string into SQL without [`Identifier::quoted`] or [`literal`].

mod archive_template;
mod error;
mod identifier;
mod literal;
#[cfg(feature = "migrations")]
mod psql;
mod role;
mod role_template;
mod schema;
mod template;
mod tenant;

pub use archive_template::ArchiveTemplate;
pub use error::IdentError;
pub use identifier::Identifier;
pub use literal::literal;
#[cfg(feature = "migrations")]
pub(crate) use literal::within_literal;
#[cfg(feature = "migrations")]
pub(crate) use psql::psql_argument;
pub use role::RoleName;
pub use role_template::RoleTemplate;
pub use schema::SchemaName;
pub use template::SchemaTemplate;
pub use tenant::TenantId;

/// The longest name that PostgreSQL keeps whole, in bytes (`NAMEDATALEN - 1`); it cuts longer ones silently.
pub const MAX_IDENTIFIER_BYTES: usize = 63;
