//! What CREATE and ALTER say about tables, indexes and types.

use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::{
    Action, Change, ChangeKind, Column, Constraint, ConstraintKind, ForeignKey, Ident, IndexDef, Like, Name, Span,
    TableDef, TypeDef, TypeUse,
};

/// CREATE TABLE.
pub(super) fn definition(node: &Node, place: Place<'_>) -> TableDef {
    let mut table = TableDef {
        inherits: tree::child(node, Kind::INHERITS).map(|inherits| tables(&inherits, place)).unwrap_or_default(),
        partition_of: tree::child(node, Kind::PARTITION_OF).and_then(|of| tables(&of, place).pop()),
        is_partitioned: tree::child(node, Kind::PARTITION_BY).is_some()
            || tree::child(node, Kind::PARTITION_BY_CLAUSE).is_some(),
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

fn tables(node: &Node, place: Place<'_>) -> Vec<Name> {
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
    })
}

fn column(node: &Node, place: Place<'_>) -> Option<Column> {
    let name = tree::child(node, Kind::COLUMN_NAME).or_else(|| tree::child(node, Kind::COMPOSITE_FIELD));
    let name = names::ident(&name?, place)?;
    let constraints = node.children().filter_map(|child| constraint(&child, place)).collect();
    let span = place(tree::span(node));
    Some(Column { name, span, ty: type_of(node, place), constraints })
}

/// The type among the children of a node.
fn type_of(node: &Node, place: Place<'_>) -> Option<TypeUse> {
    let ty = node.children().find(|child| {
        let word = tree::word(child.kind());
        word.ends_with("_TYPE")
            && !matches!(
                child.kind(),
                Kind::SET_TYPE | Kind::ENUM_TYPE | Kind::RANGE_TYPE | Kind::COMPOSITE_TYPE | Kind::OF_TYPE
            )
    })?;
    Some(type_use(&ty, place))
}

fn type_use(node: &Node, place: Place<'_>) -> TypeUse {
    let span = place(tree::span(node));
    if node.kind() == Kind::ARRAY_TYPE
        && let Some(element) = node.children().find(|child| tree::word(child.kind()).ends_with("_TYPE"))
    {
        return TypeUse { is_array: true, span, ..type_use(&element, place) };
    }
    let modifiers = tree::child(node, Kind::ARG_LIST).into_iter().flat_map(|list| list.children());
    let modifiers = modifiers.map(|argument| argument.text().to_string().trim().to_owned()).collect();
    let (schema, name) = match node.kind() {
        Kind::PATH_TYPE => match names::name(node, place) {
            Some(name) => (name.schema.map(|schema| schema.text), name.name.text),
            None => (None, String::new()),
        },
        _ => (None, words(node)),
    };
    TypeUse { name: canonical(&name).to_owned(), schema, is_array: false, modifiers, span }
}

/// The words of a type that has several, without its modifiers.
fn words(node: &Node) -> String {
    let tokens = node.children_with_tokens().filter(|child| child.kind() != Kind::ARG_LIST);
    let words = tokens.flat_map(|child| match child {
        tree::Element::Token(token) => vec![token],
        tree::Element::Node(node) => tree::tokens(&node).collect(),
    });
    let words: Vec<String> = words.filter(|t| !t.kind().is_trivia()).map(|t| t.text().to_lowercase()).collect();
    // `timestamp (3) with time zone` and the fields of an interval have more, which is nothing to us.
    words.into_iter().filter(|word| word.chars().all(|c| c.is_alphabetic() || c == '_')).collect::<Vec<_>>().join(" ")
}

/// PostgreSQL's own name of a type.
fn canonical(name: &str) -> &str {
    match name {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "serial4" => "serial",
        "serial8" => "bigserial",
        "serial2" => "smallserial",
        "bool" | "boolean" => "bool",
        "real" => "float4",
        "double precision" | "float" => "float8",
        "decimal" | "dec" => "numeric",
        "character varying" | "char varying" | "national character varying" | "nchar varying" => "varchar",
        "character" | "char" | "national character" | "nchar" => "bpchar",
        "bit varying" => "varbit",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        other if other.starts_with("interval") => "interval",
        other => other,
    }
}

