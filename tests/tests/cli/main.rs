//! The command line as a process: what it prints where, its exit codes, what it writes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod architecture;
mod completions;
mod configuration;
#[cfg(unix)]
mod db;
mod doctor;
mod documents;
mod drift;
mod exit_codes;
mod export;
mod from_schema;
mod from_schema_real;
mod generate;
#[cfg(unix)]
mod guide;
mod held;
mod import;
mod init;
#[cfg(unix)]
mod interrupt;
mod lint;
mod migrate;
mod print_schema;
mod project;
mod repair;
mod rollback;
mod rust_seed;
mod scaffold;
mod script;
mod seed;
#[cfg(unix)]
mod shell;
mod snapshot;
mod sql;
mod status;
#[cfg(unix)]
mod strangers_day;
mod tenant;
#[cfg(unix)]
mod terminal;
#[cfg(target_os = "linux")]
mod ui;
mod usage;
mod verify;
mod waves;
