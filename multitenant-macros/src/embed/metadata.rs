//! `metadata.toml` of a migration.

use super::document::{Document, Section};
use super::place::Place;

/// What `metadata.toml` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) run_in_transaction: bool,
    pub(crate) allow_shared_locks: bool,
}

impl Default for Metadata {
    /// What a migration without the file has.
    fn default() -> Self {
        Self { run_in_transaction: true, allow_shared_locks: false }
    }
}

/// Reads the file, which must say `run_in_transaction`: Diesel takes its absence for `false`, silently.
pub(crate) fn read(file: &Place, problems: &mut Vec<String>) -> Metadata {
    match Document::open(file) {
        Ok(document) => parse(&document, &file.shown, problems),
        Err(problem) => {
            problems.push(problem);
            Metadata::default()
        }
    }
}

fn parse(document: &Document, name: &str, problems: &mut Vec<String>) -> Metadata {
    let top = match document.parse() {
        Ok(top) => top,
        Err(problem) => {
            problems.push(problem);
            return Metadata::default();
        }
    };
    let mut metadata = Metadata::default();
    let before = problems.len();
    let mut section = Section::new(document, "", &top, problems);
    section.only(&["run_in_transaction", "multitenant"]);
    if let Some(flag) = section.flag("run_in_transaction") {
        metadata.run_in_transaction = flag.value;
    }
    if let Some(mut ours) = section.section("multitenant") {
        ours.only(&["allow_shared_locks"]);
        if let Some(flag) = ours.flag("allow_shared_locks") {
            metadata.allow_shared_locks = flag.value;
        }
    }
    // A misspelt key is reported as such; that it is missing as well needs no second message.
    if problems.len() == before && !top.contains_key("run_in_transaction") {
        problems.push(format!(
            "{name} does not say `run_in_transaction`, which Diesel silently reads as `false`: write \
             `run_in_transaction = true` (or `false`), or remove the file"
        ));
    }
    metadata
}