fn constraint(node: &Node, place: Place<'_>) -> Option<Constraint> {
    let kind = match node.kind() {
        Kind::NOT_NULL_CONSTRAINT => match node.children().find(|child| child.kind() == Kind::COLUMN_NAME_REF) {
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
        Kind::DEFAULT_CONSTRAINT => ConstraintKind::Default { sequence: default(node, place) },
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
    let action =
        |kind| tree::child(node, kind).and_then(|action| Some((action_of(&action)?, place(tree::span(&action)))));
    Some(ForeignKey {
        columns,
        table,
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

/// The sequence that a default draws from.
fn default(node: &Node, place: Place<'_>) -> Option<Name> {
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

/// CREATE INDEX.
pub(super) fn index(node: &Node, place: Place<'_>) -> IndexDef {
    let items = tree::child(node, Kind::PARTITION_ITEM_LIST).into_iter().flat_map(|list| list.children());
    let items: Vec<Node> = items.filter(|item| item.kind() == Kind::PARTITION_ITEM).collect();
    let labels = items.iter().map(|item| item.children().next().and_then(|first| label(&first, place)));
    let labels = labels.map(|label| label.unwrap_or_else(|| "expr".to_owned())).collect();
    let columns = items.iter().map(|item| {
        let first = item.children().next()?;
        (first.kind() == Kind::NAME_REF).then(|| names::ident(&first, place))?
    });
    let is_descending = |item: &Node| tree::holds(item, Kind::SORT_DESC);
    let is_special = items.iter().any(|item| {
        // An index is read backwards as well as forwards, but as a whole.
        let is_turned = items.first().is_some_and(|first| is_descending(first) != is_descending(item));
        let nulls = if is_descending(item) { Kind::NULLS_LAST } else { Kind::NULLS_FIRST };
        is_turned || [nulls, Kind::OP_CLASS_REF, Kind::COLLATION_REF].iter().any(|kind| tree::holds(item, *kind))
    });
    let method = tree::child(node, Kind::USING_METHOD);
    IndexDef {
        columns: columns.collect(),
        labels,
        is_unique: tree::has_token(node, Kind::UNIQUE_KW),
        is_partial: tree::child(node, Kind::WHERE_CLAUSE).is_some(),
        is_special: is_special || tree::child(node, Kind::INDEX_INCLUDE_CLAUSE).is_some(),
        method: method.and_then(|method| Some(tree::tokens(&method).last()?.text().to_lowercase())),
    }
}

/// A column's name, or a function's.
fn label(node: &Node, place: Place<'_>) -> Option<String> {
    match node.kind() {
        Kind::NAME_REF => names::ident(node, place).map(|ident| ident.text),
        Kind::CALL_EXPR | Kind::PAREN_EXPR | Kind::CAST_EXPR => label(&node.children().next()?, place),
        Kind::FIELD_EXPR => label(&node.children().last()?, place),
        _ => None,
    }
}

/// CREATE TYPE and CREATE DOMAIN.
pub(super) fn type_definition(node: &Node, place: Place<'_>) -> TypeDef {
    if node.kind() == Kind::CREATE_DOMAIN {
        return TypeDef::Domain(type_of(node, place));
    }
    if let Some(labels) = tree::child(node, Kind::ENUM_TYPE) {
        let labels = labels.descendants().filter(|below| below.kind() == Kind::LITERAL);
        return TypeDef::Enum(labels.filter_map(|label| tree::string(&label)).collect());
    }
    if tree::child(node, Kind::COMPOSITE_TYPE).is_some() {
        return TypeDef::Composite;
    }
    if tree::child(node, Kind::RANGE_TYPE).is_some() { TypeDef::Range } else { TypeDef::Other }
}

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
        Kind::ATTACH_PARTITION => ChangeKind::AttachPartition(tables(node, place).pop()?),
        Kind::DETACH_PARTITION => ChangeKind::DetachPartition {
            name: tables(node, place).pop()?,
            concurrently: tree::holds(node, Kind::DETACH_CONCURRENTLY),
        },
        Kind::ADD_VALUE => ChangeKind::AddValue(tree::children(node, Kind::LITERAL).find_map(|l| tree::string(&l))?),
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

fn alter_column(node: &Node, column: Ident, place: Place<'_>) -> Option<ChangeKind> {
    let option = node.children().find(|child| child.kind() != Kind::COLUMN_NAME_REF)?;
    Some(match option.kind() {
        Kind::SET_TYPE => ChangeKind::SetType { column, ty: type_of(&option, place) },
        Kind::SET_DEFAULT => ChangeKind::SetDefault { column, sequence: default(&option, place) },
        Kind::DROP_DEFAULT => ChangeKind::DropDefault { column },
        Kind::SET_NOT_NULL => ChangeKind::SetNotNull { column },
        Kind::DROP_NOT_NULL => ChangeKind::DropNotNull { column },
        Kind::ADD_GENERATED => ChangeKind::AddIdentity { column },
        Kind::DROP_IDENTITY => ChangeKind::DropIdentity { column },
        _ => ChangeKind::Other,
    })
}
