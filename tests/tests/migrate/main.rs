//! The migrator on a real server: order, histories, locks, failures, registries, creation, start-up.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod builder;
mod create;
mod failures;
mod histories;
mod names;
mod non_transactional;
mod project;
mod proxy;
mod registry;
mod run;
mod shown;
mod startup;
mod state;
mod unreadable;
mod wall;
