//! What was imported.

use serde::Serialize;

use super::FORMAT;
use crate::import::{LeftOut, diff};
use crate::scaffold::Written;

/// What was imported.
#[derive(Debug, Serialize)]
pub(crate) struct ImportDocument<'a> {
    format: u32,
    dry_run: bool,
    files: Vec<ImportedFile<'a>>,
    /// What the project has already.
    left_out: &'a [LeftOut],
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
struct ImportedFile<'a> {
    path: &'a str,
    action: &'static str,
    /// In a dry run, what would change.
    diff: Option<String>,
}

impl<'a> ImportDocument<'a> {
    pub(crate) fn new(dry_run: bool, files: &'a [Written], left_out: &'a [LeftOut], warnings: &'a [String]) -> Self {
        let files = files.iter().map(|file| ImportedFile {
            path: &file.path,
            action: file.action,
            diff: dry_run.then(|| diff(file)),
        });
        Self { format: FORMAT, dry_run, files: files.collect(), left_out, warnings }
    }

    /// A line for each file; in a dry run its diff.
    pub(crate) fn text(&self) -> String {
        if self.files.is_empty() {
            return "nothing is new\n".to_owned();
        }
        let line = |file: &ImportedFile<'_>| match (&file.diff, file.action) {
            (Some(diff), _) => diff.clone(),
            (None, "created") => format!("{}\n", file.path),
            (None, action) => format!("{} ({action})\n", file.path),
        };
        self.files.iter().map(line).collect()
    }
}
