//! For people: each finding drawn at its place.

use annotate_snippets::{AnnotationKind, Group, Level as Title, Renderer, Snippet};

use crate::finding::{Finding, Level, Place, Sources, Summary};
use crate::output::{BAD, GOOD, WARN, paint, shown_lines};

use super::Findings;

/// The findings as text, with colours.
pub(crate) fn text(findings: &Findings<'_>) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for finding in findings.findings {
        text.push_str(&draw(finding, findings.sources, &renderer));
        text.push_str("\n\n");
    }
    text.push_str(&last_line(&findings.summary));
    text
}

fn draw(finding: &Finding, sources: &Sources, renderer: &Renderer) -> String {
    let level = match finding.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Info | Level::Off => Title::INFO,
    };
    let message = shown_lines(&finding.message);
    let label = shown_lines(&finding.label);
    let related: Vec<String> = finding.related.iter().map(|(_, label)| shown_lines(label)).collect();
    let mut group = Group::with_title(level.primary_title(&message).id(finding.code));
    group = group.element(snippet(&finding.place, AnnotationKind::Primary, &label, sources));
    for ((place, _), label) in finding.related.iter().zip(&related) {
        group = group.element(snippet(place, AnnotationKind::Context, label, sources));
    }
    let help = finding.help.as_deref().map(shown_lines);
    if let Some(help) = &help {
        group = group.element(Title::HELP.message(help));
    }
    renderer.render(&[group])
}

/// Only the lines that are shown, since a whole file would be read again for every finding.
fn snippet<'a>(
    place: &Place,
    kind: AnnotationKind,
    label: &'a str,
    sources: &'a Sources,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let source = sources.get(place.file);
    let (lines, first) = source.lines_around(&place.span);
    let shown = source.text.get(lines.clone()).unwrap_or_default();
    let at = |offset: usize| offset.saturating_sub(lines.start).min(shown.len());
    let annotation = kind.span(at(place.span.start)..at(place.span.end)).label(label);
    Snippet::source(shown).path(source.path.as_str()).line_start(first).annotation(annotation)
}

fn last_line(summary: &Summary) -> String {
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut parts = Vec::new();
    if summary.warnings > 0 {
        parts.push(paint(WARN, counted(summary.warnings, "warning")));
    }
    if summary.errors > 0 {
        parts.push(paint(BAD, counted(summary.errors, "error")));
    }
    if summary.infos > 0 {
        parts.push(counted(summary.infos, "note"));
    }
    if parts.is_empty() {
        parts.push(paint(GOOD, "nothing found"));
    }
    if summary.fixed > 0 {
        parts.push(format!("{} mended", summary.fixed));
    }
    if summary.baselined > 0 {
        parts.push(format!("{} in the baseline", summary.baselined));
    }
    format!("{} checked: {}\n", counted(summary.schemas, "schema"), parts.join(", "))
}
