//! Migrations: what a migration's script is made of.

mod statements;

pub use statements::{
    Mode, SplitError, SplitErrorKind, Statement, StatementKind, line_column, split,
};
