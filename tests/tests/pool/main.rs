//! The pool of connections for all tenants: on a real server, attacks first.
//!
//! `MULTITENANT_LONG=1` takes the full sizes; without it each test takes some seconds.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod across;
mod attacks;
mod behind;
mod cap;
mod closing;
mod connecting;
mod environment;
mod fire;
mod health;
mod hooks;
mod leftovers;
mod messages;
mod pinned;
mod plans;
mod pooler;
mod random;
mod registry;
mod roles;
mod shop;
mod transactions;
mod waiting;
