//! What the linter finds.

use crate::finding::{Finding, Sources, Summary};
use crate::lint::{find_rule, manual};
use crate::output::counted;
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::part;

/// The findings in the order of the files.
pub(crate) fn lint(findings: &[Finding], sources: &Sources, summary: &Summary) -> Content {
    let mut note = format!(
        "{} checked: {}, {}, {}",
        counted(summary.schemas, "schema", "schemas"),
        counted(summary.errors, "error", "errors"),
        counted(summary.warnings, "warning", "warnings"),
        counted(summary.infos, "note", "notes"),
    );
    if summary.baselined > 0 {
        note.push_str(&format!(", {} in the baseline", summary.baselined));
    }
    Content { items: findings.iter().map(|finding| item(finding, sources)).collect(), note }
}

fn item(finding: &Finding, sources: &Sources) -> Item {
    let source = sources.get(finding.place.file);
    let (begin, _) = sources.points(&finding.place);
    let place = format!("{}:{}", source.path, begin.line);
    let level = super::level(finding.level);
    let mut lines = Line::of(level.tone, &finding.message);
    lines.push(Line::one(Tone::Dim, format!("--> {place}:{}", begin.column)));
    let (around, first) = source.lines_around(&finding.place.span);
    for (number, line) in (first..).zip(source.text.get(around).unwrap_or_default().lines()) {
        lines.extend(Line::of(Tone::Plain, &format!("{number:5} | {line}")));
    }
    lines.extend((!finding.label.is_empty()).then(|| Line::one(level.tone, format!("      | {}", finding.label))));
    for (related, label) in &finding.related {
        let (begin, _) = sources.points(related);
        let path = &sources.get(related.file).path;
        lines.push(Line::one(Tone::Dim, format!("--> {path}:{}: {label}", begin.line)));
    }
    lines.extend(finding.help.iter().flat_map(|help| part("What to do", help)));
    if let Some(rule) = find_rule(finding.code) {
        lines.extend(part("About this rule", &manual::entry(rule)));
    }
    Item {
        key: format!("{}:{place}:{}:{}", finding.code, begin.column, finding.object),
        cells: vec![level, Cell::new(finding.code), Cell::new(place), Cell::new(finding.message.replace('\n', " "))],
        lines,
    }
}
