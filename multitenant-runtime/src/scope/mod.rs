//! Queries that are kept to the tables that are marked, by the compiler.
//!
//! A [`TenantConn`](crate::TenantConn) reads and writes its tenant's tables and the shared ones, a
//! [`SharedConn`](crate::SharedConn) the shared ones only. Neither is a connection of Diesel's or diesel-async's:
//! queries run by [`RunQueryDsl`], which has the methods of diesel-async's by the same names, and asks of each query
//! that it is [`InScope`]. A table that is not marked, or not of the scope, is an error of the compiler wherever its
//! types show it: behind `FROM`, in joins and aliases, as the target of a write, and in subqueries.
//!
//! What they do not show is read from the SQL before it is sent, once for each query and connection where its type says
//! all of its SQL, else for one or two microseconds each time, and refused
//! where it names a table that the types have not shown, until the application names it ([`TouchingDsl`]):
//! - subqueries in boxed queries, boxed subqueries, and subqueries of subqueries
//! - subqueries in `SET`, `VALUES`, `RETURNING`, `GROUP BY`, `HAVING` and `DISTINCT ON`
//! - subqueries beside SQL of the application's own (`sql("…")`), and in it; that may name only the tables that the query
//!   itself is about, and a comment, `E'…'` or a second statement in it is refused
//! - `INSERT … SELECT`
//!
//! The compiler asks for that name at once where there are no types at all: unions, boxed updates and deletes, and
//! `sql_query`.
//!
//! It is a wall against mistakes, and knows nothing of what the server does: a function, a view or a trigger may read
//! what it likes, and SQL that hides a table's name from a reader (`format` and `EXECUTE`, comments within a name)
//! hides it from this one too, as does a `QueryFragment` of the application's own that says it is valid on every
//! table.
//!
//! Deliberately absent: Diesel's `Connection`, which would let everything around it; see [`RoutedConn`] for that.
#![doc = include_str!("guide.md")]

mod connection;
mod guard;
mod lexer;
mod loading;
mod names;
mod operation;
pub mod prelude;
mod queries;
mod reach;
mod routed;
mod run_query_dsl;
mod save_changes;
mod seen;
mod sight;
mod touching;
mod transaction;
mod transaction_builder;
mod with;

pub(crate) use names::{Name, named};
pub(crate) use operation::InFlight;
pub(crate) use seen::Seen;
pub(crate) use sight::text;
#[cfg(feature = "sync")]
pub(crate) use transaction::failed;

pub use connection::ScopedConnection;
pub use operation::{Operation, Rows, StreamOperation};
pub use queries::InScope;
pub use reach::{Scope, SharedScope, TenantScope};
pub use routed::RoutedConn;
pub use run_query_dsl::RunQueryDsl;
pub use save_changes::{SaveChangesDsl, Saved};
pub use touching::{TablesInScope, Touching, TouchingDsl};
pub use transaction::TransactionBody;
pub use transaction_builder::TransactionBuilder;
