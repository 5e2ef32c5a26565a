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
            lines.extend(self.remedies());
        }
        lines
    }

    /// What stands where a list would: the remedy first, since what a server says may be long.
    pub(crate) fn to_screen(&self) -> Vec<Line> {
        let mut lines = vec![Line::empty(), Line::one(Tone::Bad, &self.title), Line::empty()];
        lines.extend(self.remedies());
        let keys = "r looks again, ↑ ↓ scroll, 1 … 9 0 - lead to the other screens, q leaves";
        lines.extend([Line::one(Tone::Dim, format!("  {keys}")), Line::empty()]);
        lines.extend(self.lines.iter().cloned());
        lines
    }

    fn remedies(&self) -> Vec<Line> {
        let title = (!self.next.is_empty()).then(|| Line::one(Tone::Strong, "What to do next"));
        let next = self.next.iter().map(|next| Line::one(Tone::Plain, format!("  • {next}")));
        title.into_iter().chain(next).collect()
    }
}
