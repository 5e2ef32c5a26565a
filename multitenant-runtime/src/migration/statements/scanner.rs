//! Tokens of SQL, as PostgreSQL's lexer (`scan.l`) and psql's (`psqlscan.l`) see them.
//!
//! Only what decides where a statement ends is told apart: an operator of three characters is three tokens
//! here. All decisions are made on ASCII bytes, so that every range lies on characters' boundaries.

use std::ops::Range;

use super::error::{SplitError, SplitErrorKind};

/// What a token is, as far as the splitter cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// A quoted identifier: never a keyword.
    QuotedName,
    /// A string constant of any kind.
    String,
    Open,
    Close,
    Semicolon,
    Dot,
    /// A number, a parameter, or one character of an operator.
    Other,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// The tokens of a script, without white space and comments.
#[derive(Clone)]
pub(super) struct Scanner<'a> {
    sql: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { sql, bytes: sql.as_bytes(), at: 0 }
    }

    /// The same, from a byte of `sql` on, which must be the first of a token.
    pub(super) fn starting_at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The next token, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, SplitError> {
        self.skip_trivia()?;
        let start = self.at;
        let Some(first) = self.peek(0) else {
            return Ok(None);
        };
        self.at += 1;
        let kind = match first {
            b'\'' => self.quoted(start, Quote::String)?,
            b'"' => self.quoted(start, Quote::Name)?,
            b'$' => self.dollar(start)?,
            b'(' => TokenKind::Open,
            b')' => TokenKind::Close,
            b';' => TokenKind::Semicolon,
            b'.' => TokenKind::Dot,
            b'\\' => return Err(SplitErrorKind::PsqlCommand.at(start)),
            b'0'..=b'9' => {
                self.skip_while(|byte| byte.is_ascii_digit());
                TokenKind::Other
            }
            _ if starts_word(first) => self.word(start)?,
            _ => TokenKind::Other,
        };
        Ok(Some(Token { kind, range: start..self.at }))
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    /// Skips white space and comments, which begin anywhere outside of quotes, within operators too.
    fn skip_trivia(&mut self) -> Result<(), SplitError> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(byte), _) if is_space(byte) => self.at += 1,
                (Some(b'-'), Some(b'-')) => self.skip_while(|byte| !is_newline(byte)),
                (Some(b'/'), Some(b'*')) => self.block_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn block_comment(&mut self) -> Result<(), SplitError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(SplitErrorKind::UnterminatedComment.at(start)),
            }
        }
    }

    /// An identifier or keyword, or a string whose prefix looked like one.
    fn word(&mut self, start: usize) -> Result<TokenKind, SplitError> {
        self.skip_while(continues_word);
        if self.at != start + 1 {
            return Ok(TokenKind::Word);
        }
        match (self.bytes[start].to_ascii_lowercase(), self.peek(0), self.peek(1)) {
            (b'e', Some(b'\''), _) => {
                self.at += 1;
                self.quoted(start, Quote::Escaped)
            }
            (b'b' | b'n' | b'x', Some(b'\''), _) => {
                self.at += 1;
                self.quoted(start, Quote::String)
            }
            (b'u', Some(b'&'), Some(b'\'')) => {
                self.at += 2;
                self.quoted(start, Quote::String)
            }
            (b'u', Some(b'&'), Some(b'"')) => {
                self.at += 2;
                self.quoted(start, Quote::Name)
            }
            _ => Ok(TokenKind::Word),
        }
    }

    /// The rest of a quoted token, whose opening quote has been read.
    fn quoted(&mut self, start: usize, quote: Quote) -> Result<TokenKind, SplitError> {
        let (mark, kind, unterminated) = match quote {
            Quote::Name => (b'"', TokenKind::QuotedName, SplitErrorKind::UnterminatedIdentifier),
            Quote::String | Quote::Escaped => (b'\'', TokenKind::String, SplitErrorKind::UnterminatedString),
        };
        loop {
            match self.peek(0) {
                Some(b'\\') if quote == Quote::Escaped => self.at += 2,
                Some(byte) if byte != mark => self.at += 1,
                Some(_) => {
                    self.at += 1;
                    if self.peek(0) == Some(mark) {
                        self.at += 1;
                    } else if quote != Quote::Escaped || !self.continues_string() {
                        return Ok(kind);
                    }
                }
                None => return Err(unterminated.at(start)),
            }
        }
    }

    /// Reads the opening quote of a string's continuation, if there is one on a later line.
    ///
    /// Matters only where the string has escapes: its continuation has them as well, although it looks like
    /// a plain string. Line comments may stand between the two, block comments may not.
    fn continues_string(&mut self) -> bool {
        let end = self.at;
        let mut newline = false;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(byte), _) if is_space(byte) => {
                    newline |= is_newline(byte);
                    self.at += 1;
                }
                (Some(b'-'), Some(b'-')) => self.skip_while(|byte| !is_newline(byte)),
                (Some(b'\''), _) if newline => {
                    self.at += 1;
                    return true;
                }
                _ => {
                    self.at = end;
                    return false;
                }
            }
        }
    }

    /// A dollar-quoted string, a parameter (`$1`), or a lone dollar sign.
    fn dollar(&mut self, start: usize) -> Result<TokenKind, SplitError> {
        if self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip_while(|byte| byte.is_ascii_digit());
            return Ok(TokenKind::Other);
        }
        let tag_start = self.at;
        self.skip_while(|byte| starts_word(byte) || byte.is_ascii_digit());
        if self.peek(0) != Some(b'$') {
            self.at = tag_start;
            return Ok(TokenKind::Other);
        }
        self.at += 1;
        let tag = &self.sql[start..self.at];
        let Some(length) = self.sql[self.at..].find(tag) else {
            return Err(SplitErrorKind::UnterminatedDollarQuote.at(start));
        };
        self.at += length + tag.len();
        Ok(TokenKind::String)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    String,
    /// `E'…'`, in which a backslash takes the next character with it.
    Escaped,
    Name,
}

/// As PostgreSQL, where every byte outside of ASCII is a letter, even of a no-break space.
fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_space(byte: u8) -> bool {
    // The vertical tab is white space from PostgreSQL 16.
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
