//! A project's schemas as data: what the migrations make and the schema code declares, without a database.
//!
//! `fill.rs` makes a `model.rs` of the linter's catalogue, and says what is not known for certain; `select.rs` takes the
//! tables that are wanted. Each format is a pure function of the model: `json_schema`, `typescript`, `rust` and `mermaid`.
//! `file.rs` writes what was made. Deliberately absent: what a schema does (functions, triggers, views, policies) and who
//! may do what.

mod doubts;
mod file;
mod fill;
mod identifiers;
mod json_schema;
mod json_types;
mod mermaid;
mod model;
mod rust;
mod rust_enums;
mod rust_structs;
mod rust_types;
mod select;
mod type_refs;
mod typescript;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod json_read;
#[cfg(test)]
mod mermaid_grammar;
#[cfg(test)]
mod testing;

pub(crate) use doubts::doubts;
pub(crate) use file::{Mark, put};
pub(crate) use fill::fill;
pub(crate) use json_schema::json_schema;
pub(crate) use mermaid::mermaid;
pub(crate) use rust::rust;
pub(crate) use rust_types::RustTypes;
pub(crate) use select::{Wanted, select};
pub(crate) use typescript::{BigInt, typescript};
