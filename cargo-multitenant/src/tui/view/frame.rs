//! What is around every screen: tabs, title, counts, keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line as Row, Span};

use crate::tui::keymap::help_line;
use crate::tui::state::{Load, SCREENS, Screen, State, Tone};

use super::theme::Theme;
use super::{board, overlay, page};

/// What turns while something is being read.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// How many milliseconds a figure of it stays.
const TURN: u128 = 120;

/// How many tabs the first line has.
const FIRST_LINE: usize = 4;

/// Draws all that is seen.
pub(crate) fn draw(state: &State, frame: &mut Frame<'_>) {
    let theme = Theme { has_colors: state.has_colors };
    let area = frame.area();
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ]);
    let [first, second, title, body, note, keys] = rows.areas(area);
    frame.render_widget(tabs(state, theme, &SCREENS[..FIRST_LINE]), first);
    frame.render_widget(tabs(state, theme, &SCREENS[FIRST_LINE..]), second);
    self::title(state, theme, frame, title);
    page::draw(state, theme, frame, body);
    frame.render_widget(below(state, theme), note);
    frame.render_widget(self::keys(state, theme, keys.width), keys);
    if let Some(overlay) = &state.overlay {
        overlay::draw(state, overlay, theme, frame, area);
    }
}

fn tabs(state: &State, theme: Theme, screens: &[Screen]) -> Row<'static> {
    let there = |screen: &&Screen| **screen != Screen::Run || state.board.is_some();
    let tab = |screen: &Screen| {
        let title = format!("{} ", screen.title());
        let style = if *screen == state.screen { theme.cursor() } else { theme.tone(Tone::Plain) };
        [Span::styled(format!(" {} ", screen.key()), theme.key()), Span::styled(title, style)]
    };
    screens.iter().filter(there).flat_map(tab).collect()
}

/// Which screen it is, where the project is, and what is going on.
fn title(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let page = state.here();
    let sorted = page.list.sort().and_then(|(column, reversed)| {
        let name = state.screen.columns().get(column)?.title;
        let name = if name.is_empty() { "the last column" } else { name };
        Some(format!("by {name}{} ", if reversed { ", from the end" } else { "" }))
    });
    let run = state.board.as_ref().filter(|_| state.screen == Screen::Run).map(|board| board.job.request.title());
    let mut left = vec![
        Span::styled("──", theme.tone(Tone::Dim)),
        Span::styled(format!(" {} ", run.unwrap_or_else(|| state.screen.title())), theme.tone(Tone::Strong)),
    ];
    left.extend(sorted.map(|sorted| Span::styled(sorted, theme.tone(Tone::Dim))));
    let doing = doing(state);
    let is_going_on = !doing.is_empty();
    let figure = usize::try_from(state.now.as_millis() / TURN).unwrap_or_default() % SPINNER.len();
    let place = &state.fleet.place;
    let right = match (is_going_on, place.is_empty()) {
        (true, _) => format!(" {} {doing} ──", SPINNER[figure]),
        (false, false) => format!(" {place} ──"),
        (false, true) => String::new(),
    };
    let (left, right) = (Row::from(left), Row::from(right));
    let used = left.width() + right.width();
    let rule = "─".repeat(usize::from(area.width).saturating_sub(used));
    let mut spans = left.spans;
    spans.push(Span::styled(rule, theme.tone(Tone::Dim)));
    let style = theme.tone(if is_going_on { Tone::Warn } else { Tone::Dim });
    spans.extend(right.spans.into_iter().map(|span| span.style(style)));
    frame.render_widget(Row::from(spans), area);
}

/// What is at work, in a few words.
fn doing(state: &State) -> String {
    if state.leaving.is_some() {
        return "ending: what has begun is finished or rolled back; Ctrl-C ends at once".to_owned();
    }
    if let Some((what, progress)) = &state.busy {
        return progress.as_ref().map_or_else(|| what.clone(), |progress| format!("{what}: {progress}"));
    }
    match (&state.board, state.is_running()) {
        (Some(board), true) if state.screen != Screen::Run => {
            let (done, of) = board.progress();
            format!("{} {done}/{of}, see =", board.job.request.title().to_lowercase())
        }
        (Some(board), true) if board.stops > 0 => "stopping: x asks whether to end at once".to_owned(),
        (Some(_), true) => "at work".to_owned(),
        _ if state.here().load == Load::Reading => "looking".to_owned(),
        _ => String::new(),
    }
}

/// What is below the list: the filter while it is typed, what was done last, or the counts.
fn below(state: &State, theme: Theme) -> Row<'_> {
    let page = state.here();
    if state.is_filtering {
        let prompt = Span::styled(" filter: ", theme.key());
        return Row::from(vec![prompt, Span::raw(crate::output::Shown(page.list.filter()).to_string()), "▏".into()]);
    }
    if let Some((tone, notice)) = &state.notice {
        return Row::styled(format!(" {notice}"), theme.tone(*tone));
    }
    let mut spans = match &state.board {
        Some(board) if state.screen == Screen::Run => board::below(board, state.now, theme),
        _ => vec![Span::styled(format!(" {}", page.note), theme.tone(Tone::Plain))],
    };
    if !page.list.filter().is_empty() {
        let filter = crate::output::Shown(page.list.filter()).to_string();
        let text = format!("  {} of {} with {filter:?}", page.list.len(), page.list.items().len());
        spans.push(Span::styled(text, theme.key()));
    }
    if page.list.marked() > 0 {
        let text = match (page.list.marked(), page.list.hidden_marks()) {
            (marked, 0) => format!("  {marked} marked"),
            (marked, hidden) if marked == hidden => format!("  {marked} marked, not shown"),
            (marked, hidden) => format!("  {marked} marked, {hidden} of them not shown"),
        };
        spans.push(Span::styled(text, theme.key()));
    }
    Row::from(spans)
}

fn keys(state: &State, theme: Theme, width: u16) -> Row<'static> {
    let keys: Vec<(&str, &str)> = match &state.overlay {
        _ if state.is_filtering => vec![("Enter", "keep"), ("Esc", "show all")],
        Some(overlay) => overlay::keys(overlay),
        None if state.here().detail.is_some() => vec![("↑ ↓", "scroll"), ("Esc", "close"), ("?", "keys")],
        None => help_line(state.screen, usize::from(width), state.is_running()),
    };
    let key = |(key, word): (&'static str, &'static str)| {
        [Span::styled(format!(" {key} "), theme.key()), Span::styled(format!("{word} "), theme.tone(Tone::Dim))]
    };
    keys.into_iter().flat_map(key).collect()
}
