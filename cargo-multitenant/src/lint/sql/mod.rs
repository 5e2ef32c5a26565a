//! SQL as rules see it: statements, what they name, and where.
//!
//! `tree.rs` alone names the parser, and nothing of its tree leaves this room. Deliberately absent: any meaning that
//! depends on what exists; that is the catalogue's.

mod names;
mod read;
mod statement;
mod table;
mod tree;

pub(crate) use read::read;
pub(crate) use statement::*;
