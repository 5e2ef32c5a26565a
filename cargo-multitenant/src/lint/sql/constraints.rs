//! What a table and its columns must hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::index::label;
use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::{Action, Constraint, ConstraintKind, ForeignKey, Ident, Identity, KeyOptions, Name, Span, Timing};

pub(super) fn constraint(node: &Node, place: Place<'_>) -> Option<Constraint> {
    let kind = match node.kind() {
        Kind::NOT_NULL_CONSTRAINT => match tree::child(node, Kind::COLUMN_NAME_REF) {
            Some(column) => ConstraintKind::NotNullOf(names::ident(&column, place)?),
            None => ConstraintKind::NotNull,
        },
        Kind::NULL_CONSTRAINT => ConstraintKind::Null,
        Kind::PRIMARY_KEY_CONSTRAINT => {
            let (columns, using_index) = (key_columns(node, place), index_used(node, place));
            ConstraintKind::PrimaryKey { columns, using_index, options: key_options(node, place) }
        }
        Kind::UNIQUE_CONSTRAINT => {
            let (columns, using_index) = (key_columns(node, place), index_used(node, place));
            ConstraintKind::Unique { columns, using_index, options: key_options(node, place) }
        }
        Kind::REFERENCES_CONSTRAINT | Kind::FOREIGN_KEY_CONSTRAINT => {
            ConstraintKind::ForeignKey(foreign_key(node, place)?)
        }
        Kind::CHECK_CONSTRAINT => ConstraintKind::Check {
            expression: expression(node),
            words: words(node, place),
            no_inherit: tree::holds(node, Kind::NO_INHERIT),
        },
        Kind::EXCLUDE_CONSTRAINT => ConstraintKind::Exclude {
            text: tree::text_of(node, |child| child.kind() != Kind::CONSTRAINT_NAME_CLAUSE),
            words: words(node, place),
            labels: labels(node, place),
        },
        Kind::DEFAULT_CONSTRAINT => ConstraintKind::Default {
            sequence: default(node, place),
            is_null: is_null(node),
            expression: expression(node),
        },
        Kind::GENERATED_CONSTRAINT => match tree::child(node, Kind::GENERATED_IDENTITY) {
            Some(identity) => ConstraintKind::Identity(self::identity(&identity)),
            None => ConstraintKind::Generated {
                expression: tree::child(node, Kind::GENERATED_STORED)
                    .map(|stored| expression(&stored))
                    .unwrap_or_default(),
                is_stored: !tree::holds(node, Kind::VIRTUAL),
            },
        },
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
        timing: timing(node),
    })
}

/// What a constraint or an option holds: its first child that is an expression, without the parentheses that stand around.
pub(super) fn expression(node: &Node) -> Arc<str> {
    node.children().find(|child| is_expression(child.kind())).map(|child| tree::text(&child)).unwrap_or_default()
}

fn is_expression(kind: Kind) -> bool {
    let word = tree::word(kind);
    let is_word = matches!(kind, Kind::NOT_VALID | Kind::NO_INHERIT | Kind::INHERIT | Kind::STORED | Kind::VIRTUAL);
    let is_option = word.ends_with("_OPTION") || word.ends_with("_CLAUSE") || word.starts_with("GENERATED_");
    !(is_word || is_option)
}

/// What PostgreSQL calls the items of an exclusion in the name that it makes for it.
fn labels(node: &Node, place: Place<'_>) -> Vec<String> {
    let items = node.descendants().filter(|below| below.kind() == Kind::CONSTRAINT_EXCLUSION);
    items.map(|item| label(&item, place)).collect()
}

/// Every identifier of an expression that may be a column.
fn words(node: &Node, place: Place<'_>) -> BTreeSet<String> {
    let names = node.descendants().filter(|below| below.kind() == Kind::NAME_REF);
    names.filter_map(|name| names::ident(&name, place)).map(|name| name.text).collect()
}

fn timing(node: &Node) -> Timing {
    if tree::child(node, Kind::INITIALLY_DEFERRED_CONSTRAINT_OPTION).is_some() {
        Timing::Deferred
    } else if tree::child(node, Kind::DEFERRABLE_CONSTRAINT_OPTION).is_some() {
        Timing::Deferrable
    } else {
        Timing::Immediate
    }
}

/// `GENERATED … AS IDENTITY`, at a column or where one is added to it.
pub(super) fn identity(node: &Node) -> Identity {
    let options = tree::child(node, Kind::SEQUENCE_OPTION_LIST)
        .map(|list| tree::text_of(&list, |child| !matches!(child.kind(), Kind::L_PAREN | Kind::R_PAREN)));
    Identity { is_always: tree::holds(node, Kind::GENERATED_ALWAYS), options }
}

fn key_options(node: &Node, place: Place<'_>) -> KeyOptions {
    let include = node.descendants().find(|below| below.kind() == Kind::CONSTRAINT_INCLUDE_CLAUSE);
    let list = include.and_then(|clause| tree::child(&clause, Kind::COLUMN_REF_LIST));
    KeyOptions {
        include: list.iter().flat_map(|list| column_refs(list, place)).map(|column| column.text).collect(),
        nulls_not_distinct: tree::holds(node, Kind::NULLS_NOT_DISTINCT),
    }
}

fn key_columns(node: &Node, place: Place<'_>) -> Vec<Ident> {
    let list = node.descendants().find(|below| {
        matches!(below.kind(), Kind::CONSTRAINT_COLUMN_REF_LIST | Kind::COLUMN_REF_LIST | Kind::COLUMN_LIST)
            && below.parent().is_none_or(|above| above.kind() != Kind::CONSTRAINT_INCLUDE_CLAUSE)
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
        set_columns: node
            .descendants()
            .filter(|below| matches!(below.kind(), Kind::SET_NULL_COLUMNS | Kind::SET_DEFAULT_COLUMNS))
            .find_map(|set| tree::child(&set, Kind::COLUMN_REF_LIST))
            .map(|list| column_refs(&list, place))
            .unwrap_or_default(),
        match_full: tree::child(node, Kind::MATCH_FULL).is_some(),
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
