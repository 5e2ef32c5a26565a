//! A statement's keywords, to look at what it is without parsing it.

use std::ops::Range;

use super::scanner::{Scanner, TokenKind};

/// The tokens of one statement, read as keywords.
#[derive(Clone)]
pub(super) struct Keywords<'a> {
    sql: &'a str,
    scanner: Scanner<'a>,
    end: usize,
    depth: usize,
    after_dot: bool,
}

/// A token that may be a keyword.
///
/// Quoted names and what follows a dot (`a.concurrently`) are never one, and have no text here.
#[derive(Clone, Copy)]
pub(super) struct Keyword<'a> {
    text: &'a str,
    /// How many parentheses it stands in.
    depth: usize,
}

impl<'a> Keywords<'a> {
    /// The tokens of the statement that `range` names in the script.
    pub(super) fn new(sql: &'a str, range: &Range<usize>) -> Self {
        Self { sql, scanner: Scanner::new(sql).starting_at(range.start), end: range.end, depth: 0, after_dot: false }
    }

    pub(super) fn next_is(&mut self, keyword: &str) -> bool {
        self.next().is_some_and(|next| next.is(keyword))
    }

    /// Whether the keyword is among those that follow.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.clone().any(|next| next.is(keyword))
    }

    /// Goes behind `first` and one of `seconds`, where they follow each other outside of parentheses.
    pub(super) fn skip_past(&mut self, first: &str, seconds: &[&str]) -> bool {
        let mut after_first = false;
        self.filter(|keyword| keyword.depth == 0).any(|keyword| {
            let found = after_first && seconds.iter().any(|second| keyword.is(second));
            after_first = keyword.is(first);
            found
        })
    }
}

impl<'a> Iterator for Keywords<'a> {
    type Item = Keyword<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        // The statement has been scanned before, without an error.
        let token = self.scanner.next().ok()??;
        if token.range.start >= self.end {
            return None;
        }
        match token.kind {
            TokenKind::Open => self.depth += 1,
            TokenKind::Close => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let has_text = matches!(token.kind, TokenKind::Word | TokenKind::Other) && !self.after_dot;
        self.after_dot = token.kind == TokenKind::Dot;
        Some(Keyword { text: if has_text { &self.sql[token.range] } else { "" }, depth: self.depth })
    }
}

impl Keyword<'_> {
    pub(super) fn is(self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }
}
