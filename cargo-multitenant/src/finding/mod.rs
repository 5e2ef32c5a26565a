//! What is wrong with a project: findings, and the forms in which they are shown.
//!
//! A finding is a value. Who makes it (the linter now) knows no output, and `render/` knows no rule.

mod fingerprint;
mod level;
mod place;
pub(crate) mod render;
mod summary;

pub(crate) use fingerprint::fingerprint;
pub(crate) use level::Level;
pub(crate) use place::{FileId, Place, Sources};
pub(crate) use summary::Summary;

/// One thing that is wrong.
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
#[derive(Debug, Clone)]
pub(crate) struct Fix {
    pub(crate) edits: Vec<Edit>,
    /// Whether a machine may do it: the meaning stays, or becomes the one that was meant.
    pub(crate) is_certain: bool,
}

/// A text to put in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// A rule or check as renderers present it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    pub(crate) name: &'static str,
    /// Its documentation, in Markdown.
    pub(crate) docs: &'static str,
    pub(crate) level: Level,
}
