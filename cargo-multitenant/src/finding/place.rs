//! Where something is: bytes of a file, and how people count them.

use std::ops::Range;
use std::sync::Arc;

/// A file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(usize);

/// Bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: FileId,
    pub(crate) span: Range<usize>,
}

impl Place {
    pub(crate) fn new(file: FileId, span: Range<usize>) -> Self {
        Self { file, span }
    }
}

/// A line and a column, from 1; columns in UTF-16 code units, as editors and SARIF count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The files that findings point into.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: Vec<Source>,
}

/// A file: its path as it is shown, with `/`, and its text.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: Arc<str>,
    /// Where its lines begin.
    lines: Vec<usize>,
}

impl Sources {
    /// Adds a file. What has no text of its own, such as a folder, has an empty one.
    pub(crate) fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text: Arc<str> = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { path: path.into(), text, lines });
        FileId(self.files.len() - 1)
    }

    /// Shows the files by other names.
    pub(crate) fn rename(&mut self, name: impl Fn(&str) -> String) {
        for file in &mut self.files {
            file.path = name(&file.path);
        }
    }

    pub(crate) fn get(&self, file: FileId) -> &Source {
        &self.files[file.0]
    }

    /// The text at a place.
    pub(crate) fn text(&self, place: &Place) -> &str {
        self.get(place.file).text.get(place.span.clone()).unwrap_or_default()
    }

    /// Where a place begins and ends.
    pub(crate) fn points(&self, place: &Place) -> (Point, Point) {
        let source = self.get(place.file);
        (source.point(place.span.start), source.point(place.span.end))
    }

    /// All files.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(index, source)| (FileId(index), source))
    }
}

impl Source {
    /// Where a byte is.
    pub(crate) fn point(&self, at: usize) -> Point {
        let at = at.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        Point { line: line + 1, column: before.encode_utf16().count() + 1 }
    }

    /// The whole lines around a range, and the number of the first.
    pub(crate) fn lines_around(&self, span: &Range<usize>) -> (Range<usize>, usize) {
        let first = self.lines.partition_point(|start| *start <= span.start).saturating_sub(1);
        let start = self.lines.get(first).copied().unwrap_or_default();
        let after = span.end.max(span.start + 1);
        let next = self.lines.partition_point(|line| *line < after);
        let end = self.lines.get(next).copied().unwrap_or(self.text.len());
        (start..end.max(start), first + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_editors_do() {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", "a\nä𝄞b\r\n");
        let at = |text: &str| sources.get(file).text.find(text).unwrap();
        let point = |at| {
            let Point { line, column } = sources.get(file).point(at);
            (line, column)
        };
        assert_eq!(point(0), (1, 1));
        assert_eq!(point(at("b")), (2, 4));
        assert_eq!(point(usize::MAX), (3, 1));
        assert_eq!(sources.get(file).lines_around(&(at("b")..at("b") + 1)), (2..11, 2));
    }
}
