//! Columns that align, whatever stands in them.

use anstyle::Style;

use super::escape::{Shown, width};
use super::style::paint;

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell with a text that anybody may have written.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: Shown(text.as_ref()).to_string(), style: Style::new() }
    }

    pub(crate) fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// A table with headers and without lines.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<(&'static str, Align)>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    /// The table as text; a column without a header has none printed.
    pub(crate) fn render(&self) -> String {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (header, _))| {
                let cells = self.rows.iter().filter_map(|row| row.get(i)).map(|cell| width(&cell.text));
                cells.max().unwrap_or(0).max(width(header))
            })
            .collect();
        let headers: Vec<Cell> = self.columns.iter().map(|(header, _)| Cell::new(header)).collect();
        let with_headers = headers.iter().any(|header| !header.text.is_empty());
        let lines = with_headers.then_some(&headers).into_iter().chain(&self.rows).map(|row| self.line(row, &widths));
        lines.collect()
    }

    fn line(&self, row: &[Cell], widths: &[usize]) -> String {
        let mut line = String::new();
        let last = row.iter().rposition(|cell| !cell.text.is_empty());
        for (i, cell) in row.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let padding = " ".repeat(widths.get(i).map_or(0, |column| column.saturating_sub(width(&cell.text))));
            let painted = if cell.style == Style::new() { cell.text.clone() } else { paint(cell.style, &cell.text) };
            line.push_str(if i == 0 { " " } else { "  " });
            match self.columns.get(i).map(|(_, align)| align) {
                Some(Align::Right) => line.push_str(&(padding + &painted)),
                // Nothing behind the last cell.
                _ if Some(i) == last => line.push_str(&painted),
                _ => line.push_str(&(painted + &padding)),
            }
        }
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{GOOD, plain};

    #[test]
    fn columns_align_whatever_stands_in_them() {
        let mut table =
            Table::new([("schema", Align::Left), ("applied", Align::Right), ("state", Align::Left), ("", Align::Left)]);
        for schema in ["public", "tenant_é", "tenant_漢字", "tenant_\u{1b}[31m"] {
            table.row([Cell::new(schema), Cell::new("12"), Cell::new("up to date").style(GOOD), Cell::new("")]);
        }
        insta::assert_snapshot!(plain(&table.render()), @r#"
        schema             applied  state
        public                  12  up to date
        tenant_é                12  up to date
        tenant_漢字             12  up to date
        tenant_\u{1b}[31m       12  up to date
        "#);
        assert!(!table.render().contains("\u{1b}[31m"));
    }
}
