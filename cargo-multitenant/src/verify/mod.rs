//! `verify`: do all migrations run, does every way back lead back, and is every tenant like the others; tried on a
//! database that is made for it and dropped afterwards.
//!
//! `scratch.rs` is where it is tried, `rehearsal.rs` runs the migrations of a tier up, down and up again and compares what
//! they leave, `labels.rs` knows what no way back can undo, `schema_code.rs` compares the result with `table!`, and `run.rs` brings them together.
//!
//! Deliberately absent: any look at the configured database's own contents.

mod labels;
mod rehearsal;
mod run;
#[cfg(feature = "lint")]
mod schema_code;
mod scratch;

pub(crate) use rehearsal::Rehearsed;
pub(crate) use run::{Verified, verify};
pub(crate) use scratch::Where;
#[cfg(feature = "scaffold")]
pub(crate) use scratch::{Scratch, Tenants};
