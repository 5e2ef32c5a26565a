//! What became of schema code.

use serde::Serialize;

use super::FORMAT;
use crate::print_schema::{Outcome, SheetOutcome};

/// Schema code, file by file.
#[derive(Debug, Serialize)]
pub(crate) struct SchemaCodeDocument<'a> {
    format: u32,
    files: &'a [SheetOutcome],
    warnings: &'a [String],
}

impl<'a> SchemaCodeDocument<'a> {
    pub(crate) fn new(files: &'a [SheetOutcome], warnings: &'a [String]) -> Self {
        Self { format: FORMAT, files, warnings }
    }

    /// The code itself where it goes to stdout; of files what differs, or that they are there.
    pub(crate) fn text(&self) -> String {
        self.files
            .iter()
            .map(|sheet| {
                let file = crate::output::Shown(sheet.file.as_deref().unwrap_or_default());
                match sheet.outcome {
                    Outcome::Printed => sheet.text.clone(),
                    Outcome::UpToDate => format!("{file} is up to date\n"),
                    Outcome::Written => format!("{file} is written anew\n"),
                    Outcome::Differs => format!(
                        "{}{file} is not what the database has: run `cargo multitenant print-schema`\n",
                        sheet.diff.as_deref().unwrap_or_default()
                    ),
                }
            })
            .collect()
    }
}
