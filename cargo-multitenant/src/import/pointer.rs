//! Where something is in a document, and what is wrong there.

use crate::error::CliError;
use crate::output::Shown;

/// A JSON pointer (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pointer(String);

impl Pointer {
    /// The pointer to a part of it.
    pub(super) fn at<K: Into<Key>>(&self, key: K) -> Self {
        let Key(key) = key.into();
        Self(format!("{}/{}", self.0, key.replace('~', "~0").replace('/', "~1")))
    }

    /// That of a table or a type.
    pub(super) fn of(tier: &str, name: &str) -> Self {
        Self::default().at("$defs").at(tier).at("$defs").at(name)
    }
}

/// A key of an object, or the index of an item.
pub(super) struct Key(String);

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl From<&String> for Key {
    fn from(key: &String) -> Self {
        Self(key.clone())
    }
}

impl From<usize> for Key {
    fn from(index: usize) -> Self {
        Self(index.to_string())
    }
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) pointer: String,
    pub(crate) message: String,
}

impl Problem {
    pub(super) fn new(pointer: &Pointer, message: impl Into<String>) -> Self {
        Self { pointer: pointer.0.clone(), message: message.into() }
    }
}

/// How many problems are told; the rest is counted.
const MOST: usize = 20;

/// What a document with problems ends in.
pub(crate) fn refused(file: &str, problems: &[Problem]) -> CliError {
    let mut what = format!("{} cannot be imported, and nothing was written", Shown(file));
    for problem in problems.iter().take(MOST) {
        let at = if problem.pointer.is_empty() { String::new() } else { format!("{}: ", problem.pointer) };
        // What the document says is shown on one line, whatever stands in it.
        what += &format!("\n  {}", Shown(&format!("{at}{}", problem.message)));
    }
    if problems.len() > MOST {
        what += &format!("\n  and {} more", problems.len() - MOST);
    }
    CliError::Files { what, help: None, source: None }
}
