//! What stands above a screen: keys, questions, forms.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Block, BorderType, Clear};
use unicode_width::UnicodeWidthStr as _;

use crate::output::Shown;
use crate::tui::keymap::bindings;
use crate::tui::state::{Form, Line, Overlay, State, Tone, Value, wrapped};

use super::theme::Theme;

/// The widest that an overlay is.
const WIDEST: u16 = 96;

/// The keys of an overlay, for the help line.
pub(super) fn keys(overlay: &Overlay) -> Vec<(&'static str, &'static str)> {
    match overlay {
        Overlay::Help(_) | Overlay::Told { .. } => vec![("↑ ↓", "scroll"), ("any other key", "close")],
        Overlay::Confirm { .. } => vec![("y", "yes"), ("n", "no"), ("↑ ↓", "scroll")],
        Overlay::Type { .. } => vec![("Enter", "do it"), ("Esc", "no")],
        Overlay::Form(_) => vec![("Enter", "do it"), ("Tab", "next field"), ("← →", "choose"), ("Esc", "no")],
        Overlay::Leave => vec![("y", "stop and leave"), ("n", "stay")],
    }
}

/// Draws an overlay in the middle.
pub(super) fn draw(state: &State, overlay: &Overlay, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = area.width.saturating_sub(4).min(WIDEST);
    let room = usize::from(width).saturating_sub(4);
    let (title, text, scroll, end) = content(state, overlay, theme, room);
    let text = wrapped(&text, room);
    let ends = u16::try_from(end.len()).unwrap_or(u16::MAX);
    let wanted = u16::try_from(text.len()).unwrap_or(u16::MAX).saturating_add(ends).saturating_add(2);
    let height = wanted.min(area.height.saturating_sub(2));
    let place = Rect {
        x: area.x + (area.width.saturating_sub(width)) / 2,
        y: area.y + (area.height.saturating_sub(height)) / 2,
        width,
        height,
    };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.key())
        .title(Span::styled(format!(" {title} "), theme.tone(Tone::Strong)));
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    let rows = usize::from(inner.height.saturating_sub(ends));
    let most = text.len().saturating_sub(rows);
    let text = text.into_iter().skip(scroll.min(most)).take(rows);
    let text = text.map(|(tone, line)| Row::styled(format!(" {line}"), theme.tone(tone)));
    for (line, area) in text.chain(end).zip(inner.rows()) {
        frame.render_widget(line, area);
    }
}

type Content = (String, Vec<Line>, usize, Vec<Row<'static>>);

/// The title, the text with how far it is scrolled, and what stands below it whatever its length.
fn content(state: &State, overlay: &Overlay, theme: Theme, room: usize) -> Content {
    match overlay {
        Overlay::Help(scroll) => (format!("Keys: {}", state.screen.title()), all_keys(state), *scroll, Vec::new()),
        Overlay::Told { title, lines, scroll } => (title.clone(), lines.clone(), *scroll, Vec::new()),
        Overlay::Confirm { title, lines, question, scroll, .. } => {
            let end = wrapped(&[Line::one(Tone::Strong, format!("{question} (y/N)"))], room);
            let end = end.into_iter().map(|(tone, line)| Row::styled(format!(" {line}"), theme.tone(tone)));
            (title.clone(), lines.clone(), *scroll, std::iter::once(Row::default()).chain(end).collect())
        }
        Overlay::Type { title, lines, typed, error, .. } => {
            let prompt = Row::from(vec![
                Span::styled(" Type the tenant's id to drop it: ", theme.tone(Tone::Strong)),
                Span::raw(tail(typed, room.saturating_sub(36))),
                "▏".into(),
            ]);
            let error = error.then(|| Row::styled(" that is not the tenant's id", theme.tone(Tone::Bad)));
            (title.clone(), lines.clone(), 0, [Row::default(), prompt].into_iter().chain(error).collect())
        }
        Overlay::Form(form) => (form.title.clone(), Vec::new(), 0, fields(form, theme, room)),
        Overlay::Leave => {
            let text = "Something is at work. Leaving stops it: what has begun is finished or rolled back, and then the \
                        terminal is given back.";
            let end = vec![Row::default(), Row::styled(" Stop and leave? (y/N)", theme.tone(Tone::Strong))];
            ("Leave".to_owned(), Line::of(Tone::Plain, text), 0, end)
        }
    }
}

fn all_keys(state: &State) -> Vec<Line> {
    let line = |shown: &str, help: &str| Line::one(Tone::Plain, format!("{shown:<12} {help}"));
    let special = bindings(state.screen).filter(|binding| binding.is_special());
    let general = bindings(state.screen).filter(|binding| !binding.is_special());
    let mut lines: Vec<Line> = special.map(|binding| line(binding.shown, binding.help)).collect();
    if !lines.is_empty() {
        lines.push(Line::empty());
    }
    lines.push(line("1 … 9 0 - =", "the screens, as their tabs say"));
    lines.extend(general.map(|binding| line(binding.shown, binding.help)));
    lines
}

fn fields(form: &Form, theme: Theme, room: usize) -> Vec<Row<'static>> {
    let labels = form.fields.iter().map(|field| field.label.width()).max().unwrap_or_default();
    let mut rows = Vec::new();
    for (at, field) in form.fields.iter().enumerate() {
        let here = at == form.at;
        let style = theme.tone(if here { Tone::Strong } else { Tone::Dim });
        let blanks = " ".repeat(labels - field.label.width());
        let mut spans = vec![Span::styled(format!(" {}{blanks}  ", field.label), style)];
        match &field.value {
            Value::Text(text) => {
                spans.push(Span::raw(tail(text, room.saturating_sub(labels + 6))));
                spans.push(if here { "▏".into() } else { "".into() });
            }
            Value::Choice(choices, chosen) => {
                for (at, choice) in choices.iter().enumerate() {
                    let style = if at == *chosen { theme.cursor() } else { theme.tone(Tone::Dim) };
                    spans.extend([Span::styled(format!(" {choice} "), style), " ".into()]);
                }
            }
        }
        rows.push(Row::from(spans));
    }
    rows.push(Row::default());
    let (tone, text) = match (&form.error, form.fields.get(form.at)) {
        (Some(error), _) => (Tone::Bad, error.as_str()),
        (None, Some(field)) => (Tone::Dim, field.hint),
        (None, None) => (Tone::Dim, ""),
    };
    let text = wrapped(&[Line::one(tone, text)], room);
    rows.extend(text.into_iter().map(|(tone, line)| Row::styled(format!(" {line}"), theme.tone(tone))));
    rows
}

/// The end of what is typed, where the cursor is.
fn tail(text: &str, room: usize) -> String {
    let text = Shown(text).to_string();
    let mut start = 0;
    while text[start..].width() > room {
        start += text[start..].chars().next().map_or(1, char::len_utf8);
    }
    text[start..].to_owned()
}
