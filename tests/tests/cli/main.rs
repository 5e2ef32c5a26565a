//! The command line as a process: what it prints where, its exit codes, what it writes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod architecture;
mod configuration;
#[cfg(unix)]
mod db;
mod doctor;
mod drift;
mod generate;
mod held;
#[cfg(unix)]
mod interrupt;
mod lint;
mod migrate;
mod project;
mod repair;
mod rollback;
mod script;
mod snapshot;
mod status;
mod tenant;
#[cfg(unix)]
mod terminal;
mod usage;
mod verify;
mod waves;
