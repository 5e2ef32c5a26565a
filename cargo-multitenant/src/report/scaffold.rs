//! What was scaffolded, and which templates there are.

use serde::Serialize;

use super::FORMAT;
use crate::scaffold::Written;

/// What was scaffolded.
#[derive(Debug, Serialize)]
pub(crate) struct ScaffoldDocument<'a> {
    format: u32,
    /// What it is: `schema`, `seed`, `migration` or `templates`.
    kind: &'static str,
    tier: Option<&'static str>,
    /// The template of a migration, asked for or inferred.
    template: Option<&'static str>,
    dry_run: bool,
    files: &'a [Written],
}

impl<'a> ScaffoldDocument<'a> {
    pub(crate) fn new(
        kind: &'static str,
        tier: Option<&'static str>,
        template: Option<&'static str>,
        dry_run: bool,
        files: &'a [Written],
    ) -> Self {
        Self { format: FORMAT, kind, tier, template, dry_run, files }
    }

    /// A line for each file; in a dry run with what would stand in it.
    pub(crate) fn text(&self) -> String {
        let line = |file: &Written| match (self.dry_run, file.action) {
            (true, action) => {
                let lines = file.text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n");
                format!("would be {action}: {}\n{}", file.path, lines.collect::<String>())
            }
            (false, "created") => format!("{}\n", file.path),
            (false, action) => format!("{} ({action})\n", file.path),
        };
        self.files.iter().map(line).collect()
    }
}

/// Which templates there are.
#[derive(Debug, Serialize)]
pub(crate) struct TemplatesDocument {
    format: u32,
    /// Where the project's own lie, if that is configured.
    folder: Option<String>,
    templates: Vec<TemplateEntry>,
}

#[derive(Debug, Serialize)]
struct TemplateEntry {
    name: &'static str,
    /// The project's own, where it has one.
    path: Option<String>,
    /// What it is for, and what it is given, as our own says it.
    description: &'static str,
}

impl TemplatesDocument {
    /// Of each template its name, the project's own if there is one, and our text.
    pub(crate) fn new(
        folder: Option<String>,
        templates: impl Iterator<Item = (&'static str, Option<String>, &'static str)>,
    ) -> Self {
        let templates = templates.map(|(name, path, text)| {
            let comment = text.strip_prefix("{#-").and_then(|rest| rest.split_once("-#}"));
            TemplateEntry { name, path, description: comment.map_or("", |(comment, _)| comment.trim_matches('\n')) }
        });
        Self { format: FORMAT, folder, templates: templates.collect() }
    }

    pub(crate) fn text(&self) -> String {
        let entry = |entry: &TemplateEntry| {
            let own = entry.path.as_ref().map(|path| format!("  (the project's own: {path})")).unwrap_or_default();
            let lines = entry.description.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n");
            format!("{}{own}\n{}\n", entry.name, lines.collect::<String>())
        };
        self.templates.iter().map(entry).collect()
    }
}
