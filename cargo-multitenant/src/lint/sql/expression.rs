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
