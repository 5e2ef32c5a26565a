//! Diesel's prelude with our methods to run queries: in place of `use diesel::prelude::*`.
//!
//! ```
//! use multitenant_runtime::sync::TenantConn;
//! use multitenant_runtime::sync::prelude::*;
//!
//! diesel::table! { users (id) { id -> Integer, name -> Text, } }
//! # #[cfg(feature = "macros")] {
//! multitenant_runtime::tenant_tables! { users }
//!
//! fn names(conn: &mut TenantConn) -> QueryResult<Vec<String>> {
//!     users::table.select(users::name).order(users::id).load(conn)
//! }
//! # }
//! ```
#[doc(no_inline)]
pub use diesel::prelude::*;

pub use super::connection::ScopedConnection;
pub use super::run_query_dsl::RunQueryDsl;
pub use super::save_changes::SaveChangesDsl;
pub use crate::scope::TouchingDsl;
