//! Which tables a statement names, read from its SQL, where the types do not show it.
//!
//! The statements are Diesel's, so that names are quoted, joins stand in parentheses, and keywords are where they
//! belong. What an application writes itself (`sql("…")`) is read as well, as far as it looks like that.

use std::iter::Peekable;

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
        match self.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) if quoted.replace("\"\"", "").contains('"') => None,
            Some(quoted) => Some(quoted.replace("\"\"", "\"")),
            None if self.text.contains('.') => None,
            None => Some(self.text.to_lowercase()),
        }
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
}

/// All tables that the statement names.
pub(crate) fn named(sql: &str) -> Vec<Name<'_>> {
    let mut tokens = Tokens { rest: sql }.peekable();
    let mut names = Vec::new();
    let mut frames = vec![Frame::default()];
    while let Some(token) = tokens.next() {
        let depth = frames.len() - 1;
        let Some(frame) = frames.last_mut() else { break };
        match token {
            Token::Open => {
                let inner = frame.open();
                frames.push(inner);
            }
            Token::Close if depth > 0 => {
                frames.pop();
                if let Some(frame) = frames.last_mut() {
                    frame.expects_table = false;
                }
            }
            Token::Comma => frame.expects_table = frame.is_in_from,
            Token::Word(word) if frame.keyword(word, depth == 0) => {}
            Token::Word(text) | Token::Quoted(text) if frame.expects_table => {
                let text = qualified(sql, text, &mut tokens);
                frame.expects_table = false;
                let place = place(&frames);
                names.push(Name { text, place });
            }
            Token::Close | Token::Word(_) | Token::Quoted(_) | Token::Other => {}
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
    /// Whether it is the parentheses around a join.
    is_join: bool,
    /// Whether what stands here now is of a clause that the types do not show.
    is_hidden: bool,
    is_in_from: bool,
    expects_table: bool,
    last: Keyword,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    #[default]
    None,
    Distinct,
    DistinctOn,
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
        let is_first = self.last == Keyword::None;
        let is_distinct = self.last == Keyword::Distinct;
        let is_plain = !self.is_query && !self.is_insert && !self.is_join;
        let upper = word.to_ascii_uppercase();
        self.last = match upper.as_str() {
            "DISTINCT" => Keyword::Distinct,
            "ON" if is_distinct => Keyword::DistinctOn,
            _ => Keyword::Other,
        };
        match upper.as_str() {
            "SELECT" => {
                (self.is_query, self.expects_table, self.is_in_from) = (true, false, false);
                self.is_hidden |= is_outermost && self.is_insert;
            }
            "DELETE" if is_first => self.is_query = true,
            "INSERT" if is_first => self.is_insert = true,
            // Short for `SELECT * FROM`.
            "TABLE" if is_first => (self.is_query, self.expects_table) = (true, true),
            "UPDATE" if is_first => (self.is_query, self.expects_table) = (true, true),
            // `IS DISTINCT FROM` compares, and `extract(year FROM …)` is a function's.
            "FROM" if is_distinct || is_plain => {}
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
    let start = first.as_ptr() as usize - sql.as_ptr() as usize;
    let mut end = start + first.len();
    while sql[end..].starts_with('.') {
        tokens.next();
        let Some(Token::Word(part) | Token::Quoted(part)) = tokens.next() else { break };
        end += 1 + part.len();
    }
    &sql[start..end]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'sql> {
    Word(&'sql str),
    /// With its quotes.
    Quoted(&'sql str),
    Open,
    Close,
    Comma,
    Other,
}

struct Tokens<'sql> {
    rest: &'sql str,
}

impl<'sql> Iterator for Tokens<'sql> {
    type Item = Token<'sql>;

    fn next(&mut self) -> Option<Token<'sql>> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[(&str, Place)]) {
        let found: Vec<_> = named(sql).into_iter().map(|name| (name.text, name.place)).collect();
        assert_eq!(found, expected, "{sql}");
    }

    use Place::{Hidden, Own, Subquery};

    #[test]
    fn own_tables() {
        check(r#"SELECT "users"."id" FROM "users" WHERE ("users"."id" = $1)"#, &[(r#""users""#, Own)]);
        check(r#"SELECT 1 FROM "app"."plans" AS "p" LIMIT $1 FOR UPDATE"#, &[(r#""app"."plans""#, Own)]);
        check(
            r#"SELECT x FROM (("a" INNER JOIN "b" ON ("a"."id" = "b"."id")) LEFT OUTER JOIN "c" AS "d" ON ("c"."x" = "b"."x"))"#,
            &[(r#""a""#, Own), (r#""b""#, Own), (r#""c""#, Own)],
        );
        check(r#"UPDATE "a" SET "x" = $1 WHERE ("a"."id" = $2) RETURNING "a"."id""#, &[(r#""a""#, Own)]);
        check(r#"DELETE  FROM "a" WHERE ("a"."id" = $2)"#, &[(r#""a""#, Own)]);
        check(
            r#"INSERT INTO "a" ("x") VALUES ($1), (DEFAULT) ON CONFLICT ("x") DO UPDATE SET "x" = excluded."x""#,
            &[(r#""a""#, Own)],
        );
        check(r#"SELECT 1 FROM "a", b"#, &[(r#""a""#, Own), ("b", Own)]);
    }

    #[test]
    fn subqueries() {
        check(
            r#"SELECT x FROM "a" WHERE ("a"."x" IN (SELECT "b"."x" FROM "b" WHERE ("b"."id" = $1))) ORDER BY "a"."x""#,
            &[(r#""a""#, Own), (r#""b""#, Subquery)],
        );
        check(r#"SELECT EXISTS (SELECT 1 FROM "b")"#, &[(r#""b""#, Subquery)]);
        check(
            r#"SELECT (SELECT x FROM "b" LIMIT 1) FROM "a" ORDER BY (SELECT y FROM "c")"#,
            &[(r#""b""#, Subquery), (r#""a""#, Own), (r#""c""#, Subquery)],
        );
        check(r#"DELETE FROM "a" WHERE ("a"."x" = ANY(SELECT x FROM "b"))"#, &[(r#""a""#, Own), (r#""b""#, Subquery)]);
    }

    #[test]
    fn what_types_do_not_show() {
        check(
            r#"SELECT 1 FROM "a" WHERE ("a"."x" IN (SELECT x FROM ("b" INNER JOIN "c" ON (true))))"#,
            &[(r#""a""#, Own), (r#""b""#, Subquery), (r#""c""#, Subquery)],
        );
        check(
            r#"SELECT 1 FROM "a" WHERE (x IN (SELECT (SELECT y FROM "c") FROM "b"))"#,
            &[(r#""a""#, Own), (r#""c""#, Hidden), (r#""b""#, Subquery)],
        );
        check(
            r#"SELECT 1 FROM "a" WHERE (x IN ((SELECT x FROM "b") UNION (SELECT x FROM "c")))"#,
            &[(r#""a""#, Own), (r#""b""#, Subquery), (r#""c""#, Subquery)],
        );
        check(
            r#"SELECT DISTINCT ON ((SELECT 1 FROM "b")) x FROM "a" GROUP BY (SELECT 1 FROM "c") HAVING (1 = (SELECT 1 FROM "d")) ORDER BY (SELECT 1 FROM "e")"#,
            &[(r#""b""#, Hidden), (r#""a""#, Own), (r#""c""#, Hidden), (r#""d""#, Hidden), (r#""e""#, Subquery)],
        );
        check(
            r#"UPDATE "a" SET "x" = (SELECT 1 FROM "b") WHERE (x IN (SELECT 1 FROM "c")) RETURNING (SELECT 1 FROM "d")"#,
            &[(r#""a""#, Own), (r#""b""#, Hidden), (r#""c""#, Subquery), (r#""d""#, Hidden)],
        );
        check(r#"INSERT INTO "a" ("x") SELECT "b"."x" FROM "b" WHERE (true)"#, &[(r#""a""#, Own), (r#""b""#, Hidden)]);
        check(
            r#"INSERT INTO "a" ("x") VALUES ((SELECT 1 FROM "b")) RETURNING (SELECT 1 FROM "c")"#,
            &[(r#""a""#, Own), (r#""b""#, Hidden), (r#""c""#, Hidden)],
        );
        check(
            r#"(SELECT 1 FROM "a") UNION ALL (SELECT 1 FROM "b") ORDER BY 1"#,
            &[(r#""a""#, Subquery), (r#""b""#, Subquery)],
        );
        check(r#"SELECT (TABLE b), "a"."table" FROM "a""#, &[("b", Subquery), (r#""a""#, Own)]);
        check(
            "SELECT 1 FROM \"a\" WHERE exists (select from b, c join d using (x))",
            &[(r#""a""#, Own), ("b", Subquery), ("c", Subquery), ("d", Subquery)],
        );
    }

    #[test]
    fn what_is_no_table() {
        check(
            r#"SELECT 'x FROM "b"', extract(year FROM "a"."t") FROM "a" WHERE ("a"."x" IS NOT DISTINCT FROM "a"."y")"#,
            &[(r#""a""#, Own)],
        );
        check(r#"SELECT "FROM", "a"" FROM b" FROM "a"""#, &[(r#""a"""#, Own)]);
        check(r#"SELECT "a"."from" FROM "a" WHERE substring("a"."x" from 2 for 3) = $1"#, &[(r#""a""#, Own)]);
        check("", &[]);
        check(")) FROM \"a", &[]);
    }
}
