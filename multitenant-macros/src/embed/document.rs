//! A TOML file whose values know their places, and whose secrets are never repeated.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::Place;
use super::similar::similar;

/// A value and where it stands: `multitenant.toml:5:9`.
#[derive(Debug, Clone)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: String,
}

/// The text of a TOML file.
#[derive(Debug)]
pub(crate) struct Document {
    name: String,
    text: String,
}

impl Document {
    /// Reads the file; the message says why that was not possible.
    pub(crate) fn open(file: &Place) -> Result<Self, String> {
        let read = std::fs::read_to_string(&file.path);
        let text = read.map_err(|error| format!("{} cannot be read: {}", file.shown, super::sql::reason(&error)))?;
        Ok(Self { name: file.shown.clone(), text })
    }

    /// Parses it; a syntax error names the place, and never shows the line, which may hold a password.
    pub(crate) fn parse(&self) -> Result<DeTable<'_>, String> {
        match DeTable::parse(&self.text) {
            Ok(table) => Ok(table.into_inner()),
            Err(error) => Err(self.at(&error.span().unwrap_or_default(), error.message().trim_end())),
        }
    }

    /// A message about a place in this file.
    pub(crate) fn at(&self, span: &Range<usize>, message: &str) -> String {
        format!("{}: {message}", self.place(span))
    }

    /// `multitenant.toml:5:9`; lines and columns (in characters) begin at 1.
    pub(crate) fn place(&self, span: &Range<usize>) -> String {
        // A byte order mark is nothing that an editor would count.
        let before = self.text.get(..span.start).unwrap_or(&self.text).trim_start_matches('\u{feff}');
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

/// One table of a document, and what was found wrong in it.
pub(crate) struct Section<'a, 'p> {
    document: &'a Document,
    /// `migrations`; empty at the top.
    name: &'static str,
    table: &'a DeTable<'a>,
    problems: &'p mut Vec<String>,
}

impl<'a, 'p> Section<'a, 'p> {
    pub(crate) fn new(
        document: &'a Document,
        name: &'static str,
        table: &'a DeTable<'a>,
        problems: &'p mut Vec<String>,
    ) -> Self {
        Self { document, name, table, problems }
    }

    /// Complains of every key that is not among these.
    pub(crate) fn only(&mut self, known: &[&str]) {
        for key in self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let section = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let remedy = match similar(name, known) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => format!("expected one of `{}`", known.join("`, `")),
            };
            let message = format!("unknown key `{name}`{section}: {remedy}");
            self.problems.push(self.document.at(&key.span(), &message));
        }
    }

    /// A key's value, whatever it is.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    /// A table in this one.
    pub(crate) fn section(&mut self, name: &'static str) -> Option<Section<'a, '_>> {
        let Some(table) = self.table.get(name)?.get_ref().as_table() else {
            self.complain(name, &format!("this is a section: write `[{name}]`"));
            return None;
        };
        Some(Section::new(self.document, name, table, self.problems))
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &str) -> Option<Located<String>> {
        self.read(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &str) -> Option<Located<Vec<String>>> {
        self.read(key, "a list of texts", |value| {
            let texts = value.as_array()?.iter().map(|value| value.get_ref().as_str().map(str::to_owned));
            texts.collect()
        })
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str) -> Option<Located<bool>> {
        self.read(key, "`true` or `false`", |value| match value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A whole number from 0.
    pub(crate) fn number(&mut self, key: &str) -> Option<Located<u32>> {
        self.read(key, "a whole number from 0 to 4294967295", |value| {
            let number = value.as_integer()?;
            u32::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    /// Complains of the value of a key.
    pub(crate) fn complain(&mut self, key: &str, problem: &str) {
        let span = self.table.get(key).map(Spanned::span).unwrap_or_default();
        let message = format!("{}: {problem}", self.full(key));
        self.problems.push(self.document.at(&span, &message));
    }

    fn read<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<Located<T>> {
        let value = self.table.get(key)?;
        if let Some(read) = read(value.get_ref()) {
            return Some(Located { value: read, place: self.document.place(&value.span()) });
        }
        let found = match value.get_ref().type_str() {
            "string" => "a text",
            "integer" => "a number",
            "boolean" => "`true` or `false`",
            "table" => "a table",
            "datetime" => "a date",
            "float" => "a fraction",
            "array" => "a list of something else",
            other => other,
        };
        self.complain(key, &format!("this is {found}: write {expected}"));
        None
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let document = Document { name: "m.toml".into(), text: "a = 1\né = 2\n".into() };
        assert_eq!(document.place(&(0..1)), "m.toml:1:1");
        assert_eq!(document.place(&(11..12)), "m.toml:2:5");
        assert_eq!(document.place(&(99..99)), "m.toml:3:1");
        let marked = Document { name: "m.toml".into(), text: "\u{feff}a = 1\n".into() };
        assert_eq!(marked.place(&(3..4)), "m.toml:1:1");
    }
}
