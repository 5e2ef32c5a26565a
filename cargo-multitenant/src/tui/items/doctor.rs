//! What the doctor says.

use crate::doctor::{Checked, Examined, Outcome, entry};
use crate::finding::{Complaint, Level};
use crate::output::counted;
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::part;

/// The checks in their order, with what they have found.
pub(crate) fn doctor(examined: &Examined) -> Content {
    let of = |level| examined.complaints().filter(|complaint| complaint.level == level).count();
    let (errors, warnings, notes) = (of(Level::Error), of(Level::Warning), of(Level::Info));
    let note = format!(
        "{}: {}, {}, {}",
        counted(examined.checks.len(), "check", "checks"),
        counted(errors, "error", "errors"),
        counted(warnings, "warning", "warnings"),
        counted(notes, "note", "notes"),
    );
    Content { items: examined.checks.iter().map(item).collect(), note }
}

fn item(checked: &Checked) -> Item {
    let check = checked.check;
    let (word, tone, rank, detail) = match &checked.outcome {
        Outcome::Good(detail) => ("good", Tone::Good, 3, detail),
        Outcome::NotRun(why) => ("not run", Tone::Dim, 2, why),
        Outcome::Bad(detail, complaints) => match complaints.iter().map(|complaint| complaint.level).max() {
            Some(Level::Error) => ("error", Tone::Bad, 0, detail),
            Some(Level::Warning) => ("warning", Tone::Warn, 1, detail),
            _ => ("note", Tone::Plain, 2, detail),
        },
    };
    let mut lines = vec![Line::one(Tone::Strong, check.title)];
    lines.extend(Line::of(tone, detail));
    if let Outcome::Bad(_, complaints) = &checked.outcome {
        lines.extend(complaints.iter().flat_map(complaint));
    }
    lines.extend(part("About this check", &entry(check)));
    Item {
        key: check.name.to_owned(),
        cells: vec![Cell::new(word).tone(tone).rank(rank), Cell::new(check.title), Cell::new(detail)],
        lines,
    }
}

fn complaint(complaint: &Complaint) -> Vec<Line> {
    let tone = if complaint.level == Level::Error { Tone::Bad } else { Tone::Warn };
    let mut lines = vec![Line::empty()];
    lines.extend(Line::of(tone, &complaint.message));
    if let Some(at) = &complaint.file {
        lines.push(Line::one(Tone::Dim, format!("--> {}:{}:{}", at.file, at.line, at.column)));
    }
    lines.extend(complaint.help.iter().flat_map(|help| Line::of(Tone::Plain, &format!("what to do: {help}"))));
    lines
}
