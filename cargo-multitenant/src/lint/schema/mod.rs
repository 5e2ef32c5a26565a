//! Schema code: `table!`, the structs that stand for tables, and the marks of both.
//!
//! Read from the source, without compiling it. What a macro of the project's own makes is not seen.

mod enums;
mod files;
mod item;
mod labels;
mod printed;
mod read;
mod said;
mod structs;
mod syntax;

pub(crate) use enums::RustEnum;
pub(crate) use files::files;
pub(crate) use item::{Allow, Join, Mark, RustColumn, RustFile, RustStruct, RustTable, SqlType};
pub(crate) use printed::{By, Printed};
pub(crate) use read::{is_concerned, read};
pub(crate) use said::{FieldSays, ItemSays, KeySays, Said, TableSays};
