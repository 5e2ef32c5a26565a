//! Queries that the compiler keeps to the tables that are marked.

mod connection;
mod guard;
mod names;
mod operation;
mod queries;
mod reach;
mod run_query_dsl;
mod sight;
mod touching;

pub(crate) use operation::InFlight;

pub use connection::ScopedConnection;
pub use operation::{Operation, Rows, StreamOperation};
pub use queries::InScope;
pub use reach::{Scope, SharedScope, TenantScope};
pub use run_query_dsl::RunQueryDsl;
pub use touching::{TablesInScope, Touching, TouchingDsl};
