//! What a list shows: rows of cells, and what stands behind each of them.
//!
//! Every text is made harmless where it enters, so that nothing in the state can reach the terminal as anything but
//! characters: a tenant's id and a server's message may hold what a terminal would obey.

use crate::output::{Shown, shown_lines};

/// How a text is meant; the theme says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// To be looked at.
    Warn,
    /// Wrong.
    Bad,
    /// Beside the point.
    Dim,
    /// What the eye is to find.
    Strong,
}

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    pub(crate) tone: Tone,
    /// What it is sorted by, where that is not its text.
    rank: Option<i64>,
}

impl Cell {
    /// A cell with a text that anybody may have written.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: Shown(text.as_ref()).to_string(), tone: Tone::Plain, rank: None }
    }

    /// A number, which is sorted as one.
    pub(crate) fn number(number: impl TryInto<i64> + ToString) -> Self {
        let text = number.to_string();
        Self { text, tone: Tone::Plain, rank: Some(number.try_into().unwrap_or(i64::MAX)) }
    }

    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// What it is sorted by instead of its text.
    pub(crate) fn rank(self, rank: i64) -> Self {
        Self { rank: Some(rank), ..self }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// By which it is sorted: numbers before texts.
    pub(super) fn order(&self) -> (i64, &str) {
        (self.rank.unwrap_or(i64::MAX), &self.text)
    }
}

/// One line of a longer text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    text: String,
    pub(crate) tone: Tone,
}

impl Line {
    /// The lines of a text that anybody may have written.
    pub(crate) fn of(tone: Tone, text: &str) -> Vec<Self> {
        // An editor's tab is a place, not a character.
        let text = text.replace('\t', "    ");
        shown_lines(&text).split('\n').map(|line| Self { text: line.to_owned(), tone }).collect()
    }

    /// One line, without breaks.
    pub(crate) fn one(tone: Tone, text: impl AsRef<str>) -> Self {
        Self { text: Shown(text.as_ref()).to_string(), tone }
    }

    /// A text of the reports, whose colours are taken out; what others wrote in it is harmless already.
    pub(crate) fn of_report(text: &str) -> Vec<Self> {
        Self::of(Tone::Plain, &anstream::adapter::strip_str(text).to_string())
    }

    /// A line that stands between two parts.
    pub(crate) fn empty() -> Self {
        Self { text: String::new(), tone: Tone::Plain }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// One row of a list, with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// By which it is known again when the list is read once more: a tenant's id, a version. Never shown.
    pub(crate) key: String,
    pub(crate) cells: Vec<Cell>,
    /// The details.
    pub(crate) lines: Vec<Line>,
}

impl Item {
    /// Whether a filter lets it through: all of its words stand in the cells, in any case.
    pub(super) fn fits(&self, words: &[String]) -> bool {
        let cells: Vec<String> = self.cells.iter().map(|cell| cell.text.to_lowercase()).collect();
        words.iter().all(|word| cells.iter().any(|cell| cell.contains(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_kept() {
        let evil = "a\u{1b}]0;owned\u{7}b\u{9b}31m\u{202e}";
        let harmless = |text: &str| !text.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(harmless(Cell::new(evil).text()));
        assert!(harmless(Line::one(Tone::Bad, evil).text()));
        assert!(Line::of(Tone::Bad, &format!("{evil}\n\t{evil}\r")).iter().all(|line| harmless(line.text())));
        assert!(Line::of_report(&format!("\u{1b}[31mred\u{1b}[0m {evil}")).iter().all(|line| harmless(line.text())));
        assert_eq!(Line::of(Tone::Plain, "\ta")[0].text(), "    a");
    }
}
