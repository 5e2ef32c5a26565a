//! The SQL of one migration, split once, with the way back from an offset to a line.

use std::ops::Range;
use std::sync::Arc;

use super::{Mode, SplitErrorKind, Statement, StatementKind, concurrently, line_column, split};
use super::{Problem, SplitError};

/// The SQL of one file, split into statements.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    path: Arc<str>,
    sql: Arc<str>,
    statements: Vec<Statement>,
}

/// What becomes of a `BEGIN` and its `COMMIT` around the whole of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapped {
    Dropped,
    Refused,
}

/// A place in a script: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Script {
    pub(crate) fn parse(path: &str, sql: &str, mode: Mode) -> Result<Self, Problem> {
        let statements = split(sql, mode).map_err(|error: SplitError| {
            let (line, column) = line_column(sql, error.offset);
            Problem::at(path, line, column, error.to_string())
        })?;
        if statements.is_empty() {
            return Err(Problem::in_file(path, "holds no statement: write one, or remove the migration's folder"));
        }
        Ok(Self { path: path.into(), sql: sql.into(), statements })
    }

    /// A text that is no migration's, which an error calls so: `seed`.
    ///
    /// A `BEGIN` … `COMMIT` around the whole of it is dropped, or refused.
    pub(crate) fn named(path: &str, sql: &str, noun: &str, wrapped: Wrapped) -> Result<Self, Problem> {
        let mode = match wrapped {
            Wrapped::Dropped => Mode::Transactional,
            Wrapped::Refused => Mode::NonTransactional,
        };
        let statements = split(sql, mode).map_err(|error| {
            let (line, column) = line_column(sql, error.offset);
            Problem::at(path, line, column, in_words(error.kind, noun))
        })?;
        if statements.is_empty() {
            return Err(Problem::in_file(path, "holds no statement: write one"));
        }
        Ok(Self { path: path.into(), sql: sql.into(), statements })
    }

    /// What stands for the SQL of a migration that has none.
    #[cfg(feature = "functions")]
    pub(crate) fn nothing(name: &str) -> Self {
        Self { path: name.into(), sql: "".into(), statements: Vec::new() }
    }

    /// The same for empty tables within a transaction: blanks in place of `CONCURRENTLY`, so that every place stays.
    pub(crate) fn at_once(&self) -> Self {
        let mut sql = self.sql.to_string();
        let mut statements = self.statements.clone();
        for statement in &mut statements {
            if statement.kind != StatementKind::Concurrently {
                continue;
            }
            if let Some(word) = concurrently(&self.sql[statement.range.clone()]) {
                let (start, end) = (statement.range.start + word.start, statement.range.start + word.end);
                sql.replace_range(start..end, &" ".repeat(end - start));
                statement.kind = StatementKind::Other;
            }
        }
        Self { path: self.path.clone(), sql: sql.into(), statements }
    }

    /// The file, as configured; of a migration without SQL its name.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The statements with what their keywords tell.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (&str, StatementKind)> {
        self.statements.iter().map(|statement| (&self.sql[statement.range.clone()], statement.kind))
    }

    /// Where an error is: the server's position, in characters from 1, or the statement's beginning.
    pub(crate) fn place(&self, statement: usize, position: Option<u32>) -> Place {
        let range: Range<usize> = self.statements.get(statement).map_or(0..0, |s| s.range.clone());
        let offset = match position {
            Some(position) if position > 0 => self.sql[range.clone()]
                .char_indices()
                .nth(position as usize - 1)
                .map_or(range.end, |(byte, _)| range.start + byte),
            _ => range.start,
        };
        let (line, column) = line_column(&self.sql, offset);
        Place { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }
}

/// What the splitter says, of what is no migration.
fn in_words(kind: SplitErrorKind, noun: &str) -> String {
    match kind {
        SplitErrorKind::TransactionControl { command } => {
            format!("`{command}` cannot be used in a {noun}, whose transaction is managed for it: remove it")
        }
        SplitErrorKind::WrappedNonTransactional => {
            format!(
                "`BEGIN` cannot be used in a {noun}, whose transaction is managed for it: remove it, and its `COMMIT`"
            )
        }
        SplitErrorKind::TransactionMode => {
            format!(
                "a {noun} runs in a transaction that is READ COMMITTED: remove the transaction mode from this `BEGIN`"
            )
        }
        other => other.to_string(),
    }
}
