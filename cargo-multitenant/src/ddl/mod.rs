//! Parts of a model as SQL: what makes them, and what drops them.
//!
//! Pure. Each function writes one statement, with its `;`, or the part of one that its name says; `all.rs` puts those of a
//! tier in an order that works. Names of the tier that a statement is run in stand without a schema, those of the shared
//! schema in a tenant's statement with it. Deliberately absent: any judgement of what is written. Texts of SQL that a model
//! holds (defaults, conditions, bounds) are written as they are.

mod all;
mod check;
mod column;
mod comment;
mod expression;
mod extension;
mod foreign_key;
mod index;
mod key;
mod name;
mod order;
mod partition;
mod sequence;
mod table;
mod type_text;
mod types;

#[cfg(test)]
mod tests;

pub(crate) use all::{create_all, drop_all};
pub(crate) use type_text::type_text;
#[expect(unused_imports, reason = "what changes tables needs them")]
pub(crate) use {
    check::{add_check, validate_constraint},
    column::{add_column, column_definition, drop_column},
    comment::{comment_on_column, comment_on_sequence, comment_on_table, comment_on_type},
    extension::{create_extension, drop_extension},
    foreign_key::add_foreign_key,
    index::{create_index, drop_index},
    key::{add_primary_key, add_unique, drop_constraint, timed},
    name::{in_tier, listed, literal, name},
    sequence::{create_sequence, drop_sequence},
    table::{create_table, drop_table},
    types::{create_type, drop_type},
};
