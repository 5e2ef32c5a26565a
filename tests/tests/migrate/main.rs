//! The migrator on a real server: order, histories, locks, failures, registries, creation, start-up.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod builder;
mod by_state;
mod copies;
mod create;
mod drop;
mod failures;
mod functions;
mod histories;
mod hooks;
mod names;
mod non_transactional;
#[cfg(unix)]
mod pieces;
mod plain;
mod project;
mod record;
mod registry;
mod relocate;
mod roles;
mod rollback;
mod rollout;
mod run;
mod seeded;
mod seeds;
mod shown;
mod snapshot;
mod startup;
mod state;
mod synchronous;
mod unreadable;
mod wall;
