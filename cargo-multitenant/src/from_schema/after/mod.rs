//! What the migrations would have to make.
//!
//! `wanted.rs` goes through the code; `types.rs`, `tables.rs`, `columns.rs`, `keys.rs` and `foreign_keys.rs` make what it says, and
//! `removal.rs` takes away what it does not say; `clashes.rs` looks at the names of it all. All of it is pure.

mod clashes;
mod columns;
mod foreign_keys;
mod keys;
mod removal;
mod tables;
mod types;
mod wanted;

pub(crate) use wanted::{Wanted, Wish, wanted};
