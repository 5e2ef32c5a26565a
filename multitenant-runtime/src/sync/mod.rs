//! The pool for synchronous code, over Diesel's own `PgConnection`.
//!
//! It is [`TenantPool`](crate::TenantPool) once more, with the same rules: begin with `migrator.pool()` and end with
//! [`build_sync`](crate::TenantPoolBuilder::build_sync). What connections there are and who may have one (`store.rs`), a
//! cap per tenant (`keyed.rs`), and what is asked of the registry and made of its answers (`directory/`) is the other
//! pool's own code; only what talks to the server is written twice.
//!
//! The pool is our own and none of r2d2's, since a `ManageConnection` is asked for a connection and not for whom: it can
//! neither hand out the one that served the tenant last, nor keep a cap per tenant, nor close one tenant's to make room.
//!
//! # What is different
//!
//! - Diesel keeps the server's error codes to itself. So where the assertion fails that a schema is there, it is asked once
//!   more, as a question with an answer; why there is no connection is found out by a second attempt of our own, and what else fails is known by
//!   Diesel's kind of error only.
//! - A connection that has been idle for a while is asked whether it lives, in the message that sets the tenant.
//! - Types in tenants' schemas need no `pin_connections`: what Diesel has learnt of types is forgotten at a switch.
//! - A place under the cap is free when libpq has said goodbye, which the server may hear a moment later.
//! - `checkout_timeout` is not the limit of a statement that the server does not answer: that is the URL's
//!   `tcp_user_timeout`, and `statement_timeout`.

mod acquire;
mod across;
mod ask;
mod builder;
mod checkout;
mod conn;
mod connect;
mod connection;
mod entrance;
mod hooks;
mod job;
mod pooled;
pub mod prelude;
mod run_query_dsl;
mod save_changes;
mod tenant_pool;
mod transaction;
mod wait;
mod wire;

pub use across::Across;
pub use conn::{SharedConn, TenantConn};
pub use connection::ScopedConnection;
pub use hooks::PoolHooks;
pub use run_query_dsl::RunQueryDsl;
pub use save_changes::SaveChangesDsl;
pub use tenant_pool::TenantPool;
