//! A screen's list, and the details of one row over it or beside it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Block, Borders, Clear};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::tui::state::{Column, Item, Line, List, Load, Screen, State, Tone, WIDE, detail_width, wrapped};

use super::empty;
use super::theme::Theme;

/// Draws the list, or what stands there instead.
pub(super) fn draw(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let page = state.here();
    if let Load::Failed(trouble) = &page.load {
        text(&trouble.to_screen(), page.scroll, theme, frame, area);
        return;
    }
    if page.list.items().is_empty() {
        text(&empty::said(state.screen, &page.load), 0, theme, frame, area);
        return;
    }
    let item = page.list.current();
    match (page.detail, item) {
        (Some(scroll), Some(item)) if state.size.0 >= WIDE => {
            let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
            list(state.screen, &page.list, theme, frame, left);
            let block = Block::new().borders(Borders::LEFT).border_style(theme.tone(Tone::Dim));
            let inner = block.inner(right);
            frame.render_widget(block, right);
            details(item, scroll, theme, frame, inner);
        }
        (Some(scroll), Some(item)) => details(item, scroll, theme, frame, area),
        _ => list(state.screen, &page.list, theme, frame, area),
    }
}

/// The heads of the columns, and the rows that are seen.
fn list(screen: Screen, list: &List, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = screen.columns();
    let widths = widths(columns, list, usize::from(area.width));
    let heads: Vec<(&str, Tone)> = columns.iter().map(|column| (column.title, Tone::Dim)).collect();
    let mut lines = vec![row(columns, &widths, &heads, false, theme)];
    for (item, here) in list.window(usize::from(area.height).saturating_sub(1)) {
        let cells: Vec<(&str, Tone)> = item.cells.iter().map(|cell| (cell.text(), cell.tone)).collect();
        let line = row(columns, &widths, &cells, list.is_marked(&item.key), theme);
        lines.push(if here { line.patch_style(theme.cursor()) } else { line });
    }
    for (line, area) in lines.into_iter().zip(area.rows()) {
        let style: Style = line.style;
        frame.render_widget(line, area);
        // The bar is as long as the screen is wide.
        frame.buffer_mut().set_style(area, style);
    }
}

/// How little room the last column has before the others make way.
const LEAST: usize = 26;

/// How narrow others become for that.
const NARROWEST: usize = 20;

/// How wide each column is: as its widest cell, as long as that is not too much; the last one has the rest.
fn widths(columns: &[Column], list: &List, room: usize) -> Vec<usize> {
    let natural = |at: usize, column: &Column| list.width(at).max(column.title.width()).min(column.most);
    let mut widths: Vec<usize> = columns.iter().enumerate().map(|(at, column)| natural(at, column)).collect();
    let Some(wanted) = widths.pop() else { return widths };
    // A mark, and two blanks between columns.
    let room = room.saturating_sub(2 * columns.len());
    let least = wanted.min(LEAST);
    loop {
        let left = room.saturating_sub(widths.iter().sum());
        let widest = widths.iter_mut().max().filter(|widest| **widest > NARROWEST && left < least);
        let Some(widest) = widest else {
            widths.push(left);
            return widths;
        };
        *widest -= 1;
    }
}

fn row(columns: &[Column], widths: &[usize], cells: &[(&str, Tone)], is_marked: bool, theme: Theme) -> Row<'static> {
    let mut spans = vec![Span::styled(if is_marked { "✓ " } else { "  " }, theme.tone(Tone::Strong))];
    for (at, ((column, width), (text, tone))) in columns.iter().zip(widths).zip(cells).enumerate() {
        let text = if column.keeps_end { cut_at_the_front(text, *width) } else { cut(text, *width) };
        let blanks = " ".repeat(width.saturating_sub(text.width()));
        let text = if column.is_right { blanks + &text } else { text + &blanks };
        let gap = if at + 1 < columns.len() { "  " } else { "" };
        spans.push(Span::styled(text, theme.tone(*tone)));
        spans.push(gap.into());
    }
    Row::from(spans)
}

/// As much of a text as there is room for.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = text.chars().take_while(|c| {
        used += c.width().unwrap_or_default();
        used <= width
    });
    let mut cut: String = fits.collect();
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// The end of a text for which there is no room.
fn cut_at_the_front(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let backwards: String = text.chars().rev().collect();
    let end: String = cut(&backwards, width);
    end.chars().rev().collect()
}

fn details(item: &Item, scroll: usize, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    text(&item.lines, scroll, theme, frame, area);
}

/// A longer text.
pub(super) fn text(lines: &[Line], scroll: usize, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let width = detail_width(area.width.min(WIDE - 1)).min(usize::from(area.width).saturating_sub(2));
    let lines = wrapped(lines, width);
    let most = lines.len().saturating_sub(usize::from(area.height));
    for ((tone, line), area) in lines.into_iter().skip(scroll.min(most)).zip(area.rows()) {
        frame.render_widget(Row::styled(format!(" {line}"), theme.tone(tone)), area);
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, cut_at_the_front};

    #[test]
    fn a_cut_text_says_so_and_is_no_wider() {
        for (text, width, expected) in
            [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("漢字", 3, "漢…"), ("漢字", 2, "…"), ("abc", 0, ""), ("", 0, "")]
        {
            assert_eq!(cut(text, width), expected, "{text} {width}");
        }
        assert_eq!(cut_at_the_front("a/b/up.sql:3", 9), "…up.sql:3");
    }
}
