//! What a project's schema code says.
//!
//! `code.rs` brings together tables, as `declarations.rs` chooses them, and enums. `rows.rs` finds the structs and `joinable!`s of
//! each table, once; `table.rs` is one table with them, by `columns.rs`, `fields.rs`, `keys.rs` and `foreign_keys.rs`.

mod code;
mod columns;
mod declarations;
mod enums;
mod fields;
mod foreign_keys;
mod keys;
mod rows;
mod table;

pub(super) use code::read;
