//! ALTER.

use super::constraints::{constraint, default, expression, identity, is_null};
use super::names::{self, Place};
use super::table::{bounds, column, tables};
use super::tree::{self, Kind, Node};
use super::types::type_of;
use super::{Change, ChangeKind, Constraint, Ident, LabelPlace};

/// The actions of an ALTER.
pub(super) fn changes(node: &Node, place: Place<'_>) -> Vec<Change> {
    let actions = node.children().filter_map(|action| {
        let kind = change(&action, place)?;
        Some(Change { span: place(tree::span(&action)), kind })
    });
    actions.collect()
}

fn change(node: &Node, place: Place<'_>) -> Option<ChangeKind> {
    let ident = |kind| tree::child(node, kind).and_then(|child| names::ident(&child, place));
    let cascades = || tree::child(node, Kind::CASCADE).is_some();
    Some(match node.kind() {
        Kind::ADD_COLUMN => ChangeKind::AddColumn(column(node, place)?),
        Kind::DROP_COLUMN => ChangeKind::DropColumn { column: ident(Kind::COLUMN_NAME_REF)?, cascade: cascades() },
        Kind::ALTER_COLUMN => return alter_column(node, ident(Kind::COLUMN_NAME_REF)?, place),
        Kind::ADD_CONSTRAINT => {
            let inner = node.children().find_map(|child| constraint(&child, place))?;
            let not_valid = inner.not_valid || tree::holds(node, Kind::NOT_VALID);
            ChangeKind::AddConstraint(Constraint { not_valid, ..inner })
        }
        Kind::DROP_CONSTRAINT => ChangeKind::DropConstraint {
            name: names::name(&tree::child(node, Kind::CONSTRAINT_NAME_REF)?, place)?.name,
            cascade: cascades(),
        },
        Kind::RENAME_COLUMN => {
            ChangeKind::RenameColumn { from: ident(Kind::COLUMN_NAME_REF)?, to: ident(Kind::COLUMN_NAME)? }
        }
        Kind::RENAME_CONSTRAINT => ChangeKind::RenameConstraint {
            from: names::name(&tree::child(node, Kind::CONSTRAINT_NAME_REF)?, place)?.name,
            to: ident(Kind::CONSTRAINT_NAME)?,
        },
        Kind::SET_SCHEMA => ChangeKind::SetSchema(ident(Kind::SCHEMA_REF)?),
        Kind::ATTACH_PARTITION => {
            ChangeKind::AttachPartition { name: tables(node, place).pop()?, bounds: bounds(node) }
        }
        Kind::VALIDATE_CONSTRAINT => ChangeKind::ValidateConstraint {
            name: names::name(&tree::child(node, Kind::CONSTRAINT_NAME_REF)?, place)?.name,
        },
        Kind::DETACH_PARTITION => ChangeKind::DetachPartition {
            name: tables(node, place).pop()?,
            concurrently: tree::holds(node, Kind::DETACH_CONCURRENTLY),
        },
        Kind::ADD_VALUE => {
            let label = label(node)?;
            ChangeKind::AddValue { label, place: label_place(node) }
        }
        Kind::RENAME_VALUE => {
            let mut labels = tree::children(node, Kind::LITERAL).filter_map(|label| tree::string(&label));
            ChangeKind::RenameValue { from: labels.next()?, to: labels.next()? }
        }
        kind if tree::word(kind).ends_with("_RENAME_TO") => {
            ChangeKind::RenameTo(names::name(&node.children().next()?, place)?.name)
        }
        // The name of what is altered, and IF EXISTS.
        kind if tree::word(kind).ends_with("_NAME") || tree::word(kind).ends_with("_REF") => return None,
        Kind::IF_EXISTS | Kind::VIEW | Kind::INDEX => return None,
        _ => ChangeKind::Other,
    })
}

/// The label that stands directly in a node.
fn label(node: &Node) -> Option<String> {
    tree::children(node, Kind::LITERAL).find_map(|literal| tree::string(&literal))
}

fn label_place(node: &Node) -> LabelPlace {
    let beside = |kind| tree::child(node, kind).and_then(|place| label(&place));
    match (beside(Kind::BEFORE_VALUE), beside(Kind::AFTER_VALUE)) {
        (Some(before), _) => LabelPlace::Before(before),
        (_, Some(after)) => LabelPlace::After(after),
        _ => LabelPlace::Last,
    }
}

fn alter_column(node: &Node, column: Ident, place: Place<'_>) -> Option<ChangeKind> {
    let option = node.children().find(|child| child.kind() != Kind::COLUMN_NAME_REF)?;
    Some(match option.kind() {
        Kind::SET_TYPE => ChangeKind::SetType { column, ty: type_of(&option, place) },
        Kind::SET_DEFAULT => {
            let (sequence, is_null) = (default(&option, place), is_null(&option));
            ChangeKind::SetDefault { column, sequence, is_null, expression: expression(&option) }
        }
        Kind::DROP_DEFAULT => ChangeKind::DropDefault { column },
        Kind::SET_NOT_NULL => ChangeKind::SetNotNull { column },
        Kind::DROP_NOT_NULL => ChangeKind::DropNotNull { column },
        Kind::ADD_GENERATED => ChangeKind::AddIdentity { column, identity: identity(&option) },
        Kind::SET_GENERATED_OPTIONS if tree::holds(&option, Kind::SET_GENERATED) => {
            ChangeKind::SetIdentity { column, is_always: tree::holds(&option, Kind::GENERATED_ALWAYS) }
        }
        Kind::DROP_IDENTITY => ChangeKind::DropIdentity { column },
        Kind::DROP_EXPRESSION => ChangeKind::DropExpression { column },
        _ => ChangeKind::Other,
    })
}
