//! Complaints as text: numbered, each with what to do; and their count.

use std::fmt::Write as _;

use crate::finding::{Complaint, Level};
use crate::output::{BAD, DIM, GOOD, WARN, counted, paint, shown_lines};

/// Each with its number, its level, its place, and what to do.
pub(super) fn numbered(complaints: &[&Complaint]) -> String {
    (1..).zip(complaints).map(|(number, complaint)| one(number, complaint)).collect()
}

/// How many there are of each level.
pub(super) fn summed_up(complaints: &[&Complaint]) -> String {
    let of = |level| complaints.iter().filter(|complaint| complaint.level == level).count();
    let levels = [
        (Level::Error, Some(BAD), "error", "errors"),
        (Level::Warning, Some(WARN), "warning", "warnings"),
        (Level::Info, None, "note", "notes"),
    ];
    let parts: Vec<String> = levels
        .into_iter()
        .filter(|(level, ..)| of(*level) > 0)
        .map(|(level, style, one, many)| {
            let count = counted(of(level), one, many);
            style.map_or_else(|| count.clone(), |style| paint(style, &count))
        })
        .collect();
    if parts.is_empty() { format!("{}\n", paint(GOOD, "nothing found")) } else { parts.join(", ") + "\n" }
}

fn one(number: usize, complaint: &Complaint) -> String {
    let level = match complaint.level {
        Level::Error => paint(BAD, "error"),
        Level::Warning => paint(WARN, "warning"),
        Level::Info | Level::Off => paint(DIM, "note"),
    };
    let indented = |text: &str| shown_lines(text).replace('\n', "\n     ");
    let at = complaint.file.as_ref().map(|at| format!("{}:{}:{}: ", shown_lines(&at.file), at.line, at.column));
    let message = format!("{}{}", at.unwrap_or_default(), indented(&complaint.message));
    let mut text = format!("{number:3}. {level}[{}]: {message}\n", complaint.code);
    if let Some(help) = &complaint.help {
        let _ = writeln!(text, "     {}", indented(help));
    }
    text
}
