//! The way from one model to another, as migrations.
//!
//! Pure. `compare.rs` lists the changes; `steps.rs` writes each as SQL, up and down, and says when it may be done; `loss.rs`
//! says what a change loses, `sequence.rs` what a column's sequence is called; `folders.rs` puts the steps into migrations, several where one transaction will not do.
//! `obstacles.rs` says what PostgreSQL would refuse, and `types.rs` what a new type leaves as it was.
//! `rename.rs` gives things new names before anything is compared: a rename is said, never guessed. Deliberately absent: what
//! is wanted; that is `from_schema/`.

mod casts;
mod change;
mod columns;
mod compare;
mod folders;
mod hints;
mod loss;
mod obstacles;
mod rename;
mod sequence;
mod steps;
mod tables;
mod types;

#[cfg(test)]
mod tests;

pub(crate) use change::{Act, Change};
pub(crate) use compare::compare;
pub(crate) use folders::folders;
pub(crate) use hints::hints;
pub(crate) use obstacles::obstacles;
pub(crate) use rename::{Rename, candidates, renamed};
pub(crate) use steps::{Step, steps};
