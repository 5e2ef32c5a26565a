//! What the schema code says, and what the migrations would have to make of it.
//!
//! `code.rs` is what `table!`, structs and enums say of both tiers; `read/` takes it from a project, with `types.rs` for
//! types. `after/` is pure: of what the migrations make, and what the code says, it makes the model that is wanted. What the
//! code does not say stays as it is. Deliberately absent: how to get there; that is `diff/`.

mod after;
mod code;
mod matching;
mod names;
mod project;
mod read;
#[cfg(test)]
mod tests;
mod texts;
mod types;

pub(crate) use after::{Wanted, Wish, wanted};
pub(crate) use code::{Code, CodeTable};
pub(crate) use project::FromSchema;
