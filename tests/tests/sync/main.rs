//! The pool of connections for synchronous code: the other pool's attacks, over libpq.
//!
//! `MULTITENANT_LONG=1` takes the full sizes; without it each test takes some seconds.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod across;
mod attacks;
mod cap;
#[path = "../pool/capture.rs"]
#[expect(dead_code, reason = "some of it is for the other pool")]
mod capture;
mod connecting;
#[path = "../pool/environment.rs"]
mod environment;
mod fire;
mod health;
mod hooks;
mod jobs;
mod leftovers;
mod messages;
mod place;
#[path = "../pool/random.rs"]
mod random;
mod registry;
mod roles;
mod scope;
#[path = "../pool/shop.rs"]
#[expect(dead_code, reason = "some of it is for the other pool")]
mod shop;
mod told;
mod transactions;
mod types;
