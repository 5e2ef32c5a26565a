//! Queries over many tenants: one after the other on a few connections, or hundreds of tenants in one statement.
//!
//! Both begin with one look at the registry ([`TenantPool::across`](crate::TenantPool::across)), and give what each
//! tenant answers beside its id, an error of one tenant being no one else's. [`Across::run`] lends a connection of each
//! tenant to the application's own code. [`Across::union`] has the server read all of them at once, where the query is
//! a reading one: there the names of the tables are those of each tenant's schema, and nothing is left to a path.
//!
//! Deliberately absent: a transaction over several tenants, and writing by `UNION ALL`.

mod across;
mod error;
mod layout;
mod union;

pub use across::Across;
#[cfg(feature = "sync")]
pub(crate) use across::{AT_ONCE, refused};
pub use error::AcrossError;
