//! What is there already, and what becomes of it.

use std::fs;
use std::io;
use std::path::Path;

use super::content::Sheet;
use super::{rustfmt, text};
use crate::config::{shown, slashes};
use crate::error::CliError;
use crate::write;

/// What became of the schema code of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It goes to stdout.
    Printed,
    /// The file had it already, and was not touched.
    UpToDate,
    /// It was put into the file.
    Written,
    /// The file has something else.
    Differs,
}

/// The same, with the file.
#[derive(Debug, serde::Serialize)]
pub(crate) struct SheetOutcome {
    /// The file, as it is shown; `None` for stdout.
    pub(crate) file: Option<String>,
    pub(crate) outcome: Outcome,
    /// What differs, where something does.
    pub(crate) diff: Option<String>,
    pub(crate) text: String,
}

impl Sheet {
    /// Gives the text its last form: by rustfmt, and by the patch that `diesel.toml` names.
    pub(crate) fn finish(
        &mut self,
        root: &Path,
        patch_file: Option<&Path>,
        warnings: &mut Vec<String>,
    ) -> Result<(), CliError> {
        // Of several folders that are not there yet, rustfmt asks the one that is.
        let folder = self.path.as_deref().and_then(|path| path.ancestors().skip(1).find(|folder| folder.is_dir()));
        match rustfmt::format(&self.text, folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(root)) {
            Ok(text) => self.text = text,
            Err(error) => warnings
                .push(format!("rustfmt cannot be run ({error}): the schema code has the form that it has by default")),
        }
        let Some(patch_file) = patch_file else { return Ok(()) };
        let failed = |what: &str, error: String| CliError::Files {
            what: format!("the patch file {} {what} ({error})", patch_file.display()),
            help: Some("make it anew with `diff -u`, or take print_schema.patch_file out of diesel.toml"),
            source: None,
        };
        let patch = fs::read_to_string(patch_file).map_err(|error| failed("cannot be read", error.to_string()))?;
        let patch = diffy::Patch::from_str(&patch).map_err(|error| failed("is no patch", error.to_string()))?;
        self.text = diffy::apply(&self.text, &patch).map_err(|error| failed("does not apply", error.to_string()))?;
        Ok(())
    }

    /// What the file holds now; nothing where it is not there.
    fn there(&self, here: &Path) -> Result<Option<(&Path, String)>, CliError> {
        let Some(path) = self.path.as_deref() else { return Ok(None) };
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some((path, String::new()))),
            Err(error) => Err(failed(path, here, "cannot be read", error)),
        }
    }

    fn outcome(self, here: &Path, outcome: Outcome, diff: Option<String>) -> SheetOutcome {
        let file = self.path.as_deref().map(|path| name(path, here));
        SheetOutcome { file, outcome, diff, text: self.text }
    }
}

/// Compares with what is there, and writes nothing.
pub(crate) fn compare(sheets: Vec<Sheet>, here: &Path) -> Result<Vec<SheetOutcome>, CliError> {
    let compare = |sheet: Sheet| match sheet.there(here)? {
        None => Ok(sheet.outcome(here, Outcome::Printed, None)),
        Some((_, text)) if is_same(&text, &sheet.text) => Ok(sheet.outcome(here, Outcome::UpToDate, None)),
        Some((path, text)) => {
            let diff = diff(&text.replace("\r\n", "\n"), &sheet.text, &name(path, here));
            Ok(sheet.outcome(here, Outcome::Differs, Some(diff)))
        }
    };
    sheets.into_iter().map(compare).collect()
}

/// Writes what has changed: no file before all of them can be. A file that nobody has generated is not written over,
/// unless that is meant.
pub(crate) fn replace(sheets: Vec<Sheet>, here: &Path, force: bool) -> Result<Vec<SheetOutcome>, CliError> {
    for sheet in &sheets {
        let Some((path, text)) = sheet.there(here)? else { continue };
        if is_same(&text, &sheet.text) {
            continue;
        }
        write::can_be_written(path).map_err(|error| failed(path, here, "cannot be written", error))?;
        let is_generated = text.trim_start_matches('\u{feff}').starts_with(text::HEAD.trim_end_matches('.'));
        if !text.trim().is_empty() && !is_generated && !force {
            return Err(CliError::Refused(format!(
                "{} was not generated, by its first line, and is left as it is: name another file in [print_schema], move \
                 it away, or agree with `cargo multitenant print-schema --force`",
                name(path, here)
            )));
        }
    }
    let replace = |sheet: Sheet| match sheet.there(here)? {
        None => Ok(sheet.outcome(here, Outcome::Printed, None)),
        Some((_, text)) if is_same(&text, &sheet.text) => Ok(sheet.outcome(here, Outcome::UpToDate, None)),
        Some((path, text)) => {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                fs::create_dir_all(folder).map_err(|error| failed(folder, here, "cannot be made", error))?;
            }
            write::rewrite(path, &text, &sheet.text).map_err(|error| failed(path, here, "cannot be written", error))?;
            Ok(sheet.outcome(here, Outcome::Written, None))
        }
    };
    sheets.into_iter().map(replace).collect()
}

/// Whatever a checkout has made of the ends of lines.
fn is_same(there: &str, text: &str) -> bool {
    there == text || there.replace("\r\n", "\n") == text
}

fn diff(there: &str, text: &str, name: &str) -> String {
    let mut options = diffy::DiffOptions::new();
    options.set_original_filename(name.to_owned()).set_modified_filename(format!("{name} (printed)"));
    options.create_patch(there, text).to_string()
}

fn name(path: &Path, here: &Path) -> String {
    slashes(&shown(path, here))
}

fn failed(path: &Path, here: &Path, what: &str, error: io::Error) -> CliError {
    CliError::Files {
        what: format!("{} {what}", name(path, here)),
        help: Some("name a file in [print_schema] of multitenant.toml that can be"),
        source: Some(error),
    }
}
