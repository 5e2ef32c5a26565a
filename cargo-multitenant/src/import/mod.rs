//! An exported document, made into migrations and schema code of another project.
//!
//! What comes in was written by anybody. `read.rs` makes a model of the document; `check.rs` refuses names (`names.rs`), links
//! between the parts (`links.rs`) and texts of SQL (`texts.rs`) that are not what they say, each by its JSON pointer.
//! `parts.rs` holds the model against the project, `code.rs` and `plan.rs` make files of what is new, `faithful.rs` folds the
//! migrations again and compares. All but the reading of the project is pure. Deliberately absent: changes to tables that are
//! there.

mod check;
mod code;
mod diff;
mod faithful;
mod links;
mod names;
mod parts;
mod plan;
mod pointer;
mod read;
mod texts;

#[cfg(test)]
mod attacks;

pub(crate) use check::check;
pub(crate) use code::CodeGround;
pub(crate) use diff::diff;
pub(crate) use faithful::faithful;
pub(crate) use parts::{LeftOut, Parts, chosen, parts};
pub(crate) use plan::plan;
pub(crate) use pointer::refused;
pub(crate) use read::read;
