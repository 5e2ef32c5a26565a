//! CREATE INDEX.

use super::IndexDef;
use super::names::{self, Place};
use super::tree::{self, Kind, Node};

/// CREATE INDEX.
pub(super) fn index(node: &Node, place: Place<'_>) -> IndexDef {
    let items = tree::child(node, Kind::PARTITION_ITEM_LIST).into_iter().flat_map(|list| list.children());
    let columns = items.filter(|item| item.kind() == Kind::PARTITION_ITEM).map(|item| {
        let first = item.children().next()?;
        // Further columns in another order make another index, as an expression does.
        let is_turned = item.prev_sibling().is_some() && tree::holds(&item, Kind::SORT_DESC);
        (first.kind() == Kind::NAME_REF && !is_turned).then(|| names::ident(&first, place))?
    });
    let method = tree::child(node, Kind::USING_METHOD);
    IndexDef {
        columns: columns.collect(),
        is_unique: tree::has_token(node, Kind::UNIQUE_KW),
        is_partial: tree::child(node, Kind::WHERE_CLAUSE).is_some(),
        method: method.and_then(|method| Some(tree::tokens(&method).last()?.text().to_lowercase())),
    }
}
