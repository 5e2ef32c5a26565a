//! Which tables a statement names, read from its SQL, where the types do not show it.
//!
//! The statements are Diesel's, so that names are quoted, joins stand in parentheses, and keywords are where they
//! belong. What an application writes itself (`sql("…")`) is read as well, as far as it looks like that.

use std::iter::Peekable;

use super::lexer::{Token, Tokens, folded, trimmed};
use super::with::With;

/// A table that a statement names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name<'sql> {
    /// As it is written: with its quotes, and its schema where it has one.
    pub(super) text: &'sql str,
    pub(super) place: Place,
}

impl Name<'_> {
    /// The table's own name, where it stands alone.
    pub(crate) fn unqualified(&self) -> Option<String> {
        is_unqualified(self.text).then(|| folded(self.text).into_owned())
    }

    /// Whether this spelling is of the same name: `users` is `"users"`, and `App.users` is `"app"."users"`.
    pub(super) fn is(&self, spelling: &str) -> bool {
        let parts = |text| {
            Tokens::of(text).map(|token| match token {
                Token::Word(part) | Token::Quoted(part) => folded(part),
                _ => ".".into(),
            })
        };
        self.text == spelling || parts(self.text).eq(parts(spelling))
    }

    /// Whether it is none, and what follows cannot be read.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.place == Place::Unreadable
    }

    /// Where it begins in the statement that it was read from.
    pub(crate) fn start(&self, sql: &str) -> usize {
        (self.text.as_ptr() as usize).saturating_sub(sql.as_ptr() as usize)
    }
}

/// Where in the statement it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// What the statement itself is about.
    Own,
    /// A subquery of it, where the types of Diesel's statements show it.
    Subquery,
    /// Anywhere else: subqueries of subqueries, and those in clauses whose types cannot be named.
    Hidden,
    /// It is no name: from here on the statement cannot be read, since what stands here begins a comment, or a text in
    /// which quotes mean something else. Diesel writes none of these.
    Unreadable,
}

/// All tables that the statement names.
pub(crate) fn named(sql: &str) -> Vec<Name<'_>> {
    let mut tokens = Tokens::of(sql).peekable();
    let mut names = Vec::new();
    let mut frames = vec![Frame::default()];
    let mut is_after_dot = false;
    while let Some(token) = tokens.next() {
        // Behind a dot a keyword is a column's name.
        let is_of_column = std::mem::replace(&mut is_after_dot, token == Token::Dot);
        let depth = frames.len() - 1;
        let Some(frame) = frames.last_mut() else { break };
        if is_of_column || !matches!(token, Token::Word(_) | Token::Open) {
            frame.last = Keyword::Other;
        }
        if frame.with.takes(token) {
            continue;
        }
        match token {
            Token::Unreadable(text) => {
                names.push(Name { text, place: Place::Unreadable });
                break;
            }
            Token::Open => {
                let inner = frame.open();
                frames.push(inner);
            }
            Token::Close if depth > 0 => {
                frames.pop();
                if let Some(frame) = frames.last_mut() {
                    frame.expects_table = false;
                    frame.with.close();
                }
            }
            Token::Comma => (frame.expects_table, frame.is_target) = (frame.is_in_from, false),
            Token::Word(_) | Token::Quoted(_) if is_of_column => {}
            Token::Word(word) if frame.keyword(word, depth == 0) => {}
            Token::Word(text) | Token::Quoted(text) if frame.expects_table => {
                let text = qualified(sql, text, &mut tokens);
                frame.expects_table = false;
                // What is written to is a table always, and what is called a function.
                let is_read = !frame.is_target && tokens.peek() != Some(&Token::Open);
                if is_read && is_unqualified(text) && frames.iter().any(|frame| frame.with.has(&folded(text))) {
                    continue;
                }
                let place = place(&frames);
                names.push(Name { text, place });
            }
            Token::Close | Token::Word(_) | Token::Quoted(_) | Token::Dot | Token::Other => {}
        }
    }
    names
}

/// What is between two parentheses, or the whole statement.
#[derive(Debug, Default)]
struct Frame {
    /// Whether it is a query: what is in parentheses can as well be an expression, or a join.
    is_query: bool,
    is_insert: bool,
    is_delete: bool,
    /// Whether it is the parentheses around a join.
    is_join: bool,
    /// Whether what stands here now is of a clause that the types do not show.
    is_hidden: bool,
    is_in_from: bool,
    expects_table: bool,
    /// Whether that is the one that is written to.
    is_target: bool,
    last: Keyword,
    with: With,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    #[default]
    None,
    /// `IS`, or `IS NOT`.
    Is,
    /// `IS DISTINCT`, or `IS NOT DISTINCT`.
    IsDistinct,
    Distinct,
    DistinctOn,
    /// After which `UPDATE` begins nothing: `FOR UPDATE`, `DO UPDATE`.
    Clause,
    Other,
}

