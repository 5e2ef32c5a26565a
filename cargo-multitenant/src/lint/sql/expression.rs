//! Expressions by themselves: where they can stand, and what they are equal to.

use super::nesting;
use super::tree::{self, Element, Kind, Node, TokenKind, tokenize};

/// Whether an expression can stand as the DEFAULT of a column as it is: SQL takes no operator there that is a word
/// (`b_expr` of PostgreSQL's grammar). One that cannot be read is left as it is.
pub(crate) fn is_limited_expression(text: &str) -> bool {
    let select = format!("SELECT {text}");
    if nesting::excess(&select).is_some() {
        return true;
    }
    let tree = tree::parse(&select);
    let target = tree.root.descendants().find(|node| node.kind() == Kind::TARGET);
    target.and_then(|target| target.children().next()).is_none_or(|expression| is_limited(&expression))
}

/// The column that an expression is computed from, if there is one, as it was written.
pub(crate) fn column_of_expression(text: &str) -> Option<String> {
    let select = format!("SELECT {text}");
    if nesting::excess(&select).is_some() {
        return None;
    }
    let tree = tree::parse(&select);
    let names = tree.root.descendants().filter(|node| node.kind() == Kind::NAME_REF);
    names.filter(is_column).map(|name| tree::text(&name).to_string()).next()
}

/// Whether a name in an expression is a column's, and not a function's, a schema's, a field's or a value's of the server.
fn is_column(name: &Node) -> bool {
    const VALUES: [&str; 12] = [
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "system_user",
        "user",
    ];
    let mut node = name.clone();
    while let Some(above) = node.parent() {
        match above.kind() {
            // What is called.
            Kind::CALL_EXPR => return false,
            // What stands in front of a dot may be a schema, what stands behind it is a part.
            Kind::FIELD_EXPR if above.first_child().as_ref() == Some(&node) => node = above,
            Kind::FIELD_EXPR => return false,
            _ => break,
        }
    }
    !VALUES.iter().any(|value| tree::text(name).to_string().eq_ignore_ascii_case(value))
}

fn is_limited(top: &Node) -> bool {
    let mut left = vec![top.clone()];
    while let Some(node) = left.pop() {
        let is_operation = matches!(
            node.kind(),
            Kind::BIN_EXPR | Kind::PREFIX_EXPR | Kind::POSTFIX_EXPR | Kind::BETWEEN_EXPR | Kind::COLLATE
        );
        if !is_operation {
            continue;
        }
        for child in node.children_with_tokens() {
            match child {
                Element::Token(token) if is_word(token.text()) => return false,
                Element::Token(_) => {}
                Element::Node(node) if is_operand(node.kind()) => left.push(node),
                Element::Node(operator) if tree::tokens(&operator).any(|token| is_word(token.text())) => return false,
                Element::Node(_) => {}
            }
        }
    }
    true
}

fn is_operand(kind: Kind) -> bool {
    matches!(kind, Kind::LITERAL | Kind::NAME_REF | Kind::COLLATE) || tree::word(kind).ends_with("_EXPR")
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// An expression as it is compared with another: without blanks, outer parentheses, and what quotes and capitals do not change.
pub(crate) fn normal(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    for token in tokenize(text) {
        let (of_token, after) = rest.split_at(token.len as usize);
        rest = after;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {}
            TokenKind::Ident => words.push(of_token.to_lowercase()),
            TokenKind::QuotedIdent { .. } => words.push(plain(of_token)),
            _ => words.push(of_token.to_owned()),
        }
    }
    while let [first, .., last] = words.as_slice()
        && first == "("
        && last == ")"
        && encloses(&words)
    {
        words = words[1..words.len() - 1].to_vec();
    }
    let text = words.join(" ");
    if text == "current_timestamp" { "now ( )".to_owned() } else { text }
}

/// A name that means the same without its quotes stands without them.
fn plain(quoted: &str) -> String {
    let inner = quoted.trim_matches('"');
    let is_plain = inner.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && inner.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !super::words::is_keyword(inner);
    if is_plain { inner.to_owned() } else { quoted.to_owned() }
}

/// Whether the first parenthesis is closed by the last word.
fn encloses(words: &[String]) -> bool {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1 == words.len();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_from_all_other_names() {
        for none in [
            "1",
            "'a'",
            "now()",
            "current_date",
            "CURRENT_TIMESTAMP(3)",
            "current_user",
            "localtimestamp",
            "true",
            "null",
            "'{}'::jsonb",
            "'a'::public.mood",
            "cast('1' as bigint)",
            "date '2020-01-01'",
            "interval '1 day'",
            "now() at time zone 'utc'",
            "extract(year from now())",
            "make_interval(days => 3)",
            "pg_catalog.now()",
            "public.f(1)",
            "array[1, 2]::int[]",
            "f(1).y",
            "nextval('a_seq')",
            "'a' collate \"C\"",
            "trim(both from 'x')",
            "row(1, 2)",
            "case when random() > 0.5 then 1 else 2 end",
            "(now() + interval '1' day)",
            "session_user",
            "user",
            "mood 'glad'",
            "coalesce(null, 1)",
            "substring('a' from 1 for 2)",
        ] {
            assert_eq!(column_of_expression(none), None, "{none}");
        }
        for (some, column) in [
            ("a", "a"),
            ("upper(a)", "a"),
            ("t.a", "t"),
            ("\"A\" || 'x'", "\"A\""),
            ("1 + n", "n"),
            ("array[n]", "n"),
            ("case when b then 1 end", "b"),
            ("f(days => n)", "n"),
            ("(a).b", "a"),
            ("current_dates", "current_dates"),
        ] {
            assert_eq!(column_of_expression(some).as_deref(), Some(column), "{some}");
        }
    }

    #[test]
    fn texts_are_compared_by_what_they_mean() {
        for (one, other) in
            [("NOW()", "now( )"), ("(a > 0)", "A>0"), ("\"a\" = 'X'", "a = 'X'"), ("CURRENT_TIMESTAMP", "now()")]
        {
            assert_eq!(normal(one), normal(other), "{one} and {other}");
        }
        for (one, other) in [("'a'", "'A'"), ("\"A\"", "a"), ("(a) + (b)", "a) + (b")] {
            assert_ne!(normal(one), normal(other), "{one} and {other}");
        }
    }
}
