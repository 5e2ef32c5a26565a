//! What `init` writes, decided before anything is written: pure, from what was chosen and what is there.
//!
//! `choices.rs` is what can be chosen, `existing.rs` what is there, `files.rs` which files follow from both, `manifest.rs`
//! what becomes of a `Cargo.toml`, `compatible.rs` whether the package can have it, `plan.rs` what is done with each file, and `write.rs` does it: all of it, or nothing.
//! Deliberately absent: questions and flags, which are the command's; and any template's text, which lies in `templates/`.

mod choices;
mod compatible;
mod dependencies;
mod existing;
mod files;
mod isolation;
mod manifest;
mod name;
mod place;
mod plan;
mod steps;
mod templates;
mod version;
mod write;

pub(crate) use choices::{Choices, Crates, Database, Feature, Features, Framework, Template};
pub(crate) use existing::{Ground, OldMigrations, Unusable};
pub(crate) use name::PackageName;
pub(crate) use plan::{Action, Plan, Planned, plan};
pub(crate) use write::{Unwritten, write};
