//! Seeds in Rust: compiled in a package of their own that depends on the project's library, and run by it.
//!
//! The package lies in the target folder of the project and is a workspace of its own, with the project's lock file,
//! `[patch]` and profiles; its program is this command line once more, with the seeds registered. `find.rs` says which
//! seeds there are, `package.rs` what the package is made of, `build.rs` writes and builds it. Deliberately absent:
//! seeds of a package without a library, on which nothing can depend.

mod build;
mod find;
mod package;

use multitenant_runtime::SeedSet;
#[cfg(feature = "functions")]
use std::process::ExitCode;

pub(crate) use build::hand_over;
pub(crate) use find::{RustSeed, in_folder, of_file};

#[cfg(feature = "functions")]
pub use {
    diesel_async::AsyncPgConnection,
    multitenant_runtime::{FunctionResult, SeedSet as Set, Tier},
};

/// What registers the seeds that are compiled in.
pub(crate) type Register = Box<dyn Fn(SeedSet) -> SeedSet>;

/// Does what the command line of this process says, with seeds that are compiled in; what the package of Rust seeds
/// calls.
///
/// An application whose package has no library calls it itself:
///
/// ```no_run
/// use cargo_multitenant::seeds::{AsyncPgConnection, FunctionResult, Tier};
///
/// async fn users(conn: &mut AsyncPgConnection) -> FunctionResult {
///     # let _ = conn;
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     cargo_multitenant::seeds::main(|seeds| seeds.with_function(Tier::Tenant, None, "10_users.rs", users))
/// }
/// ```
#[cfg(feature = "functions")]
#[must_use]
pub fn main(register: impl Fn(SeedSet) -> SeedSet + 'static) -> ExitCode {
    crate::answer(Some(Box::new(register)))
}
