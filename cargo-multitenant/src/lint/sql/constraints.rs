//! What a table and its columns must hold.

use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::{Action, Constraint, ConstraintKind, ForeignKey, Ident, Name, Span};

pub(super) fn constraint(node: &Node, place: Place<'_>) -> Option<Constraint> {
    let kind = match node.kind() {
        Kind::NOT_NULL_CONSTRAINT => match tree::child(node, Kind::COLUMN_NAME_REF) {
            Some(column) => ConstraintKind::NotNullOf(names::ident(&column, place)?),
            None => ConstraintKind::NotNull,
        },
        Kind::NULL_CONSTRAINT => ConstraintKind::Null,
        Kind::PRIMARY_KEY_CONSTRAINT => {
            ConstraintKind::PrimaryKey { columns: key_columns(node, place), using_index: index_used(node, place) }
        }
        Kind::UNIQUE_CONSTRAINT => {
            ConstraintKind::Unique { columns: key_columns(node, place), using_index: index_used(node, place) }
        }
        Kind::REFERENCES_CONSTRAINT | Kind::FOREIGN_KEY_CONSTRAINT => {
            ConstraintKind::ForeignKey(foreign_key(node, place)?)
        }
        Kind::CHECK_CONSTRAINT => ConstraintKind::Check,
        Kind::EXCLUDE_CONSTRAINT => ConstraintKind::Exclude,
        Kind::DEFAULT_CONSTRAINT => ConstraintKind::Default { sequence: default(node, place), is_null: is_null(node) },
        Kind::GENERATED_CONSTRAINT if tree::holds(node, Kind::GENERATED_IDENTITY) => ConstraintKind::Identity,
        Kind::GENERATED_CONSTRAINT => ConstraintKind::Generated,
        kind if tree::word(kind).ends_with("_CONSTRAINT") => ConstraintKind::Other,
        _ => return None,
    };
    let name =
        tree::child(node, Kind::CONSTRAINT_NAME_CLAUSE).and_then(|clause| tree::child(&clause, Kind::CONSTRAINT_NAME));
    Some(Constraint {
        name: name.and_then(|name| names::ident(&name, place)),
        span: place(tree::span(node)),
        kind,
        not_valid: tree::holds(node, Kind::NOT_VALID),
    })
}

fn key_columns(node: &Node, place: Place<'_>) -> Vec<Ident> {
    let list = node.descendants().find(|below| {
        matches!(below.kind(), Kind::CONSTRAINT_COLUMN_REF_LIST | Kind::COLUMN_REF_LIST | Kind::COLUMN_LIST)
    });
    list.map(|list| column_refs(&list, place)).unwrap_or_default()
}

fn index_used(node: &Node, place: Place<'_>) -> Option<Name> {
    let using = node.descendants().find(|below| below.kind() == Kind::USING_INDEX_NAME)?;
    names::name(&tree::child(&using, Kind::INDEX_REF)?, place)
}

fn column_refs(node: &Node, place: Place<'_>) -> Vec<Ident> {
    tree::children(node, Kind::COLUMN_NAME_REF).filter_map(|column| names::ident(&column, place)).collect()
}

fn foreign_key(node: &Node, place: Place<'_>) -> Option<ForeignKey> {
    let table = names::name(&tree::child(node, Kind::TABLE_NAME_REF)?, place)?;
    let mut lists = tree::children(node, Kind::FOREIGN_KEY_COLUMN_LIST).map(|list| column_refs(&list, place));
    // At its column, what stands in parentheses are the other table's.
    let is_at_column = node.kind() == Kind::REFERENCES_CONSTRAINT;
    let columns = if is_at_column { Vec::new() } else { lists.next().unwrap_or_default() };
    let target = if is_at_column { column_refs(node, place) } else { lists.next().unwrap_or_default() };
    let action =
        |kind| tree::child(node, kind).and_then(|action| Some((action_of(&action)?, place(tree::span(&action)))));
    Some(ForeignKey {
        columns,
        table,
        target,
        on_delete: action(Kind::ON_DELETE_ACTION),
        on_update: action(Kind::ON_UPDATE_ACTION),
    })
}

fn action_of(node: &Node) -> Option<Action> {
    node.children().find_map(|child| {
        Some(match child.kind() {
            Kind::CASCADE => Action::Cascade,
            Kind::RESTRICT => Action::Restrict,
            Kind::NO_ACTION => Action::Nothing,
            Kind::SET_NULL_COLUMNS => Action::SetNull,
            Kind::SET_DEFAULT_COLUMNS => Action::SetDefault,
            _ => return None,
        })
    })
}

/// Whether a default is NULL.
pub(super) fn is_null(node: &Node) -> bool {
    let value = node.children().find(|child| child.kind() != Kind::CONSTRAINT_NAME_CLAUSE);
    let is_null =
        |value: &Node| value.kind() == Kind::LITERAL && tree::tokens(value).all(|token| token.kind() == Kind::NULL_KW);
    value.is_some_and(|value| match value.kind() {
        Kind::CAST_EXPR | Kind::PAREN_EXPR => value.children().next().is_some_and(|inner| is_null(&inner)),
        _ => is_null(&value),
    })
}

/// The sequence that a default draws from.
pub(super) fn default(node: &Node, place: Place<'_>) -> Option<Name> {
    let found = names::find(node, place, &|_| false);
    let call = found.calls.iter().find(|call| call.name.name() == "nextval")?;
    let text = call.arguments.first()?.as_deref()?;
    Some(name_in_text(text, &call.span))
}

/// The name that a text such as `'public."S"'` holds.
fn name_in_text(text: &str, span: &Span) -> Name {
    let ident = |part: &str| {
        let part = part.trim();
        let text = match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
            Some(quoted) => quoted.to_owned(),
            None => part.to_lowercase(),
        };
        Ident { text, span: span.clone() }
    };
    match text.rsplit_once('.') {
        Some((schema, name)) => Name { schema: Some(ident(schema)), name: ident(name) },
        None => Name { schema: None, name: ident(text) },
    }
}
