//! Queries that the compiler keeps to the tables that are marked.

mod connection;
mod guard;
mod names;
mod operation;
pub mod prelude;
mod queries;
mod reach;
mod routed;
mod run_query_dsl;
mod save_changes;
mod sight;
mod touching;
mod transaction;

pub(crate) use operation::InFlight;

pub use connection::ScopedConnection;
pub use operation::{Operation, Rows, StreamOperation};
pub use queries::InScope;
pub use reach::{Scope, SharedScope, TenantScope};
pub use routed::RoutedConn;
pub use run_query_dsl::RunQueryDsl;
pub use save_changes::{SaveChangesDsl, Saved};
pub use touching::{TablesInScope, Touching, TouchingDsl};
pub use transaction::TransactionBody;
