//! What a run adds: how far it has come, what is left, what is in which state.

use std::time::Duration;

use ratatui::text::Span;

use crate::report::seconds;
use crate::tui::state::{Board, Tone};

use super::theme::Theme;

/// How long the bar is.
const BAR: usize = 12;

/// The line below the board.
pub(super) fn below(board: &Board, now: Duration, theme: Theme) -> Vec<Span<'static>> {
    let (done, of) = board.progress();
    let filled = (BAR * done).checked_div(of).unwrap_or(BAR);
    let bar = format!(" {}{} {done}/{of} ", "█".repeat(filled), "░".repeat(BAR - filled));
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let time = match (board.is_running(), board.time_left(now)) {
        (true, Some(left)) => format!("about {} left ", seconds(millis(left))),
        (true, None) => format!("{} ", seconds(millis(board.elapsed(now)))),
        (false, _) => format!("took {} ", seconds(millis(board.elapsed(now)))),
    };
    let mut spans = vec![Span::styled(bar, theme.tone(Tone::Strong)), Span::styled(time, theme.tone(Tone::Plain))];
    for (count, word, tone) in board.counts() {
        spans.push(Span::styled(format!(" {count} {word}"), theme.tone(tone)));
    }
    if let Some((_, end)) = &board.end {
        let tone = if end.is_complete { Tone::Good } else { Tone::Bad };
        spans.push(Span::styled(format!("  {}", end.text), theme.tone(tone)));
    } else if let Some(said) = &board.said {
        spans.push(Span::styled(format!("  {said}"), theme.tone(Tone::Dim)));
    }
    spans
}
