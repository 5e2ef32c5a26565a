//! Why there is nothing to see, and what to do next.

use super::item::{Line, Tone};

/// Why something could not be done, with the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What it is, in a few words.
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
    /// What to do next, each a sentence.
    pub(crate) next: Vec<String>,
}

impl Trouble {
    pub(crate) fn new(title: impl Into<String>, text: &str) -> Self {
        Self { title: title.into(), lines: Line::of(Tone::Plain, text), next: Vec::new() }
    }

    pub(crate) fn next(mut self, what: impl Into<String>) -> Self {
        self.next.push(what.into());
        self
    }

    /// All of it as lines.
    pub(crate) fn to_lines(&self) -> Vec<Line> {
        let mut lines = self.lines.clone();
        if !self.next.is_empty() {
            lines.push(Line::empty());
            lines.push(Line::one(Tone::Strong, "What to do next"));
            lines.extend(self.next.iter().map(|next| Line::one(Tone::Plain, format!("  • {next}"))));
        }
        lines
    }
}
