//! SQL as rules see it: statements, what they name, and where.
//!
//! `tree.rs` alone names the parser, and `nesting.rs` what divides its text into tokens, and nothing of its tree leaves this room. Deliberately absent: any meaning that
//! depends on what exists; that is the catalogue's.

#[cfg(feature = "scaffold")]
mod calls;
mod changes;
mod comment;
mod constraints;
mod definition;
mod dynamic;
#[cfg(feature = "scaffold")]
mod expression;
#[cfg(feature = "scaffold")]
mod fragment;
mod index;
mod names;
mod nesting;
mod object;
mod read;
mod renamed;
mod roles;
pub(crate) mod servers_types;
mod statement;
mod table;
mod tree;
mod types;
#[cfg(feature = "scaffold")]
mod unkept;
pub(crate) mod words;

#[cfg(feature = "scaffold")]
pub(crate) use calls::called;
pub(crate) use definition::*;
#[cfg(feature = "scaffold")]
pub(crate) use expression::{column_of_expression, is_limited_expression, normal};
#[cfg(feature = "scaffold")]
pub(crate) use fragment::{fragment, is_index_item, type_of_text};
pub(crate) use object::*;
pub(crate) use read::read;
pub(crate) use renamed::{Label, has_name, relabelled, renamed};
pub(crate) use statement::*;
#[cfg(feature = "scaffold")]
pub(crate) use unkept::unkept;
