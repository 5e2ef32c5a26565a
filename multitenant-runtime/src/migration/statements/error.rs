//! Why a script cannot be split, and where.

use std::fmt;

/// Why a script cannot be split, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitError {
    /// What is wrong.
    pub kind: SplitErrorKind,
    /// Where it is, in bytes of the script; what is not terminated is named where it began.
    pub offset: usize,
}

impl SplitError {
    /// The line and the column of the error, both counted from 1, the column in characters.
    ///
    /// ```
    /// use multitenant_runtime::migration::{Mode, split};
    ///
    /// let sql = "SELECT 1;\nSELECT 'é', 'é;\n";
    /// let error = split(sql, Mode::Transactional).unwrap_err();
    /// assert_eq!(error.line_column(sql), (2, 13));
    /// ```
    #[must_use]
    pub fn line_column(&self, sql: &str) -> (usize, usize) {
        line_column(sql, self.offset)
    }
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for SplitError {}

/// What is wrong with a script that cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SplitErrorKind {
    /// A string constant without its closing quote.
    UnterminatedString,
    /// A quoted identifier without its closing quote.
    UnterminatedIdentifier,
    /// A dollar-quoted string without its closing tag.
    UnterminatedDollarQuote,
    /// A block comment without as many `*/` as `/*`.
    UnterminatedComment,
    /// The `BEGIN ATOMIC` body of a function or procedure without its `END`.
    UnterminatedBody,
    /// An opening parenthesis without its closing one.
    UnclosedParenthesis,
    /// A NUL character, which PostgreSQL cannot store or receive.
    Nul,
    /// A backslash outside of quotes: a command of psql.
    PsqlCommand,
    /// `COPY … FROM STDIN`, whose data the server would wait for.
    CopyFromStdin,
    /// Transaction control inside the script.
    TransactionControl {
        /// The command, as `ROLLBACK`.
        command: &'static str,
    },
    /// `BEGIN` … `COMMIT` around a script that must not run in a transaction.
    WrappedNonTransactional,
    /// `BEGIN` … `COMMIT` around the script, with an isolation level or access mode that it would not get.
    TransactionMode,
}

impl SplitErrorKind {
    pub(super) fn at(self, offset: usize) -> SplitError {
        SplitError { kind: self, offset }
    }
}

impl fmt::Display for SplitErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnterminatedString => {
                f.write_str("the string that begins here has no end: close it with `'` (a quote inside is written `''`)")
            }
            Self::UnterminatedIdentifier => {
                f.write_str("the quoted identifier that begins here has no end: close it with `\"`")
            }
            Self::UnterminatedDollarQuote => f.write_str(
                "the dollar-quoted string that begins here has no end: close it with the same tag, in the same case",
            ),
            Self::UnterminatedComment => f.write_str(
                "the comment that begins here has no end: close it with `*/`, once for each `/*` inside it too",
            ),
            Self::UnterminatedBody => f.write_str(
                "the `BEGIN ATOMIC` body that begins here has no end: end its last statement with `;`, then write `END;`",
            ),
            Self::UnclosedParenthesis => {
                f.write_str("the parenthesis that opens here is not closed: add the missing `)`")
            }
            Self::Nul => f.write_str("a NUL character, which PostgreSQL does not accept: save the file as UTF-8"),
            Self::PsqlCommand => f.write_str(
                "a backslash outside of quotes is a command of psql, which the server does not know: remove the line, \
                 or write it in SQL",
            ),
            Self::CopyFromStdin => f.write_str(
                "`COPY … FROM STDIN` reads data that only psql can send from a script: write the rows as `INSERT` \
                 (`pg_dump --inserts` does)",
            ),
            Self::TransactionControl { command } => write!(
                f,
                "`{command}` cannot be used in a migration, whose transactions are managed for it: remove it, or \
                 split the migration there in two",
            ),
            Self::WrappedNonTransactional => f.write_str(
                "this script begins a transaction although its metadata says that it runs outside of one: remove \
                 `run_in_transaction = false`, or remove the `BEGIN` and its `COMMIT`",
            ),
            Self::TransactionMode => f.write_str(
                "migrations run in a transaction that is READ COMMITTED and READ WRITE: remove the transaction mode \
                 from this `BEGIN`",
            ),
        }
    }
}

/// The line and the column of a byte of a script, both counted from 1, the column in characters.
///
/// A byte order mark is no character of the first line: editors do not count it either.
///
/// ```
/// use multitenant_runtime::migration::line_column;
///
/// assert_eq!(line_column("SELECT 1;\nSELECT 'é', 2;", 23), (2, 13));
/// ```
#[must_use]
pub fn line_column(sql: &str, offset: usize) -> (usize, usize) {
    let before = &sql.as_bytes()[..offset.min(sql.len())];
    let before = before.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(before);
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let lines = before.iter().filter(|&&byte| byte == b'\n').count();
    // Every character of UTF-8 has exactly one byte that is not a continuation.
    let characters = before[line_start..].iter().filter(|&&byte| byte & 0xC0 != 0x80);
    (lines + 1, characters.count() + 1)
}
