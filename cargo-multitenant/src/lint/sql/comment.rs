//! COMMENT ON.

use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::{Comment, Commented, Ident, Name};

/// COMMENT ON, where it is about what the catalogue holds.
pub(super) fn comment(node: &Node, place: Place<'_>) -> Option<Comment> {
    let object = node.children().find(|child| tree::word(child.kind()).starts_with("OBJECT_"))?;
    let name = || names::name(&object.children().next()?, place);
    let on = match object.kind() {
        Kind::OBJECT_TABLE
        | Kind::OBJECT_FOREIGN_TABLE
        | Kind::OBJECT_VIEW
        | Kind::OBJECT_MATERIALIZED_VIEW
        | Kind::OBJECT_INDEX
        | Kind::OBJECT_SEQUENCE => Commented::Relation(name()?),
        Kind::OBJECT_TYPE | Kind::OBJECT_DOMAIN => Commented::Type(name()?),
        Kind::OBJECT_COLUMN => {
            let (table, column) = column(&object, place)?;
            Commented::Column(table, column)
        }
        _ => return None,
    };
    let text = tree::child(node, Kind::LITERAL).and_then(|literal| tree::string(&literal));
    Some(Comment { on, text: text.filter(|text| !text.is_empty()).map(Into::into) })
}

/// `schema.table.column`, without what stands before.
fn column(object: &Node, place: Place<'_>) -> Option<(Name, Ident)> {
    let segments = object.descendants().filter(|below| below.kind() == Kind::PATH_SEGMENT_REF);
    let mut idents: Vec<Ident> = segments.filter_map(|segment| names::ident(&segment, place)).collect();
    let (column, table) = (idents.pop()?, idents.pop()?);
    Some((Name { schema: idents.pop(), name: table }, column))
}
