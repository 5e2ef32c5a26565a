//! Rows as tables for people, page by page: a heading where the columns change.

use std::sync::Arc;

use multitenant_runtime::{FleetAnswer, Target};

use crate::output::{Align, Cell, DIM, Table};

use super::tenant;

/// How many rows are aligned with each other.
const PAGE: usize = 1000;

/// The rows that are not written yet.
#[derive(Default)]
pub(super) struct Pages {
    columns: Option<Arc<[String]>>,
    rows: Vec<Vec<Cell>>,
    /// Whether the rows continue those of the page before.
    continued: bool,
    any: bool,
    /// Whether the statement that answers has columns.
    with_columns: bool,
}

impl Pages {
    /// What is to be written now.
    pub(super) fn part(&mut self, target: &Target, answer: &FleetAnswer) -> String {
        match answer {
            FleetAnswer::Columns { columns, .. } => {
                self.with_columns = true;
                self.under(columns)
            }
            FleetAnswer::Row(row) => {
                let count = self.columns.as_ref().map_or(0, |columns| columns.len());
                let cell = |i| row.get(i).map_or_else(|| Cell::new("NULL").style(DIM), Cell::new);
                self.row(std::iter::once(Cell::new(tenant(target))).chain((0..count).map(cell)).collect())
            }
            FleetAnswer::Done { .. } if std::mem::take(&mut self.with_columns) => String::new(),
            FleetAnswer::Done { rows, .. } => {
                let text = self.under(&Arc::from(["rows".to_owned()]));
                text + &self.row(vec![Cell::new(tenant(target)), Cell::new(rows.to_string())])
            }
            _ => String::new(),
        }
    }

    /// The rows so far.
    pub(super) fn page(&mut self) -> String {
        let Some(columns) = &self.columns else { return String::new() };
        if self.rows.is_empty() && self.continued {
            return String::new();
        }
        let mut table = Table::new(vec![("", Align::Left); columns.len() + 1]);
        if !self.continued {
            let names = std::iter::once("tenant").chain(columns.iter().map(String::as_str));
            table.row(names.map(Cell::new).collect::<Vec<_>>());
        }
        self.rows.drain(..).for_each(|row| table.row(row));
        let gap = if self.any && !self.continued { "\n" } else { "" };
        self.any = true;
        self.continued = true;
        format!("{gap}{}", table.render())
    }

    /// Whether anything was written.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// Goes on under these columns.
    fn under(&mut self, columns: &Arc<[String]>) -> String {
        if self.columns.as_ref() == Some(columns) {
            return String::new();
        }
        let page = self.page();
        self.columns = Some(Arc::clone(columns));
        self.continued = false;
        page
    }

    fn row(&mut self, row: Vec<Cell>) -> String {
        self.rows.push(row);
        if self.rows.len() < PAGE { String::new() } else { self.page() }
    }
}
