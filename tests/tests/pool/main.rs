//! The pool of connections for all tenants: on a real server, attacks first.
//!
//! `MULTITENANT_LONG=1` takes the full sizes; without it each test takes some seconds.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod across;
mod attacks;
mod behind;
mod cap;
mod capture;
mod closing;
mod connecting;
mod environment;
mod fire;
mod health;
mod hooks;
mod leftovers;
mod messages;
mod metrics;
mod pinned;
mod plans;
mod pooler;
mod random;
mod registry;
mod roles;
mod shop;
mod told;
mod transactions;
mod waiting;
