//! Boilerplate from templates: migrations, schema code and seeds, as a project would have them.
//!
//! `name.rs` and `column.rs` read what was asked for, `infer.rs` guesses the template from a name, `known.rs` and
//! `package.rs` say what the project has, `layout.rs` where schema code goes. `migration.rs`, `schema_code.rs` and
//! `seed.rs` make texts by `template.rs`, and `batch.rs` writes them, all or nothing, by what
//! `journal/` has written down before. Deliberately absent: any file that
//! is overwritten, and any name that would need quotes in SQL or in Rust.

mod batch;
mod column;
mod editor;
mod files;
mod infer;
mod journal;
mod keywords;
mod known;
mod layout;
mod migration;
mod name;
mod package;
mod rust_file;
mod schema_code;
mod seed;
mod template;
mod turn;
mod types;
mod words;
mod writing;

pub(crate) use batch::{Batch, Change, NewMigration, Written};
pub(crate) use column::{Column, Reference};
pub(crate) use editor::Editor;
pub(crate) use files::Files;
pub(crate) use infer::{Guess, Kind, guess};
pub(crate) use journal::{Bounds, recover, unfinished};
pub(crate) use keywords::is_diesel_s;
pub(crate) use known::Known;
pub(crate) use layout::{Layout, is_inside, module};
pub(crate) use migration::{Draft, TableOptions};
pub(crate) use name::{Subject, check, environment};
pub(crate) use package::{MOST_COLUMNS, Package};
pub(crate) use rust_file::RustFile;
pub(crate) use schema_code::{SchemaCode, own_columns};
pub(crate) use seed::SeedDraft;
pub(crate) use template::{NAMES, Templates, blank_environment, text_of};
pub(crate) use turn::Turn;
pub(crate) use types::{ColumnType, Rust as RustOf, of_internal};
pub(crate) use words::singular;
