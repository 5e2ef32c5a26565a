//! How deep a text is nested: the parser goes down as deep, and a stack has an end.

use super::tree::{LexerToken as Token, LiteralKind, TokenKind as T, tokenize};

use super::Span;

/// How many parentheses, blocks, bodies or signs before a term may stand in one another.
pub(super) const MOST_LEVELS: usize = 250;

/// How many operators one expression may have: a tree of them is as deep.
pub(super) const MOST_OPERATORS: usize = 5_000;

/// Where a text, or a body in it, is nested too deep to be parsed, and how.
pub(super) fn excess(text: &str) -> Option<(Span, String)> {
    excess_below(text, 0, 0)
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Bracket,
    Block,
}

#[derive(Default)]
struct Scan<'a> {
    /// What is open, each with the operators that stood in it before.
    open: Vec<(Open, usize)>,
    operators: usize,
    /// Signs in a row.
    signs: usize,
    /// The two tokens before; words in lower case, of what else there is nothing.
    before: [std::borrow::Cow<'a, str>; 2],
}

impl Scan<'_> {
    fn push(&mut self, open: Open) {
        self.open.push((open, self.operators));
    }

    fn pop(&mut self, kind: Open) {
        let at = match kind {
            Open::Bracket => self.open.iter().rposition(|(open, _)| *open == kind),
            Open::Block => self.open.len().checked_sub(1).filter(|at| self.open[*at].0 == kind),
        };
        if let Some(at) = at {
            self.operators = self.open[at].1;
            self.open.truncate(at);
        }
    }

    fn word(&mut self, word: &str) {
        let is_after_end = self.before[1] == "end";
        let begins = matches!(&*self.before[1], ";" | "begin" | "then" | "else" | "loop" | "");
        match word {
            "begin" | "case" | "loop" if !is_after_end => self.push(Open::Block),
            // Elsewhere it is `IF EXISTS`.
            "if" if begins => self.push(Open::Block),
            "end" => self.pop(Open::Block),
            // The beginning of a transaction, which nothing closes.
            "transaction" | "work" | "isolation" if self.before[1] == "begin" => self.pop(Open::Block),
            "not" => self.operator(),
            "and" | "or" | "union" | "except" | "intersect" | "join" | "explain" => self.operators += 1,
            _ => {}
        }
        if word != "not" {
            self.signs = 0;
        }
    }

    fn operator(&mut self) {
        self.operators += usize::from(self.signs == 0);
        self.signs += 1;
    }

    /// Where a comma or a semicolon stands, an expression ends.
    fn ends(&mut self) {
        self.operators = self.open.last().map_or(0, |(_, before)| *before);
    }

    /// Whether a string is code here.
    fn is_body(&self) -> bool {
        matches!(&*self.before[1], "as" | "do" | "execute") || self.before[0] == "language"
    }
}

