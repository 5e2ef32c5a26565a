//! A failure, for people and for programs.

use multitenant_runtime::{Failure, FailureClass, Tier};
use serde::Serialize;

use crate::output::{DIM, paint, shown_lines};

use super::names::Names;

/// FAILURE of the JSON documents: every field is there, and may be null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FailureView<'a> {
    pub(crate) class: FailureClass,
    pub(crate) sqlstate: Option<&'a str>,
    pub(crate) migration: Option<&'a str>,
    pub(crate) file: Option<&'a str>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) message: &'a str,
    pub(crate) detail: Option<&'a str>,
    pub(crate) hint: Option<&'a str>,
}

impl<'a> From<&'a Failure> for FailureView<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            class: failure.class,
            sqlstate: failure.sqlstate.as_deref(),
            migration: failure.migration.as_deref(),
            file: failure.file.as_deref(),
            line: failure.line,
            column: failure.column,
            message: &failure.message,
            detail: failure.detail.as_deref(),
            hint: failure.hint.as_deref(),
        }
    }
}

impl FailureView<'_> {
    /// For tests, which name only what they are about.
    #[cfg(test)]
    pub(crate) const EMPTY: FailureView<'static> = FailureView {
        class: FailureClass::Permanent,
        sqlstate: None,
        migration: None,
        file: None,
        line: None,
        column: None,
        message: "",
        detail: None,
        hint: None,
    };

    /// What happened, in the words of whoever said it.
    pub(crate) fn headline(&self) -> String {
        let message = shown_lines(self.message);
        self.sqlstate.map_or(message.clone(), |code| format!("{code} {message}"))
    }

    /// One line: `42P07 relation "orders" already exists (2026-11-01-090000_orders)`.
    pub(crate) fn brief(&self, tier: Tier, names: &Names) -> String {
        let code = self.sqlstate.map_or(String::new(), |code| format!("{code} "));
        let message = self.message.lines().next().unwrap_or_default();
        let place = match (self.file, self.line) {
            (Some(file), Some(line)) => format!(" ({file}:{line})"),
            // The state table keeps the migration alone.
            _ => self.migration.map_or(String::new(), |version| format!(" ({})", names.get(tier, version))),
        };
        format!("{code}{message}{place}")
    }

    /// Where it happened, and more about it: lines to stand below the headline.
    pub(crate) fn lines(&self) -> Vec<String> {
        let place = self.file.map(|file| {
            let numbers = [self.line, self.column].into_iter().flatten().map(|number| format!(":{number}"));
            format!("--> {}{}", shown_lines(file), numbers.collect::<String>())
        });
        // The file's folder is the migration; without a file it has to be said.
        let migration = self.migration.filter(|_| self.file.is_none());
        let more = [("migration", migration), ("detail", self.detail), ("hint", self.hint)];
        let more = more
            .into_iter()
            .filter_map(|(what, text)| Some(format!("{} {}", paint(DIM, format!("{what}:")), shown_lines(text?))));
        place.into_iter().chain(more).flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}
