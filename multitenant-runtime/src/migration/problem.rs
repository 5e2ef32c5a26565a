//! What is wrong with a set of migrations: every problem of it, not only the first.

use std::fmt;

use crate::target::Tier;

/// One thing that is wrong with a migration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file or folder, as configured, with `/`.
    pub path: String,
    /// The line, from 1, where the problem has one.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Problem {
    pub(crate) fn at(path: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: Some(line), column: Some(column), message: message.into() }
    }

    pub(crate) fn in_file(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, column: None, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Problem {}

/// A set of migrations that cannot be used, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetError {
    tier: Tier,
    problems: Vec<Problem>,
}

impl SetError {
    pub(crate) fn new(tier: Tier, problems: Vec<Problem>) -> Self {
        Self { tier, problems }
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} migrations cannot be used", self.tier)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for SetError {}
