//! What `init` writes, or has written.

use std::fmt::Write as _;

use serde::Serialize;

use crate::config::slashes;
use crate::init::{Action, Choices, Feature, Framework, Plan, Template};
use crate::output::{DIM, GOOD, Shown, WARN, counted, paint};

use super::FORMAT;

/// The document of `init`.
#[derive(Debug, Serialize)]
pub(crate) struct InitDocument {
    format: u32,
    root: String,
    dry_run: bool,
    name: String,
    template: Template,
    framework: Framework,
    features: Vec<Feature>,
    database: &'static str,
    files: Vec<FileView>,
    notes: Vec<String>,
    steps: Vec<String>,
    next: Vec<String>,
    summary: Summary,
}

#[derive(Debug, Serialize)]
struct FileView {
    path: String,
    action: Action,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Summary {
    created: usize,
    changed: usize,
    overwritten: usize,
    kept: usize,
}

impl InitDocument {
    pub(crate) fn new(plan: &Plan, choices: &Choices, dry_run: bool) -> Self {
        let view = |file: &crate::init::Planned| FileView {
            path: file.path.clone(),
            action: file.action,
            reason: file.reason.clone(),
        };
        Self {
            format: FORMAT,
            root: slashes(&plan.root),
            dry_run,
            name: choices.name.to_string(),
            template: choices.template,
            framework: choices.framework,
            features: choices.features.iter().copied().collect(),
            database: choices.database.word(),
            files: plan.files.iter().map(view).collect(),
            notes: plan.notes.clone(),
            steps: plan.steps.clone(),
            next: plan.next.clone(),
            summary: Summary {
                created: plan.count(&[Action::Create]),
                changed: plan.count(&[Action::Change]),
                overwritten: plan.count(&[Action::Overwrite]),
                kept: plan.count(&[Action::Keep]),
            },
        }
    }

    /// What is done with which file, then what is to be done next.
    pub(crate) fn text(&self) -> String {
        let mut text = self.files_text();
        let list = |text: &mut String, title: &str, lines: &[String]| {
            if !lines.is_empty() {
                let _ = writeln!(text, "{title}");
                for line in lines {
                    let _ = writeln!(text, "  {}", Shown(line));
                }
            }
        };
        list(&mut text, "Left to do by hand", &self.steps);
        if !self.dry_run {
            list(&mut text, "Next", &self.next);
        }
        text
    }

    /// What is done with which file.
    pub(crate) fn files_text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            let (style, word) = match (file.action, self.dry_run) {
                (Action::Create, true) => (GOOD, "create"),
                (Action::Create, false) => (GOOD, "created"),
                (Action::Change, true) => (WARN, "change"),
                (Action::Change, false) => (WARN, "changed"),
                (Action::Overwrite, true) => (WARN, "overwrite"),
                (Action::Overwrite, false) => (WARN, "overwritten"),
                (Action::Keep, true) => (DIM, "keep"),
                (Action::Keep, false) => (DIM, "kept"),
            };
            let reason = file.reason.as_ref().map(|reason| format!("  ({})", Shown(reason))).unwrap_or_default();
            let _ = writeln!(text, " {}  {}{reason}", paint(style, format!("{word:<11}")), Shown(&file.path));
        }
        let Summary { created, changed, overwritten, kept } = self.summary;
        let counts: Vec<String> =
            [(created, "new"), (changed, "changed"), (overwritten, "overwritten"), (kept, "kept")]
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("{count} {word}"))
                .collect();
        let end = if created + changed + overwritten == 0 {
            "; there is nothing to do"
        } else if self.dry_run {
            "; nothing was written"
        } else {
            ""
        };
        let files = counted(self.files.len(), "file", "files");
        let _ = writeln!(text, " {files} in {}: {}{end}", Shown(&self.root), counts.join(", "));
        for note in &self.notes {
            let _ = writeln!(text, " {} {}", paint(DIM, "note:"), Shown(note));
        }
        text
    }
}
