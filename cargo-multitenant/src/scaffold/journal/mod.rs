//! What a command is about to write, written down before it, so that whoever comes after a kill has all of it or none.
//!
//! `record.rs` is what stands in it, `store.rs` where it lies, `bounds.rs` which places it may name. `state.rs` says how far
//! each of them is; `forward.rs` does what is left, `back.rs` takes back what is done, and `recovery.rs` decides which.
//! Deliberately absent: a file that is overwritten though somebody has changed it, and a step that depends on who does it.

mod back;
mod bounds;
mod forward;
mod record;
mod recovery;
mod state;
mod store;

pub(super) use back::back;
pub(crate) use bounds::Bounds;
pub(super) use bounds::Outside;
pub(super) use forward::{Stop, forward};
pub(super) use record::{File, Journal, Migration, Print};
#[cfg(test)]
pub(super) use recovery::recover_with;
pub(crate) use recovery::{recover, unfinished};
pub(super) use state::{State, state};
pub(super) use store::Store;
