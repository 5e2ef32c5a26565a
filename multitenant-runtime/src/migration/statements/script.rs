//! From tokens to statements.

use super::Statement;
use super::error::{SplitError, SplitErrorKind};
use super::kind;
use super::scanner::{Scanner, Token, TokenKind};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// All statements of a script, transaction control included.
pub(super) fn statements(sql: &str) -> Result<Vec<Statement>, SplitError> {
    if let Some(offset) = sql.bytes().position(|byte| byte == b'\0') {
        return Err(SplitErrorKind::Nul.at(offset));
    }
    let start = if sql.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let mut scanner = Scanner::new(sql).starting_at(start);
    let mut statements = Vec::new();
    let mut open = OpenStatement::default();
    while let Some(token) = scanner.next()? {
        if open.is_ended_by(&token) {
            statements.extend(open.finish(sql)?);
            open = OpenStatement::default();
        } else {
            open.push(sql, &token);
        }
    }
    statements.extend(open.finish(sql)?);
    Ok(statements)
}

/// A statement whose end has not been seen yet.
#[derive(Default)]
struct OpenStatement {
    range: Option<std::ops::Range<usize>>,
    parentheses: Parentheses,
    routine: Routine,
    body: Option<Body>,
}

/// Parentheses that are not closed, within which a semicolon ends nothing (`CREATE RULE … DO (a; b)`).
#[derive(Default)]
struct Parentheses {
    depth: usize,
    outermost: usize,
}

/// How much of `CREATE [OR REPLACE] FUNCTION | PROCEDURE` the statement began with.
///
/// Nothing else has a `BEGIN ATOMIC` body, in which semicolons end the statements of the body only.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Routine {
    #[default]
    Start,
    Create,
    CreateOr,
    CreateOrReplace,
    Yes,
    /// Saw the `BEGIN` (at this offset) of a routine.
    Begin(usize),
    No,
}

/// The `BEGIN ATOMIC` body that a routine is in.
struct Body {
    begin: usize,
    /// Whether the next token is the first of a statement.
    ///
    /// Only there can `END` be the body's own; anywhere else it ends a `CASE`, or is a label.
    at_start: bool,
}

impl OpenStatement {
    fn is_ended_by(&self, token: &Token) -> bool {
        token.kind == TokenKind::Semicolon && self.parentheses.depth == 0 && self.body.is_none()
    }

    fn push(&mut self, sql: &str, token: &Token) {
        self.range.get_or_insert_with(|| token.range.clone()).end = token.range.end;
        match token.kind {
            TokenKind::Open => self.parentheses.open(token.range.start),
            TokenKind::Close => self.parentheses.close(),
            _ => {}
        }
        if self.parentheses.depth > 0 {
            return;
        }
        let word = if token.kind == TokenKind::Word { &sql[token.range.clone()] } else { "" };
        match &mut self.body {
            None => self.routine = self.routine.after(word, token.range.start, &mut self.body),
            Some(body) if body.at_start && word.eq_ignore_ascii_case("end") => self.body = None,
            Some(body) => body.at_start = token.kind == TokenKind::Semicolon,
        }
    }

    fn finish(self, sql: &str) -> Result<Option<Statement>, SplitError> {
        let Some(range) = self.range else {
            return Ok(None);
        };
        if self.parentheses.depth > 0 {
            return Err(SplitErrorKind::UnclosedParenthesis.at(self.parentheses.outermost));
        }
        if let Some(body) = self.body {
            return Err(SplitErrorKind::UnterminatedBody.at(body.begin));
        }
        let kind = kind::classify(sql, &range)?;
        Ok(Some(Statement { range, kind }))
    }
}

impl Parentheses {
    fn open(&mut self, offset: usize) {
        if self.depth == 0 {
            self.outermost = offset;
        }
        self.depth += 1;
    }

    /// One `)` too many is a syntax error, which the server names better.
    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

impl Routine {
    fn after(self, word: &str, offset: usize, body: &mut Option<Body>) -> Self {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        match self {
            Self::Start if is("create") => Self::Create,
            Self::Create if is("or") => Self::CreateOr,
            Self::CreateOr if is("replace") => Self::CreateOrReplace,
            Self::Create | Self::CreateOrReplace if is("function") || is("procedure") => Self::Yes,
            Self::Begin(begin) if is("atomic") => {
                *body = Some(Body { begin, at_start: true });
                Self::Yes
            }
            Self::Yes | Self::Begin(_) if is("begin") => Self::Begin(offset),
            Self::Yes | Self::Begin(_) => Self::Yes,
            _ => Self::No,
        }
    }
}
