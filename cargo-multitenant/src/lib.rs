//! The cargo subcommand of `multitenant-runtime`: migrate a shared schema and every tenant's, and see how
//! they stand.
//!
//! The binary is one call of this library, and so are the same commands inside of an application, on the migrations that
//! it embeds: [`Application`]. What a script needs to know is in [`exit_code`].
//!
//! An application takes this crate with `default-features = false`: then there is neither the linter nor a parser of SQL,
//! neither templates nor cargo, and nothing reads a project's files.
//!
//! # Configuration
//!
//! Every key that there is, with the value that it has if nobody sets it:
//!
//! ```toml
#![doc = include_str!("config/default.toml")]
//! ```
//!
//! # What is absent
//!
//! Deliberately absent: any rule about migrations or tenants. Those are the runtime's, which applications
//! embed, so that the two cannot disagree.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

mod application;
#[cfg(feature = "project")]
mod cli;
mod commands;
mod config;
mod context;
#[cfg(feature = "scaffold")]
mod ddl;
mod development;
#[cfg(feature = "scaffold")]
mod diff;
#[cfg(feature = "project")]
mod doctor;
mod error;
pub mod exit_code;
#[cfg(feature = "scaffold")]
mod export;
#[cfg(feature = "project")]
mod finding;
#[cfg(feature = "scaffold")]
mod from_schema;
#[cfg(feature = "scaffold")]
mod import;
#[cfg(feature = "scaffold")]
mod init;
mod interrupt;
#[cfg(feature = "project")]
mod json_schema;
#[cfg(feature = "lint")]
mod lint;
#[cfg(feature = "scaffold")]
mod model;
#[cfg(feature = "project")]
mod new_migration;
mod output;
#[cfg(feature = "scaffold")]
mod print_schema;
mod report;
#[cfg(feature = "scaffold")]
mod scaffold;
#[cfg(feature = "project")]
#[doc(hidden)]
pub mod seeds;
mod source;
#[cfg(feature = "tui")]
mod tui;
#[cfg(feature = "project")]
mod verify;
#[cfg(any(feature = "lint", feature = "scaffold"))]
mod write;

#[cfg(feature = "project")]
use std::process::ExitCode;

pub use application::Application;

#[cfg(feature = "lint")]
#[doc(hidden)]
pub use lint::folded_catalog;

/// Does what the command line of this process says.
///
/// Installs a panic hook: a panic anywhere, in a worker too, is a bug and ends in [`exit_code::BUG`].
#[cfg(feature = "project")]
#[must_use]
pub fn main() -> ExitCode {
    answer(None)
}

/// The same, with seeds that are compiled in.
#[cfg(feature = "project")]
fn answer(register: Option<source::Register>) -> ExitCode {
    let bugs = output::BugReport::install();
    let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cli::run_with(std::env::args_os(), register)))
        .unwrap_or(exit_code::BUG);
    ExitCode::from(if bugs.any() { exit_code::BUG } else { code })
}
