//! Types, where they are used and where they are made.

use super::constraints::constraint;
use super::names::{self, Place};
use super::table::column;
use super::tree::{self, Kind, Node};
use super::{TypeDef, TypeUse};

/// The type among the children of a node.
pub(super) fn type_of(node: &Node, place: Place<'_>) -> Option<TypeUse> {
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
    // `timestamp (3)` has its number without a list.
    let list = tree::child(node, Kind::ARG_LIST).unwrap_or_else(|| node.clone());
    let arguments = list.children().filter(|argument| matches!(argument.kind(), Kind::ARG | Kind::LITERAL));
    let modifiers = arguments.map(|argument| argument.text().to_string().trim().to_owned()).collect();
    let (schema, name) = match node.kind() {
        Kind::PATH_TYPE => match names::name(node, place) {
            Some(name) => (name.schema.map(|schema| schema.text), name.name.text),
            None => (None, String::new()),
        },
        _ => (None, words(node)),
    };
    // `"char"` is another type than `char`.
    let is_quoted = tree::tokens(node).any(|token| token.text().starts_with('"'));
    let (name, modifiers) = if is_quoted { (name, modifiers) } else { canonical_with(&name, modifiers) };
    TypeUse { name, schema, is_array: false, modifiers, span }
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

/// PostgreSQL's own name of a type, and its modifiers where nothing is written.
fn canonical_with(name: &str, modifiers: Vec<String>) -> (String, Vec<String>) {
    let own = canonical(name);
    let length = modifiers.first().and_then(|length| length.parse::<u32>().ok());
    match (own, length) {
        ("float8", Some(digits)) => ((if digits <= 24 { "float4" } else { own }).to_owned(), Vec::new()),
        ("bpchar", None) if name != "bpchar" => (own.to_owned(), vec!["1".to_owned()]),
        ("bit", None) => (own.to_owned(), vec!["1".to_owned()]),
        _ => (own.to_owned(), modifiers),
    }
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

/// CREATE TYPE and CREATE DOMAIN.
pub(super) fn definition(node: &Node, place: Place<'_>) -> TypeDef {
    if node.kind() == Kind::CREATE_DOMAIN {
        let constraints = node.children().filter_map(|child| constraint(&child, place)).collect();
        return TypeDef::Domain { ty: type_of(node, place), constraints };
    }
    if let Some(labels) = tree::child(node, Kind::ENUM_TYPE) {
        let labels = labels.descendants().filter(|below| below.kind() == Kind::LITERAL);
        return TypeDef::Enum(labels.filter_map(|label| tree::string(&label)).collect());
    }
    if let Some(composite) = tree::child(node, Kind::COMPOSITE_TYPE) {
        let fields = composite.descendants().filter(|below| below.kind() == Kind::COMPOSITE_FIELD_DEF);
        return TypeDef::Composite(fields.filter_map(|field| column(&field, place)).collect());
    }
    if tree::child(node, Kind::RANGE_TYPE).is_some() { TypeDef::Range } else { TypeDef::Other }
}
