//! The cargo subcommand of `multitenant-runtime`: migrate a shared schema and every tenant's, and see how
//! they stand.
//!
//! The binary is [`main`] and nothing else, so that an application can ship the same command line as a
//! binary of its own, and tests can drive it. What a script needs to know is in [`exit_code`].
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

mod cli;
mod commands;
mod config;
mod context;
mod development;
mod doctor;
mod error;
pub mod exit_code;
mod finding;
#[cfg(feature = "scaffold")]
mod init;
mod interrupt;
#[cfg(feature = "lint")]
mod lint;
mod output;
mod report;
pub mod seeds;
mod verify;

use std::process::ExitCode;

#[cfg(feature = "lint")]
#[doc(hidden)]
pub use lint::folded_catalog;

/// Does what the command line of this process says.
///
/// Installs a panic hook: a panic anywhere, in a worker too, is a bug and ends in [`exit_code::BUG`].
#[must_use]
pub fn main() -> ExitCode {
    answer(None)
}

/// The same, with seeds that are compiled in.
fn answer(register: Option<seeds::Register>) -> ExitCode {
    let bugs = output::BugReport::install();
    let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cli::run_with(std::env::args_os(), register)))
        .unwrap_or(exit_code::BUG);
    ExitCode::from(if bugs.any() { exit_code::BUG } else { code })
}