fn excess_below(text: &str, levels: usize, at_least: usize) -> Option<(Span, String)> {
    let mut scan = Scan { operators: at_least, ..Scan::default() };
    let mut start = 0;
    for Token { kind, len } in tokenize(text) {
        let span = start..start + usize::try_from(len).unwrap_or_default();
        start = span.end;
        let token = &text[span.clone()];
        let mut this = std::borrow::Cow::Borrowed("?");
        match kind {
            T::Whitespace | T::LineComment | T::BlockComment { .. } => continue,
            T::Eof => break,
            T::OpenParen | T::OpenBracket => scan.push(Open::Bracket),
            T::CloseParen | T::CloseBracket => scan.pop(Open::Bracket),
            T::Comma => scan.ends(),
            T::Semi => {
                if scan.before[1] == "begin" {
                    scan.pop(Open::Block);
                }
                scan.ends();
                this = ";".into();
            }
            T::Ident => {
                this = token.to_ascii_lowercase().into();
                scan.word(&this);
            }
            T::Literal { kind } => {
                let body = match kind {
                    LiteralKind::DollarQuotedString { .. } => token[1..].find('$').map(|end| end + 2),
                    LiteralKind::Str { .. } | LiteralKind::EscStr { .. } => token.find('\'').map(|at| at + 1),
                    _ => None,
                };
                let body = body.filter(|_| scan.is_body()).and_then(|at| Some((at, token.get(at..)?)));
                let below = levels + scan.open.len() + 1;
                if let Some((at, (found, message))) =
                    body.and_then(|(at, body)| Some((at, excess_below(body, below, scan.operators)?)))
                {
                    let at = span.start + at;
                    return Some((at + found.start..at + found.end, message));
                }
            }
            T::QuotedIdent { .. } | T::PositionalParam { .. } => {}
            _ => scan.operator(),
        }
        let is_sign = !matches!(kind, T::QuotedIdent { .. } | T::PositionalParam { .. } | T::Literal { .. });
        let is_end = matches!(kind, T::OpenParen | T::CloseParen | T::Comma | T::Semi | T::CloseBracket);
        if !is_sign || is_end {
            scan.signs = 0;
        }
        if levels + scan.open.len() > MOST_LEVELS || scan.signs > MOST_LEVELS {
            return Some((span, format!("this is nested deeper than {MOST_LEVELS} levels")));
        }
        if scan.operators > MOST_OPERATORS {
            return Some((span, format!("this expression has more than {MOST_OPERATORS} operators")));
        }
        let [_, last] = scan.before;
        scan.before = [last, this];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of a nesting of `count`.
    fn texts(count: usize) -> Vec<String> {
        let nest = |open: &str, inner: &str, close: &str| open.repeat(count) + inner + &close.repeat(count);
        let blocks = nest("begin ", "null; ", "end; ");
        vec![
            format!("select {};", nest("(", "1", ")")),
            format!("select {};", nest("array[", "1", "]")),
            format!("select {} 1;", "- ".repeat(count)),
            format!("select {} true;", "not ".repeat(count)),
            format!("select {};", nest("case when true then ", "1", " end")),
            format!("select * from {};", nest("(select * from ", "t", ") x")),
            format!("do $$ {blocks} $$;"),
            format!("do language plpgsql $$ {blocks} $$;"),
            format!("create function f() returns void as '{blocks}' language plpgsql;"),
            format!("do $$ begin {} end $$;", nest("if true then ", "null; ", "end if; ")),
            format!("do $$ begin {} end $$;", nest("loop ", "null; ", "end loop; ")),
            format!("do $$ begin execute 'select {}'; end $$;", nest("(", "1", ")")),
        ]
    }

    #[test]
    fn what_is_nested_too_deep_is_told_and_the_rest_can_be_read() {
        for count in [MOST_LEVELS + 1, 50_000] {
            for text in texts(count) {
                let script = super::super::read(&text);
                assert_eq!(script.statements.len(), 0, "{}", &text[..60]);
                assert!(
                    script.excess.is_some_and(|(_, message)| message.contains("deeper than 250")),
                    "{}",
                    &text[..60]
                );
            }
        }
        for text in texts(MOST_LEVELS - 5) {
            let script = super::super::read(&text);
            assert_eq!((script.excess, script.statements.len()), (None, 1), "{}", &text[..60]);
        }
    }

    #[test]
    fn expressions_are_as_long_as_a_stack_is_deep() {
        for operator in ["+", " or ", "||", "::int::", "^", " union select ", "."] {
            let text = |count| format!("select a{};", format!("{operator}a").repeat(count));
            assert!(super::super::read(&text(MOST_OPERATORS + 1)).excess.is_some(), "{operator}");
            assert!(excess(&text(MOST_OPERATORS / 2)).is_none(), "{operator}");
        }
        let longest = format!("select a{};", "+a".repeat(MOST_OPERATORS - 1));
        assert_eq!(super::super::read(&longest).statements.len(), 1);
    }

    #[test]
    fn what_hides_its_depth_is_not_read() {
        let deep = "(".repeat(50_000);
        for text in [format!("do $$ begin execute ('select {deep}'); end $$;"), format!("do e'{deep}';")] {
            super::super::read(&text);
        }
    }

    #[test]
    fn what_comes_one_after_the_other_is_not_nested() {
        for statement in [
            "begin; commit;",
            "begin transaction; end;",
            "drop table if exists a;",
            "insert into a values (1 + 2, 'a + b'), (-3, $$((((+$$);",
            "do $$ begin if a then null; elsif b then null; else null; end if; for i in 1..2 loop null; end loop; end $$;",
            "select case when a then b when not c then d end;",
            "select 'x' as y, '(((' as z;",
        ] {
            assert_eq!(excess(&statement.repeat(MOST_OPERATORS)), None, "{statement}");
        }
    }
}
