//! Seeds in Rust: compiled in a package of their own that depends on the project's library, and run by it.
//!
//! The package lies in the target folder of the project and is a workspace of its own, with the project's lock file,
//! `[patch]` and profiles; its program is this command line once more, with the seeds registered. `find.rs` says which
//! seeds there are, `package.rs` what the package is made of, `build.rs` writes and builds it. Deliberately absent:
//! seeds of a package without a library, on which nothing can depend.

mod build;
mod find;
#[cfg(feature = "tui")]
mod listed;
mod package;

#[cfg(feature = "functions")]
use std::process::ExitCode;

#[cfg(feature = "functions")]
use multitenant_runtime::SeedSet;

pub(crate) use build::hand_over;
pub(crate) use find::{InFolders, RustSeed};
#[cfg(feature = "tui")]
pub(crate) use listed::{Listed, listed};

#[cfg(feature = "functions")]
pub use {
    diesel_async::AsyncPgConnection,
    multitenant_runtime::{FunctionResult, SyncConnection, Tier, synchronous},
};

/// Does what the command line of this process says, with seeds that are compiled in: what the package of Rust seeds calls.
/// An application has [`Application`](crate::Application).
#[cfg(feature = "functions")]
#[must_use]
pub fn main(register: impl Fn(SeedSet) -> SeedSet + Send + Sync + 'static) -> ExitCode {
    crate::answer(Some(Box::new(register)))
}
