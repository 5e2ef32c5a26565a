//! A project's schemas as data: what the migrations make and the schema code declares, without a database.
//!
//! `select.rs` takes the tables that are wanted of the project's model. Each format is a pure function of it:
//! `json_schema`, `typescript`, `rust` and `mermaid`. `file.rs` writes what was made.

mod file;
mod identifiers;
mod json_schema;
mod json_types;
mod mermaid;
mod rust;
mod rust_enums;
mod rust_says;
mod rust_structs;
mod rust_types;
mod rust_unsaid;
mod select;
mod typescript;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod json_read;
#[cfg(test)]
mod mermaid_grammar;

pub(crate) use file::{Mark, put};
pub(crate) use json_schema::{FORMAT, json_schema};
pub(crate) use mermaid::mermaid;
pub(crate) use rust::{Around, column_names, printed, rust, structs, tables};
pub(crate) use rust_types::RustTypes;
pub(crate) use select::{Wanted, select};
pub(crate) use typescript::{BigInt, typescript};