impl Frame {
    /// What begins with a parenthesis here.
    fn open(&self) -> Self {
        let is_hidden = self.is_hidden || self.last == Keyword::DistinctOn;
        let is_join = self.expects_table;
        Self { is_join, is_hidden, expects_table: is_join, is_in_from: is_join, ..Self::default() }
    }

    /// Whether the word is a keyword that says where the tables are.
    fn keyword(&mut self, word: &str, is_outermost: bool) -> bool {
        let before = self.last;
        let is_plain = !self.is_query && !self.is_insert && !self.is_join;
        let upper = word.to_ascii_uppercase();
        self.last = match upper.as_str() {
            "IS" => Keyword::Is,
            "NOT" if before == Keyword::Is => Keyword::Is,
            "DISTINCT" if before == Keyword::Is => Keyword::IsDistinct,
            "DISTINCT" => Keyword::Distinct,
            "ON" if before == Keyword::Distinct => Keyword::DistinctOn,
            "FOR" | "DO" | "NO" | "KEY" => Keyword::Clause,
            _ => Keyword::Other,
        };
        match upper.as_str() {
            "INTO" | "UPDATE" => self.is_target = true,
            "FROM" => self.is_target = self.is_delete,
            "SELECT" | "TABLE" | "USING" | "JOIN" => self.is_target = false,
            _ => {}
        }
        match upper.as_str() {
            "SELECT" => {
                (self.is_query, self.expects_table, self.is_in_from) = (true, false, false);
                self.is_hidden |= is_outermost && self.is_insert;
            }
            // A statement begins with one of these, and so does what follows `WITH` and `UNION`.
            "DELETE" => (self.is_query, self.is_delete) = (true, true),
            "INSERT" | "MERGE" => self.is_insert = true,
            // Short for `SELECT * FROM`.
            "TABLE" => (self.is_query, self.expects_table) = (true, true),
            "UPDATE" if before != Keyword::Clause => (self.is_query, self.expects_table) = (true, true),
            "USING" if self.is_delete || self.is_insert => (self.is_in_from, self.expects_table) = (true, true),
            // `IS DISTINCT FROM` compares, and `extract(year FROM …)` is a function's.
            "FROM" if before == Keyword::IsDistinct || is_plain => {}
            "FROM" => (self.is_in_from, self.expects_table) = (true, true),
            "JOIN" | "INTO" => self.expects_table = true,
            "ONLY" | "LATERAL" if self.expects_table => {}
            "WHERE" | "ORDER" | "LIMIT" | "OFFSET" | "FOR" | "GROUP" | "HAVING" | "SET" | "RETURNING" | "WINDOW"
            | "VALUES" | "UNION" | "INTERSECT" | "EXCEPT" => {
                (self.is_in_from, self.expects_table) = (false, false);
                let hides = matches!(upper.as_str(), "GROUP" | "HAVING" | "SET" | "RETURNING" | "WINDOW");
                self.is_hidden = self.is_insert || hides;
            }
            "ON" => self.expects_table = false,
            _ => return false,
        }
        true
    }
}

/// Whether a name stands alone.
fn is_unqualified(text: &str) -> bool {
    Tokens::of(text).nth(1).is_none()
}

/// Where a name stands that is found now.
fn place(frames: &[Frame]) -> Place {
    let queries = frames.iter().skip(1).filter(|frame| frame.is_query).count();
    let is_hidden = frames.iter().any(|frame| frame.is_hidden);
    match queries {
        0 if !is_hidden => Place::Own,
        1 if !is_hidden => Place::Subquery,
        _ => Place::Hidden,
    }
}

/// A name with all that is joined to it by dots.
fn qualified<'sql>(sql: &'sql str, first: &'sql str, tokens: &mut Peekable<Tokens<'sql>>) -> &'sql str {
    let offset = |part: &str| part.as_ptr() as usize - sql.as_ptr() as usize;
    let start = offset(first);
    let mut end = start + first.len();
    while trimmed(&sql[end..]).starts_with('.') {
        tokens.next();
        let Some(Token::Word(part) | Token::Quoted(part)) = tokens.next() else { break };
        end = offset(part) + part.len();
    }
    &sql[start..end]
}

#[cfg(test)]
mod tests;
