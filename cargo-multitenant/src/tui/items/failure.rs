//! A failure, with everything that helps to mend it.

use multitenant_runtime::{Failure, Tier};

use crate::report::{FailureView, Names};
use crate::tui::message::FailureText;
use crate::tui::state::{Line, Tone};

/// The lines of a failure: what happened, where, and what to do.
pub(super) fn lines(failure: &FailureView<'_>) -> Vec<Line> {
    let mut lines = Line::of(Tone::Bad, &failure.headline());
    lines.extend(failure.lines().iter().flat_map(|line| Line::of_report(line)));
    lines
}

/// A failure for the run board, with what the server said meanwhile.
pub(super) fn text(failure: &Failure, tier: Tier, names: &Names) -> FailureText {
    let view = FailureView::from(failure);
    let mut lines = lines(&view);
    if !failure.notices.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::one(Tone::Strong, "what the server said meanwhile"));
        let notices = failure.notices.iter().map(|notice| format!("{}: {}", notice.severity, notice.message));
        lines.extend(notices.flat_map(|notice| Line::of(Tone::Plain, &notice)));
    }
    FailureText { brief: Line::one(Tone::Bad, view.brief(tier, names)).text().to_owned(), lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_does_not_reach_the_terminal_as_more_than_text() {
        let evil = "relation \"x\u{1b}[2J\u{1b}]52;c;aGk=\u{7}\" does not exist\r\nsecond \u{9b}31m line";
        let failure = FailureView {
            message: evil,
            detail: Some(evil),
            hint: Some(evil),
            file: Some("a\u{1b}[31m.sql"),
            line: Some(3),
            ..FailureView::EMPTY
        };
        let lines = lines(&failure);
        assert!(lines.len() > 5, "{lines:?}");
        assert!(lines.iter().all(|line| !line.text().chars().any(char::is_control)), "{lines:?}");
        assert!(lines.iter().any(|line| line.text().contains(r"\u{1b}[2J")), "{lines:?}");
    }
}
