//! In what schemas differ from what the migrations make.

use crate::report::{DriftDocument, DriftFinding, label};
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::part;
use super::status::plain;

/// The differences, schema by schema.
pub(crate) fn drift(document: &DriftDocument<'_>) -> Content {
    let items = document.findings().iter().enumerate().map(|(at, finding)| item(at, finding)).collect();
    Content { items, note: plain(&document.summary_line()) }
}

fn item(at: usize, finding: &DriftFinding<'_>) -> Item {
    let (tone, rank) = if finding.level == "error" { (Tone::Bad, 0) } else { (Tone::Dim, 1) };
    let schema = label(finding.tenant, finding.schema);
    let mut lines = vec![Line::one(Tone::Strong, &schema)];
    lines.extend(Line::of(tone, &finding.message));
    for (title, text) in
        [("expected", finding.expected), ("found", finding.found), ("what to do", finding.help.as_deref())]
    {
        lines.extend(text.map(|text| part(title, text)).unwrap_or_default());
    }
    if let Some(fix) = &finding.fix {
        let title =
            if finding.destructive { "what would mend it, and lose data: decide by hand" } else { "what mends it" };
        lines.extend(part(title, fix));
    }
    Item {
        key: format!("{at}"),
        cells: vec![
            Cell::new(&schema),
            Cell::new(finding.level).tone(tone).rank(rank),
            Cell::new(finding.message.replace('\n', " ")),
        ],
        lines,
    }
}
