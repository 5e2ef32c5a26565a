//! Which tables a statement names, read from its SQL, where the types do not show it.
//!
//! The statements are Diesel's, so that names are quoted, joins stand in parentheses, and keywords are where they
//! belong. What an application writes itself (`sql("…")`) is read as well, as far as it looks like that.

use std::iter::Peekable;

use super::lexer::{Token, Tokens, folded};
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
    while let Some(token) = tokens.next() {
        let depth = frames.len() - 1;
        let Some(frame) = frames.last_mut() else { break };
        if !matches!(token, Token::Word(_) | Token::Open) {
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
    while sql[end..].trim_start().starts_with('.') {
        tokens.next();
        let Some(Token::Word(part) | Token::Quoted(part)) = tokens.next() else { break };
        end = offset(part) + part.len();
    }
    &sql[start..end]
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
    fn distinct() {
        check(r#"SELECT DISTINCT "a"."x" FROM "a""#, &[(r#""a""#, Own)]);
        check(
            r#"SELECT 1 FROM "a" WHERE (x IN (SELECT DISTINCT "b"."x" FROM "b"))"#,
            &[(r#""a""#, Own), (r#""b""#, Subquery)],
        );
        check(r#"SELECT DISTINCT x FROM "a" WHERE (x IS DISTINCT FROM y)"#, &[(r#""a""#, Own)]);
    }

    #[test]
    fn statements_that_begin_later() {
        for (sql, table) in [
            (r#"WITH x AS (SELECT 1) DELETE FROM "b""#, r#""b""#),
            (r#"WITH x AS (SELECT 1) UPDATE pg_settings SET setting = 'x'"#, "pg_settings"),
            (r#"SELECT 1 FROM "a" UNION ALL TABLE "b""#, r#""b""#),
            (r#"INSERT INTO "a" TABLE "b""#, r#""b""#),
            (r#"DELETE FROM "a" USING "b" WHERE true"#, r#""b""#),
            (r#"MERGE INTO "a" USING "b" ON true WHEN MATCHED THEN DO NOTHING"#, r#""b""#),
        ] {
            assert!(named(sql).iter().any(|name| name.text == table), "{sql}");
        }
        check(r#"SELECT 1 FROM "a" FOR NO KEY UPDATE SKIP LOCKED"#, &[(r#""a""#, Own)]);
        check(r#"SELECT 1 FROM "a" FOR UPDATE OF "a""#, &[(r#""a""#, Own)]);
    }

    #[test]
    fn what_cannot_be_read() {
        for sql in [
            r#"SELECT 1 FROM "a" WHERE true /* don't */ AND x IN (SELECT 1 FROM b)"#,
            "SELECT 1 FROM \"a\" WHERE true -- it's\n AND x IN (SELECT 1 FROM b)",
            r#"SELECT E'it\'s' FROM "a""#,
            r#"SELECT $$it's$$ FROM "a""#,
            r#"SELECT $x$'$x$ FROM "a""#,
            r#"SELECT 1 FROM U&"\0062""#,
        ] {
            assert_eq!(named(sql).last().map(|name| name.place), Some(Place::Unreadable), "{sql}");
        }
        check(r#"SELECT '-- /* E' FROM "a" WHERE x = $1 - -1 AND "e" = 'x'"#, &[(r#""a""#, Own)]);
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

    #[test]
    fn names_of_queries() {
        // `WITH` gives names that are no tables, for as long as its query lasts, and not in the query of that name itself.
        check(
            r#"WITH x AS (SELECT 1 FROM "a") SELECT 1 FROM x, "X", public.x"#,
            &[(r#""a""#, Subquery), (r#""X""#, Own), ("public.x", Own)],
        );
        check(
            "with \"x\" (i, j) as not materialized (select 1, 2), y as (select 1 from X) select 1 from x join Y on true",
            &[],
        );
        check(
            "WITH x AS (SELECT 1 FROM x) SELECT 1 FROM b WHERE (EXISTS (SELECT 1 FROM x))",
            &[("x", Subquery), ("b", Own)],
        );
        check("WITH RECURSIVE x AS (SELECT 1 FROM a UNION ALL SELECT 1 FROM x) SELECT 1 FROM x", &[("a", Subquery)]);
        check("(WITH x AS (SELECT 1) SELECT 1 FROM x) UNION SELECT 1 FROM x", &[("x", Own)]);
        check("SELECT 1 FROM x WHERE (y IN (WITH x AS (SELECT 1) SELECT 1 FROM x))", &[("x", Own)]);
    }

    #[test]
    fn names_of_queries_do_not_hide_tables() {
        for sql in [
            // What is written to.
            "WITH x AS (SELECT 1) DELETE FROM x",
            "WITH x AS (SELECT 1) DELETE FROM ONLY x USING x AS y",
            "WITH x AS (SELECT 1) UPDATE x SET y = 1 FROM x AS z",
            "WITH x AS (SELECT 1) INSERT INTO x SELECT 1 FROM x",
            "WITH x AS (SELECT 1) MERGE INTO x USING x AS y ON true WHEN MATCHED THEN DO NOTHING",
            // Seen by the SELECT, and not by what follows it.
            "INSERT INTO a WITH x AS (SELECT 1) SELECT 1 FROM x RETURNING (SELECT 1 FROM x)",
            // Before it is given.
            "WITH y AS (SELECT 1 FROM x), x AS (SELECT 1) SELECT 1 FROM y",
            // Functions.
            "WITH x AS (SELECT 1) SELECT 1 FROM x(7)",
            // What cannot be understood.
            "WITH RECURSIVE y AS (SELECT 1) SEARCH DEPTH FIRST BY i, x SET z SELECT 1 FROM x",
            "WITH x SELECT 1 FROM x",
            "WITH SELECT 1 FROM x",
        ] {
            assert!(named(sql).iter().any(|name| name.text == "x"), "{sql}");
        }
    }

    #[test]
    fn spellings() {
        let is = |one, other| Name { text: one, place: Own }.is(other);
        for (one, other) in [
            ("users", "\"users\""),
            ("USERS", "users"),
            ("App.\"users\"", "\"app\".\"users\""),
            ("\"a\"\"b\"", "\"a\"\"b\""),
        ] {
            assert!(is(one, other) && is(other, one), "{one} {other}");
        }
        for (one, other) in
            [("users", "\"Users\""), ("app.users", "users"), ("\"app.users\"", "app.users"), ("a", "\"a\"\"\"")]
        {
            assert!(!is(one, other) && !is(other, one), "{one} {other}");
        }
    }
}
