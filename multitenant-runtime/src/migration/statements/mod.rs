//! The statement splitter: where one statement of a script ends and the next begins.
//!
//! Migrations go to the server statement by statement. The splitter sees tokens as PostgreSQL's own lexer
//! does (with `standard_conforming_strings` on), and it is no parser: a statement that PostgreSQL would
//! refuse is split all the same, and the server says what is wrong with it. It refuses only what must not
//! reach the server at all: transaction control, `COPY … FROM STDIN`, psql's commands, and text whose end
//! cannot be known.
//!
//! Deliberately absent: psql's variables (`:name`), which are syntax errors on the server.

mod error;
mod index_work;
mod keywords;
mod kind;
mod plain;
mod psql;
mod reset;
mod scanner;
mod script;
mod transaction_control;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use error::{SplitError, SplitErrorKind, line_column};
pub(crate) use index_work::{IndexWork, RelationName};
pub use kind::StatementKind;
pub(crate) use plain::Effects;
pub(crate) use psql::without_variables;
pub(crate) use reset::may_reset;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// Where the statement is in the script, in bytes.
    ///
    /// Without its semicolon, and without the white space and comments before and after it.
    pub range: Range<usize>,
    /// What the statement's keywords tell about how it must be run.
    pub kind: StatementKind,
}

/// How a script is run, which decides what transaction control it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In one transaction, which also records the migration.
    Transactional,
    /// Statement by statement, each committed by itself (`run_in_transaction = false`).
    NonTransactional,
}

/// Where the statement says `CONCURRENTLY`, in bytes.
pub(crate) fn concurrently(statement: &str) -> Option<Range<usize>> {
    let mut words = words::Words::new(statement);
    std::iter::from_fn(|| words.next())
        .map(|token| token.range)
        .find(|range| statement.get(range.clone()).is_some_and(|word| word.eq_ignore_ascii_case("concurrently")))
}

/// Splits a script into its statements.
///
/// Offsets are bytes of `sql` as it was given: a byte order mark is skipped but counted, and line ends are
/// left as they are. Empty statements are left out. A `BEGIN` … `COMMIT` around the whole of a transactional
/// script is dropped, since the script gets a transaction anyway.
///
/// ```
/// use multitenant_runtime::migration::{Mode, split};
///
/// let sql = "BEGIN; INSERT INTO notes VALUES ('a;b'); -- the first\nANALYZE notes; COMMIT;";
/// let statements: Vec<&str> = split(sql, Mode::Transactional)?
///     .into_iter()
///     .map(|statement| &sql[statement.range])
///     .collect();
/// assert_eq!(statements, ["INSERT INTO notes VALUES ('a;b')", "ANALYZE notes"]);
/// # Ok::<(), multitenant_runtime::migration::SplitError>(())
/// ```
///
/// # Errors
///
/// What the script may not hold, and where: see [`SplitErrorKind`].
pub fn split(sql: &str, mode: Mode) -> Result<Vec<Statement>, SplitError> {
    let mut statements = script::statements(sql)?;
    transaction_control::settle(sql, &mut statements, mode)?;
    Ok(statements)
}
