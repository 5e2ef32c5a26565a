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
    Dot,
    Other,
    Unreadable(&'sql str),
}

impl<'sql> Iterator for Tokens<'sql> {
    type Item = Token<'sql>;

    fn next(&mut self) -> Option<Token<'sql>> {
        self.rest = trimmed(self.rest);
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
            '$' => (1 + digits(&self.rest[1..]), |_| Token::Other),
            c if c.is_ascii_digit() => (number(self.rest), |_| Token::Other),
            c if is_of_name(c) => (word(self.rest), Token::Word),
            '.' => (1, |_| Token::Dot),
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

/// Without the space at its beginning: PostgreSQL knows ASCII's only.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c'])
}

/// Whether a comment begins here, or a text in which quotes mean something else: `E'…'`, `U&"…"`, `$$…$$`; or a number
/// with a name behind it, which is one word or two by the server's version (`1FROM`); or a second statement.
fn is_unreadable(text: &str) -> bool {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or_default();
    match at(0) {
        b'-' => at(1) == b'-',
        b'/' => at(1) == b'*',
        b'$' => !at(1).is_ascii_digit() || begins_name(&text[1 + digits(&text[1..])..]),
        b'0'..=b'9' => begins_name(&text[number(text)..]),
        b';' => !trimmed(&text[1..]).is_empty(),
        b'e' | b'E' => at(1) == b'\'',
        b'u' | b'U' => at(1) == b'&' && matches!(at(2), b'\'' | b'"'),
        _ => false,
    }
}

fn word(text: &str) -> usize {
    text.find(|c: char| !(is_of_name(c) || c == '$')).unwrap_or(text.len())
}

/// All that is no ASCII is part of a name to PostgreSQL, `€` and a no-break space too.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

/// The length of a number: `1`, `1.`, `1.5`, `1e9`.
fn number(text: &str) -> usize {
    let mut end = digits(text);
    if text[end..].starts_with('.') {
        end += 1 + digits(&text[end + 1..]);
    }
    if let Some(power) = text[end..].strip_prefix(['e', 'E']) {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        if digits(power) > 0 {
            end = text.len() - power.len() + digits(power);
        }
    }
    end
}

fn begins_name(text: &str) -> bool {
    text.starts_with(|c| is_of_name(c) || c == '$')
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
