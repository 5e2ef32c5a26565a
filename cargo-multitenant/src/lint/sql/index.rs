//! CREATE INDEX.

use super::constraints::expression as expression_of;
use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::{Ident, IndexDef};

/// CREATE INDEX.
pub(super) fn index(node: &Node, place: Place<'_>) -> IndexDef {
    let items = items_of(node);
    let included: Vec<Node> = tree::child(node, Kind::INDEX_INCLUDE_CLAUSE).iter().flat_map(items_of).collect();
    let key = |item: &Node| {
        let first = expression(item)?;
        if first.kind() == Kind::NAME_REF { names::ident(&first, place) } else { None }
    };
    let condition = tree::child(node, Kind::WHERE_CLAUSE);
    let method = tree::child(node, Kind::USING_METHOD);
    let expressions = items.iter().filter(|item| key(item).is_none());
    IndexDef {
        columns: items.iter().map(key).collect(),
        labels: items.iter().chain(&included).map(|item| label(item, place)).collect(),
        words: expressions.chain(&included).chain(&condition).flat_map(|part| words(part, place)).collect(),
        is_unique: tree::has_token(node, Kind::UNIQUE_KW),
        is_partial: condition.is_some(),
        is_special: !included.is_empty() || is_special(&items),
        items: items.iter().map(tree::text).collect(),
        include: included.iter().map(|item| label(item, place)).collect(),
        predicate: condition.map(|condition| expression_of(&condition)),
        nulls_not_distinct: tree::child(node, Kind::NULLS_NOT_DISTINCT).is_some(),
        method: method.and_then(|method| Some(tree::tokens(&method).last()?.text().to_lowercase())),
    }
}

fn items_of(node: &Node) -> Vec<Node> {
    let list = tree::child(node, Kind::PARTITION_ITEM_LIST);
    list.iter().flat_map(|list| tree::children(list, Kind::PARTITION_ITEM)).collect()
}

/// Whether one of these is sorted otherwise than a column alone would be. An index is read backwards as well as forwards, but
/// as a whole.
fn is_special(items: &[Node]) -> bool {
    let is_descending = |item: &Node| tree::holds(item, Kind::SORT_DESC);
    items.iter().any(|item| {
        let is_turned = items.first().is_some_and(|first| is_descending(first) != is_descending(item));
        let nulls = if is_descending(item) { Kind::NULLS_LAST } else { Kind::NULLS_FIRST };
        is_turned || [nulls, Kind::OP_CLASS_REF, Kind::COLLATION_REF].iter().any(|kind| tree::holds(item, *kind))
    })
}

/// What an item sorts by, without its collation.
fn expression(item: &Node) -> Option<Node> {
    let first = item.children().next()?;
    if first.kind() == Kind::COLLATE { first.children().next() } else { Some(first) }
}

fn words(node: &Node, place: Place<'_>) -> Vec<String> {
    let names = node.descendants().filter(|below| below.kind() == Kind::NAME_REF);
    names.filter_map(|name| names::ident(&name, place)).map(|Ident { text, .. }| text).collect()
}

/// What PostgreSQL calls a column of an index in the name that it makes for it: a function by its name.
pub(super) fn label(item: &Node, place: Place<'_>) -> String {
    let label = expression(item).and_then(|expression| label_of(&expression, place));
    label.unwrap_or_else(|| "expr".to_owned())
}

fn label_of(expression: &Node, place: Place<'_>) -> Option<String> {
    let first = || expression.children().next();
    match expression.kind() {
        Kind::NAME_REF => Some(names::ident(expression, place)?.text),
        Kind::FIELD_EXPR => {
            let last = tree::children(expression, Kind::NAME_REF).last()?;
            Some(names::ident(&last, place)?.text)
        }
        Kind::PAREN_EXPR | Kind::CALL_EXPR | Kind::INDEX_EXPR => label_of(&first()?, place),
        Kind::CAST_EXPR => {
            let ty = tree::child(expression, Kind::PATH_TYPE).and_then(|ty| names::name(&ty, place));
            label_of(&first()?, place).or_else(|| ty.map(|ty| ty.name.text))
        }
        Kind::CASE_EXPR => Some("case".to_owned()),
        _ => None,
    }
}
