//! A project's schemas as a value: what the migrations make and the schema code declares, without a database.
//!
//! `value.rs` is what a migration could make everything from again, and `questions.rs` what follows from it; `fill.rs` makes
//! it of the linter's catalogue, and `project.rs` of a project's files. `doubts.rs` says what is not known for certain, and
//! `needs.rs` which functions are needed beside it. Deliberately absent: what a schema does (functions, triggers, views,
//! policies) and who may do what.

mod doubts;
mod fill;
mod needs;
mod project;
mod questions;
mod type_refs;
pub(crate) mod value;

#[cfg(test)]
pub(crate) mod testing;

pub(crate) use fill::{fill as of_catalog, sql_type};
pub(crate) use project::ProjectModel;
pub(crate) use questions::word;
pub(crate) use type_refs::type_ref;
pub(crate) use value::{
    Check, Column, Default, Extension, Field, ForeignKey, Generated, Home, Identity, Index, IndexItem, Key, Model,
    NamedCheck, Sequence, Table, Timing, Type, TypeKind, TypeRef,
};
