//! What is wrong: findings, and the forms in which they are shown.
//!
//! A finding is a value. Who makes it (the linter, the doctor, `drift`) knows no output, and `render/` knows no rule. What
//! the linter finds is at a place of a file; what is wrong with a set-up or a database is a [`Complaint`].

pub(crate) mod codes;
mod complaint;
#[cfg(feature = "lint")]
mod fingerprint;
mod level;
#[cfg(feature = "lint")]
mod place;
#[cfg(feature = "lint")]
pub(crate) mod render;
#[cfg(feature = "lint")]
mod summary;

pub(crate) use complaint::{Complaint, ComplaintItem, FilePoint};
pub(crate) use level::Level;
#[cfg(feature = "lint")]
pub(crate) use {
    fingerprint::fingerprint,
    place::{FileId, Place, Sources},
    summary::Summary,
};

/// One thing that is wrong in a file.
#[cfg(feature = "lint")]
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The rule or check, by the name that a configuration calls it.
    pub(crate) code: &'static str,
    pub(crate) level: Level,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// A few words at the place itself; may be empty.
    pub(crate) label: String,
    pub(crate) place: Place,
    /// The statement or item around it, by which the finding is known again when lines have moved.
    pub(crate) around: Place,
    /// Other places that matter, each with a few words.
    pub(crate) related: Vec<(Place, String)>,
    /// What to do.
    pub(crate) help: Option<String>,
    pub(crate) fix: Option<Fix>,
    /// What it is about: a table, a column, a version.
    pub(crate) object: String,
}

/// How a finding is mended.
#[cfg(feature = "lint")]
#[derive(Debug, Clone)]
pub(crate) struct Fix {
    pub(crate) edits: Vec<Edit>,
    /// Whether a machine may do it: the meaning stays, or becomes the one that was meant.
    pub(crate) is_certain: bool,
}

/// A text to put in place of another.
#[cfg(feature = "lint")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// A rule as renderers present it.
#[cfg(feature = "lint")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    pub(crate) name: &'static str,
    /// Its documentation, in Markdown.
    pub(crate) docs: &'static str,
    pub(crate) level: Level,
}
