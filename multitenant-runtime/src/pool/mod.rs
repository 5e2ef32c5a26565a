//! One pool of connections for all tenants.
//!
//! A connection serves whoever needs it next, under one cap for all, and serves a tenant only after that tenant was set
//! on it. What is asked at a checkout is answered, in this order: is the id one, is the tenant fenced, is it registered
//! and as this binary wants it (`directory/`), is a connection free (`store.rs`), is the tenant set on it and its schema
//! there (`entrance.rs`). What comes back is judged by what the wire has shown (`connection/traffic.rs`), by Diesel's
//! transactions, and by whether the user has had the connection itself in hand; in doubt it is closed.
//!
//! Behind a pooler in transaction mode (`pooling.rs`) nothing is set at a checkout: each unit of work is a transaction
//! that sets the tenant itself (`unit.rs`).
//!
//! Where each tenant has a role (`isolation/`), entering takes it on in the message that sets the path, and whatever the
//! pool asks for itself is asked without; a role that cannot be taken on, or had better not be, serves nobody.
//!
//! The pool is our own and none of deadpool's, for four things that deadpool's `managed` does not have: which of the
//! idle connections is taken (it takes the first), a cap per tenant beside the common one, closing one tenant's idle
//! connection to make room for another's under the cap, and a place under the cap that is not free before the server's
//! process is gone.
//!
//! Deliberately absent: `DISCARD ALL`, which would deallocate the statements that the client still has in its cache;
//! resetting what is in doubt; any lock that is held over an await.

mod acquire;
mod builder;
mod checkout;
mod conn;
mod connect;
pub(crate) mod directory;
mod entrance;
mod error;
mod fences;
mod hooks;
mod job;
mod journal;
mod keyed;
mod operations;
mod pooled;
mod pooling;
mod status;
mod store;
mod tenant_pool;
mod unit;

pub(crate) use builder::Options;
pub use builder::{OnBehind, TenantPoolBuilder};
pub(crate) use checkout::Checkout;
pub use conn::{SharedConn, TenantConn};
pub(crate) use directory::Roster;
pub use error::PoolError;
pub use hooks::PoolHooks;
pub use job::TenantJob;
#[cfg(feature = "sync")]
pub(crate) use journal::{Begun, Journal, Listener, Whose};
pub(crate) use pooled::Pooled;
pub use pooling::Pooling;
pub use status::PoolStatus;
pub use tenant_pool::TenantPool;
pub(crate) use unit::{Row, Rows};
#[cfg(feature = "sync")]
pub(crate) use {
    builder::Parts,
    connect::may_pass,
    directory::Directory,
    entrance::{Entrance, as_role, leaving},
    fences::Fences,
    keyed::{Keyed, Place},
    pooled::{Owner, Served},
    store::{Choice, Idle, Slot, Store},
};
