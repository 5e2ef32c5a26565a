//! The tenants and what they hold.

use crate::report::{Entry, TenantListDocument, in_words};
use crate::tui::state::{Cell, Content, Item, Line, Tone};

use super::state_tone;
use super::status::plain;

/// The tenants, those who are archived last.
pub(crate) fn tenants(document: &TenantListDocument<'_>) -> Content {
    Content { items: document.entries().iter().map(item).collect(), note: plain(&document.counts()) }
}

fn item(entry: &Entry<'_>) -> Item {
    let number = |number: Option<u64>| number.map_or_else(|| Cell::new("-").rank(-1), Cell::number);
    let about = match (entry.archived_at, entry.pending) {
        (Some(since), _) => format!("since {since}"),
        (None, 0) => String::new(),
        (None, pending) => format!("{pending} pending"),
    };
    let tone = state_tone(entry.state);
    let said = |number: Option<u64>| number.map_or_else(|| "not known".to_owned(), |number| number.to_string());
    let lines = [
        format!("tenant   {}", entry.tenant),
        format!("schema   {}", entry.schema.unwrap_or("none: the id cannot become a schema's name")),
        format!("state    {} {about}", in_words(entry.state)),
        format!("tables   {}", said(entry.tables)),
        format!("rows     {}, as the server estimates", said(entry.rows_estimate)),
    ];
    Item {
        key: entry.tenant.to_owned(),
        cells: vec![
            Cell::new(entry.tenant),
            Cell::new(entry.schema.unwrap_or("-")),
            number(entry.tables),
            number(entry.rows_estimate),
            Cell::new(in_words(entry.state)).tone(tone),
            Cell::new(about).tone(Tone::Dim),
        ],
        lines: lines.iter().map(|line| Line::one(Tone::Plain, line)).collect(),
    }
}
