//! Expressions that can stand at a column.

use super::nesting;
use super::tree::{self, Element, Kind, Node};

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
