//! The words of one statement, and the names that it says, read as PostgreSQL reads them.

use crate::ident::{Identifier, MAX_IDENTIFIER_BYTES};

use super::scanner::{Scanner, Token, TokenKind};

/// The tokens of one statement, read from the left.
#[derive(Clone)]
pub(super) struct Words<'a> {
    sql: &'a str,
    scanner: Scanner<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { sql, scanner: Scanner::new(sql) }
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        // The statement has been scanned before, without an error.
        self.scanner.next().ok()?
    }

    pub(super) fn text(&self, token: &Token) -> &'a str {
        &self.sql[token.range.clone()]
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.scanner.clone().next().ok()?
    }

    /// Goes behind this keyword or operator, if it is next.
    pub(super) fn skip(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::Other | TokenKind::Dot)
                && self.sql[token.range].eq_ignore_ascii_case(word)
        });
        if is_next {
            self.next();
        }
        is_next
    }

    pub(super) fn skip_if_exists(&mut self) {
        if self.skip("if") {
            self.next();
        }
    }

    pub(super) fn skip_parentheses(&mut self) {
        if self.peek().is_some_and(|token| token.kind == TokenKind::Open) {
            while self.next().is_some_and(|token| token.kind != TokenKind::Close) {}
        }
    }

    pub(super) fn identifier(&mut self) -> Option<Identifier> {
        let token = self.next()?;
        let text = &self.sql[token.range];
        let name = match token.kind {
            TokenKind::Word => text.to_ascii_lowercase(),
            // `U&"…"` has escapes of its own.
            TokenKind::QuotedName => text.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\""),
            _ => return None,
        };
        let cut = (0..=name.len().min(MAX_IDENTIFIER_BYTES)).rev().find(|&end| name.is_char_boundary(end))?;
        Identifier::new(&name[..cut]).ok()
    }
}
