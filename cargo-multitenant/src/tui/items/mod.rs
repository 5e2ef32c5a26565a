//! From what the library answers to the rows of a screen: pure, and one file for each kind of answer.

mod doctor;
mod drift;
mod failure;
mod happening;
mod health;
#[cfg(feature = "lint")]
mod lint;
mod migrations;
mod seeds;
mod status;
mod tenants;

pub(super) use doctor::doctor;
pub(super) use drift::drift;
pub(super) use happening::{happening, reported_targets};
pub(super) use health::health;
#[cfg(feature = "lint")]
pub(super) use lint::lint;
pub(super) use migrations::{Texts, migrations};
pub(super) use seeds::seeds;
pub(super) use status::{shared_status, tenant_status};
pub(super) use tenants::tenants;

#[cfg(feature = "lint")]
use crate::finding::Level;

#[cfg(feature = "lint")]
use super::state::Cell;
use super::state::{Line, Tone};

/// A level as a cell: what is worst stands first.
#[cfg(feature = "lint")]
fn level(level: Level) -> Cell {
    let (rank, tone) = match level {
        Level::Error => (0, Tone::Bad),
        Level::Warning => (1, Tone::Warn),
        Level::Info | Level::Off => (2, Tone::Dim),
    };
    Cell::new(level.noun()).tone(tone).rank(rank)
}

/// How the state of a schema is meant.
fn state_tone(state: &str) -> Tone {
    match state {
        "up-to-date" => Tone::Good,
        "behind" | "ahead" => Tone::Warn,
        "archived" => Tone::Dim,
        _ => Tone::Bad,
    }
}

/// A part of the details: its title, and its text below.
fn part(title: &str, text: &str) -> Vec<Line> {
    let mut lines = vec![Line::empty(), Line::one(Tone::Strong, title)];
    lines.extend(Line::of(Tone::Plain, text.trim_end()));
    lines
}
