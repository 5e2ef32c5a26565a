//! What a run adds: how far it has come, what is left, what is in which state.

use std::time::Duration;

use ratatui::text::Span;

use crate::report::seconds;
use crate::tui::state::{Board, Tone};

use super::theme::Theme;

/// How long the bar is.
const BAR: usize = 8;

/// The line below the board.
pub(super) fn below(board: &Board, now: Duration, theme: Theme) -> Vec<Span<'static>> {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let elapsed = seconds(millis(board.elapsed(now)));
    let mut spans = if let Some((_, end)) = &board.end {
        let tone = if end.is_complete { Tone::Good } else { Tone::Bad };
        vec![Span::styled(format!(" {} ", end.text), theme.tone(tone))]
    } else {
        let (done, of) = board.progress();
        let filled = (BAR * done).checked_div(of).unwrap_or(BAR);
        let bar = format!(" {}{} {done}/{of} ", "█".repeat(filled), "░".repeat(BAR - filled));
        let left = board.time_left(now).map(|left| format!(", {} left", seconds(millis(left)))).unwrap_or_default();
        vec![
            Span::styled(bar, theme.tone(Tone::Strong)),
            Span::styled(format!("{elapsed}{left} "), theme.tone(Tone::Plain)),
        ]
    };
    // The end has them in its own words.
    if board.end.is_some() {
        return spans;
    }
    for (count, word, tone) in board.counts() {
        spans.push(Span::styled(format!(" {count} {word}"), theme.tone(tone)));
    }
    if let Some(said) = board.said.as_ref().filter(|_| board.is_running()) {
        spans.push(Span::styled(format!("  {said}"), theme.tone(Tone::Dim)));
    }
    spans
}
