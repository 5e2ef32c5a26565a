//! Seeds: rows to begin with, for the shared schema and for every tenant's.
//!
//! A seed is an SQL file or, with the feature `functions`, a Rust function. All seeds of a target are one transaction, in
//! the frame of a migration: the target's lock, its `search_path`, the wall around the shared schema. Nothing of a
//! target is half seeded. They are run each time, or once: then what was done is recorded beside the history.
//!
//! `set.rs` is what there is, `folder.rs` and `embedded.rs` where it comes from, `record.rs` the table of what was done,
//! `plant.rs` and `functions.rs` how one target is seeded, `run.rs` the whole; `creation.rs` what a new tenant begins with.
//! Deliberately absent: order by version, and a way back.

mod creation;
mod embedded;
mod error;
mod folder;
#[cfg(feature = "functions")]
mod functions;
mod options;
mod plant;
mod record;
mod run;
mod set;

pub(crate) use creation::seeding;
pub use embedded::{EmbeddedSeed, EmbeddedSeeds};
pub use error::SeedError;
pub use options::SeedOptions;
pub use record::TABLE;
pub use set::SeedSet;
