//! CREATE TABLE.

use std::sync::Arc;

use super::constraints::constraint;
use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::types::type_of;
use super::{Column, Ident, Like, Name, TableDef};

/// CREATE TABLE.
pub(super) fn definition(node: &Node, place: Place<'_>) -> TableDef {
    let mut table = TableDef {
        inherits: tree::child(node, Kind::INHERITS).map(|inherits| tables(&inherits, place)).unwrap_or_default(),
        partition_of: tree::child(node, Kind::PARTITION_OF).and_then(|of| tables(&of, place).pop()),
        is_partitioned: tree::child(node, Kind::PARTITION_BY).is_some()
            || tree::child(node, Kind::PARTITION_BY_CLAUSE).is_some(),
        partition_by: tree::child(node, Kind::PARTITION_BY)
            .map(|by| tree::text_of(&by, |child| !matches!(child.kind(), Kind::PARTITION_KW | Kind::BY_KW))),
        bounds: bounds(node),
        of_type: tree::child(node, Kind::OF_TYPE).is_some(),
        ..TableDef::default()
    };
    for argument in tree::child(node, Kind::TABLE_ARG_LIST).into_iter().flat_map(|list| list.children()) {
        match argument.kind() {
            Kind::COLUMN => table.columns.extend(column(&argument, place)),
            Kind::LIKE_CLAUSE => table.likes.extend(like(&argument, place)),
            _ => table.constraints.extend(constraint(&argument, place)),
        }
    }
    table
}

/// What a partition holds.
pub(super) fn bounds(node: &Node) -> Option<Arc<str>> {
    let is_bounds = |kind| kind == Kind::PARTITION_DEFAULT || tree::word(kind).starts_with("PARTITION_FOR_VALUES");
    node.children().find(|child| is_bounds(child.kind())).map(|bounds| tree::text(&bounds))
}

pub(super) fn tables(node: &Node, place: Place<'_>) -> Vec<Name> {
    let refs = node.descendants().filter(|n| matches!(n.kind(), Kind::TABLE_NAME_REF | Kind::RELATION_NAME_REF));
    refs.filter_map(|table| names::name(&table, place)).collect()
}

fn like(node: &Node, place: Place<'_>) -> Option<Like> {
    let table = tables(node, place).pop()?;
    let (mut including, mut excluding) = (Vec::new(), Vec::new());
    for option in node.children() {
        let words = option.children().map(|property| tree::word(property.kind()));
        match option.kind() {
            Kind::INCLUDING_PROPERTY => including.extend(words),
            Kind::EXCLUDING_PROPERTY => excluding.extend(words),
            _ => {}
        }
    }
    let with = |property: &str| {
        let given = |list: &[&str], property: &str| list.contains(&property);
        given(&including, property) || (given(&including, "PROPERTY_ALL") && !given(&excluding, property))
    };
    Some(Like {
        table,
        span: place(tree::span(node)),
        defaults: with("PROPERTY_DEFAULTS"),
        identity: with("PROPERTY_IDENTITY"),
        indexes: with("PROPERTY_INDEXES"),
        generated: with("PROPERTY_GENERATED"),
        constraints: with("PROPERTY_CONSTRAINTS"),
        comments: with("PROPERTY_COMMENTS"),
    })
}

pub(super) fn column(node: &Node, place: Place<'_>) -> Option<Column> {
    let name = tree::child(node, Kind::COLUMN_NAME).or_else(|| tree::child(node, Kind::COMPOSITE_FIELD));
    let name = names::ident(&name?, place)?;
    let constraints = node.children().filter_map(|child| constraint(&child, place)).collect();
    let span = place(tree::span(node));
    let collation = tree::child(node, Kind::COLLATE).and_then(|collate| tree::child(&collate, Kind::COLLATION_REF));
    let collation = collation.map(|collation| tree::text(&collation));
    Some(Column { name, span, ty: type_of(node, place), collation, constraints })
}

/// The columns of a query, as far as they have names.
pub(super) fn result_columns(node: &Node, place: Place<'_>) -> Vec<Ident> {
    if let Some(list) = tree::child(node, Kind::COLUMN_LIST) {
        let names = list.descendants().filter(|n| n.kind() == Kind::COLUMN_NAME);
        return names.filter_map(|name| names::ident(&name, place)).collect();
    }
    let Some(list) = node.descendants().find(|below| below.kind() == Kind::TARGET_LIST) else { return Vec::new() };
    let column = |target: Node| match tree::child(&target, Kind::AS_NAME) {
        Some(name) => names::ident(&tree::child(&name, Kind::COLUMN_NAME)?, place),
        None => {
            let expression = target.children().next()?;
            let last = expression.descendants().filter(|n| n.kind() == Kind::NAME_REF).last()?;
            matches!(expression.kind(), Kind::NAME_REF | Kind::FIELD_EXPR).then(|| names::ident(&last, place))?
        }
    };
    tree::children(&list, Kind::TARGET).filter_map(column).collect()
}
