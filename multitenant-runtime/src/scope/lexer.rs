//! The tokens of SQL, as far as the tables that it names are told by them.

use std::borrow::Cow;

/// The tokens of a statement.
pub(super) struct Tokens<'sql> {
    rest: &'sql str,
}

impl<'sql> Tokens<'sql> {
    pub(super) fn of(sql: &'sql str) -> Self {
        Self { rest: sql }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'sql> {
    Word(&'sql str),
    /// With its quotes.
    Quoted(&'sql str),
    Open,
    Close,
    Comma,
    Other,
    Unreadable(&'sql str),
}

impl<'sql> Iterator for Tokens<'sql> {
    type Item = Token<'sql>;

    fn next(&mut self) -> Option<Token<'sql>> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        if is_unreadable(self.rest) {
            let text = &self.rest[..first.len_utf8()];
            self.rest = "";
            return Some(Token::Unreadable(text));
        }
        let (length, make): (usize, fn(&'sql str) -> Token<'sql>) = match first {
            '(' => (1, |_| Token::Open),
            ')' => (1, |_| Token::Close),
            ',' => (1, |_| Token::Comma),
            '"' => (closed(self.rest, '"'), Token::Quoted),
            '\'' => (closed(self.rest, '\''), |_| Token::Other),
            '$' => (1 + word(&self.rest[1..]), |_| Token::Other),
            c if c.is_alphanumeric() || c == '_' => (word(self.rest), Token::Word),
            c => (c.len_utf8(), |_| Token::Other),
        };
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(make(token))
    }
}

/// An identifier as PostgreSQL takes it: `Users` is `users`, `"Users"` is `Users`.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) if quoted.contains('"') => Cow::Owned(quoted.replace("\"\"", "\"")),
        Some(quoted) => Cow::Borrowed(quoted),
        None if text.bytes().any(|byte| byte.is_ascii_uppercase()) => Cow::Owned(text.to_ascii_lowercase()),
        None => Cow::Borrowed(text),
    }
}

/// Whether a comment begins here, or a text in which quotes mean something else: `E'…'`, `U&"…"`, `$$…$$`.
fn is_unreadable(text: &str) -> bool {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or_default();
    match at(0) {
        b'-' => at(1) == b'-',
        b'/' => at(1) == b'*',
        b'$' => !at(1).is_ascii_digit(),
        b'e' | b'E' => at(1) == b'\'',
        b'u' | b'U' => at(1) == b'&' && matches!(at(2), b'\'' | b'"'),
        _ => false,
    }
}

fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len())
}

/// The length of what stands in quotes; two of them are one that belongs to it.
fn closed(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(found) = text[end..].find(quote) {
        end += found + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}
