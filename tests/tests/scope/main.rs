//! Queries that are kept to the marked tables, on a real server: each working form over two tenants, what is refused
//! before it is sent, transactions, and what is noted of futures that are dropped.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod associations;
mod database;
mod forms;
mod in_flight;
mod joins;
mod routed;
mod schema;
mod sight;
mod transactions;
mod writes;
