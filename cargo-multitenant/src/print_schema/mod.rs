//! `print-schema`: `table!` of both tiers, as Diesel CLI writes it for one schema.
//!
//! `source` says which database is looked at, `inspect` asks it, `model` makes tables of the answers, by Diesel CLI's
//! rules for names (`names`), types (`types`) and joins (`joins`), as `diesel.toml` has them (`style`). `content` decides
//! what goes into which file, `text` writes it, `rustfmt` has the last word about its form, and `outcome` compares it with
//! what is there, or puts it in its place. `printable` takes tables that no database was asked for.
//!
//! Deliberately absent: views, which Diesel CLI 2.3 leaves out too; partitions, which are made as time goes by and read
//! through their table; and what belongs to an extension.

mod content;
mod inspect;
mod joins;
mod model;
mod names;
mod outcome;
mod printable;
mod rustfmt;
mod source;
mod style;
mod text;
mod types;

pub(crate) use content::{Place, sheets};
pub(crate) use inspect::KeyFact;
pub(crate) use model::{Model, diesel_type};
pub(crate) use names::{ColumnNames, literal, rust_name};
pub(crate) use outcome::{Outcome, SheetOutcome, compare, replace};
pub(crate) use printable::{Printable, PrintableColumn, tables_text};
pub(crate) use rustfmt::formatted;
pub(crate) use source::{Source, look};
pub(crate) use style::Style;
pub(crate) use text::is_defined;
pub(crate) use types::SqlType;
