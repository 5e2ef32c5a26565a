//! What a statement names, calls, and writes as text.

use std::collections::BTreeSet;
use std::ops::Range;

use super::roles::classify;
use super::tree::{self, Element, Kind, Node};
use super::{Call, Class, Ident, Literal, Name, Object, Query, Role, Span};

/// How a range of the tree is a range of the file.
pub(super) type Place<'a> = &'a dyn Fn(Range<usize>) -> Span;

/// Everything that is named below a node.
#[derive(Default)]
pub(super) struct Found {
    pub(super) objects: Vec<Object>,
    pub(super) calls: Vec<Call>,
    pub(super) literals: Vec<Literal>,
    pub(super) queries: Vec<Query>,
}

/// Looks for names below a node; `stop` says where not to go down.
pub(super) fn find(node: &Node, place: Place<'_>, stop: &dyn Fn(&Node) -> bool) -> Found {
    let mut found = Found::default();
    let common = common_tables(node);
    walk(node, place, stop, &common, &mut found);
    found
}

fn walk(node: &Node, place: Place<'_>, stop: &dyn Fn(&Node) -> bool, common: &BTreeSet<String>, found: &mut Found) {
    if let Some((class, role)) = classify(node)
        && let Some(name) = name(node, place)
        && !(matches!(role, Role::Read | Role::Write) && name.schema.is_none() && common.contains(name.name()))
    {
        found.objects.push(Object { class, role, name });
    }
    match node.kind() {
        Kind::CALL_EXPR => call(node, place, found),
        Kind::FIELD_EXPR => column_with_schema(node, place, found),
        Kind::LITERAL => literal(node, place, found),
        Kind::SELECT | Kind::UPDATE | Kind::DELETE | Kind::TABLE => found.queries.extend(query(node, place)),
        Kind::ERROR => unread_query(node, place, found),
        _ => {}
    }
    for child in node.children().filter(|child| !stop(child)) {
        walk(&child, place, stop, common, found);
    }
}

/// The names that WITH gives to queries: no tables.
fn common_tables(node: &Node) -> BTreeSet<String> {
    node.descendants().filter(|below| below.kind() == Kind::CTE_NAME).map(|name| tree::folded(&name)).collect()
}

/// The name that a node holds.
pub(super) fn name(node: &Node, place: Place<'_>) -> Option<Name> {
    let path = node.children().find(|child| matches!(child.kind(), Kind::PATH | Kind::PATH_REF));
    let Some(path) = path else { return Some(Name { schema: None, name: ident(node, place)? }) };
    let segments = path.descendants().filter(|n| matches!(n.kind(), Kind::PATH_SEGMENT | Kind::PATH_SEGMENT_REF));
    let mut idents: Vec<Ident> = segments.filter_map(|segment| ident(&segment, place)).collect();
    // The last part of a column's name, or of what `%TYPE` stands behind, is the column.
    if matches!(node.kind(), Kind::QUALIFIED_COLUMN_NAME_REF | Kind::PERCENT_TYPE) {
        idents.pop();
    }
    let name = idents.pop()?;
    Some(Name { schema: idents.pop(), name })
}

/// The identifier that a node is.
pub(super) fn ident(node: &Node, place: Place<'_>) -> Option<Ident> {
    let text = tree::folded(node);
    (!text.is_empty()).then(|| Ident { text, span: place(tree::span(node)) })
}

fn call(node: &Node, place: Place<'_>, found: &mut Found) {
    let Some(callee) = node.children().next() else { return };
    let Some(name) = callee_name(&callee, place) else { return };
    let arguments = tree::child(node, Kind::ARG_LIST).into_iter().flat_map(|list| list.children()).map(|argument| {
        let inner = if argument.kind() == Kind::ARG { argument.children().next() } else { Some(argument) };
        inner.and_then(|inner| constant(&inner))
    });
    found.objects.push(Object { class: Class::Routine, role: Role::Call, name: name.clone() });
    found.calls.push(Call { name, span: place(tree::span(node)), arguments: arguments.collect() });
}

/// A string literal, with or without a cast.
pub(super) fn constant(node: &Node) -> Option<String> {
    match node.kind() {
        Kind::LITERAL => tree::string(node),
        Kind::CAST_EXPR | Kind::PAREN_EXPR | Kind::ARG => constant(&node.children().next()?),
        Kind::NAMED_ARG => constant(&node.last_child()?),
        _ => None,
    }
}

fn callee_name(callee: &Node, place: Place<'_>) -> Option<Name> {
    match callee.kind() {
        Kind::NAME_REF => Some(Name { schema: None, name: ident(callee, place)? }),
        Kind::FIELD_EXPR => {
            let mut parts = callee.children().filter(|part| part.kind() == Kind::NAME_REF);
            let schema = ident(&parts.next()?, place)?;
            Some(Name { schema: Some(schema), name: ident(&parts.next()?, place)? })
        }
        _ => None,
    }
}

/// `schema.table.column` names a schema; `table.column` does not.
fn column_with_schema(node: &Node, place: Place<'_>, found: &mut Found) {
    let Some(inner) = node.children().next().filter(|inner| inner.kind() == Kind::FIELD_EXPR) else { return };
    if node.parent().is_some_and(|parent| parent.kind() == Kind::FIELD_EXPR) {
        return;
    }
    if let Some(name) = callee_name(&inner, place) {
        found.objects.push(Object { class: Class::Table, role: Role::Read, name });
    }
}

fn literal(node: &Node, place: Place<'_>, found: &mut Found) {
    let parent = node.parent();
    let parent_kind = parent.as_ref().map_or(Kind::ERROR, Node::kind);
    // A body is read as statements; see `read.rs`.
    if matches!(parent_kind, Kind::DO | Kind::AS_DEFINITION) {
        return;
    }
    if let Some(value) = tree::string(node) {
        let cast = parent.filter(|parent| parent.kind() == Kind::CAST_EXPR).and_then(|cast| {
            let ty = tree::child(&cast, Kind::PATH_TYPE)?;
            name(&ty, place).map(|name| name.name.text)
        });
        let is_prose = matches!(parent_kind, Kind::COMMENT_ON | Kind::VARIANT | Kind::ADD_VALUE | Kind::RENAME_VALUE);
        found.literals.push(Literal { span: place(tree::span(node)), value, cast, is_prose });
    }
}

fn query(node: &Node, place: Place<'_>) -> Option<Query> {
    let relations: Vec<Name> = node
        .descendants()
        .filter(|below| below.kind() == Kind::RELATION_NAME_REF)
        .filter_map(|below| name(&below, place))
        .collect();
    if relations.is_empty() {
        return None;
    }
    let is_word = |token: &tree::Token| token.kind() == Kind::IDENT || tree::word(token.kind()).ends_with("_KW");
    let text = |token: tree::Token| token.text().trim_matches('"').to_lowercase();
    let words = tree::tokens(node).filter(is_word).map(text).collect();
    let conditions = tree::tokens(node).filter(|token| is_word(token) && chooses_rows(token)).map(text).collect();
    let equals = node.descendants().filter_map(|below| equal(&below, place)).collect();
    Some(Query { span: place(tree::span(node)), all_relations: relations, words, conditions, equals })
}

/// Whether the innermost clause that a word stands in says which rows there are.
fn chooses_rows(token: &tree::Token) -> bool {
    let clauses = token.parent().into_iter().flat_map(|parent| parent.ancestors()).map(|above| above.kind());
    let is_clause = |kind: &Kind| tree::word(*kind).ends_with("_CLAUSE");
    !clauses
        .into_iter()
        .find(is_clause)
        .is_some_and(|kind| matches!(kind, Kind::SELECT_CLAUSE | Kind::ORDER_BY_CLAUSE | Kind::GROUP_BY_CLAUSE))
}

/// `column = 'text'`
fn equal(node: &Node, place: Place<'_>) -> Option<(String, Literal)> {
    let (left, right) = (node.first_child()?, node.last_child()?);
    if node.kind() != Kind::BIN_EXPR || !tree::tokens(node).any(|token| token.text() == "=") {
        return None;
    }
    let of = |column: &Node, text: &Node| {
        let name = match column.kind() {
            Kind::NAME_REF => column.clone(),
            Kind::FIELD_EXPR => column.children().filter(|part| part.kind() == Kind::NAME_REF).last()?,
            _ => return None,
        };
        let literal = Literal { span: place(tree::span(text)), value: constant(text)?, cast: None, is_prose: false };
        Some((tree::folded(&name), literal))
    };
    of(&left, &right).or_else(|| of(&right, &left))
}

/// What the parser does not understand in a body, mostly `SELECT … INTO variable FROM t`: the names behind FROM, JOIN,
/// UPDATE and INSERT INTO.
fn unread_query(node: &Node, place: Place<'_>, found: &mut Found) {
    let tokens: Vec<_> =
        node.children_with_tokens().filter_map(Element::into_token).filter(|t| !t.kind().is_trivia()).collect();
    let text = |at: usize| {
        tokens.get(at).filter(|t| t.kind() == Kind::IDENT).map(|t| Ident {
            text: if t.text().starts_with('"') {
                t.text().trim_matches('"').to_owned()
            } else {
                t.text().to_lowercase()
            },
            span: place(tree::bytes(t.text_range())),
        })
    };
    let kind = |at: usize| tokens.get(at).map_or(Kind::ERROR, tree::Token::kind);
    let mut relations = Vec::new();
    for at in 0..tokens.len() {
        let role = match kind(at) {
            Kind::FROM_KW | Kind::JOIN_KW => Role::Read,
            Kind::UPDATE_KW => Role::Write,
            Kind::INTO_KW if at > 0 && kind(at - 1) == Kind::INSERT_KW => Role::Write,
            _ => continue,
        };
        let Some(first) = text(at + 1) else { continue };
        let (name, end) = match (kind(at + 2) == Kind::DOT).then(|| text(at + 3)).flatten() {
            Some(second) => (Name { schema: Some(first), name: second }, at + 4),
            None => (Name { schema: None, name: first }, at + 2),
        };
        // A function's name, or `EXTRACT(x FROM y)`.
        if !matches!(kind(end), Kind::L_PAREN | Kind::R_PAREN) {
            relations.push(name.clone());
            found.objects.push(Object { class: Class::Table, role, name });
        }
    }
    if !relations.is_empty() {
        let words = |tokens: &[tree::Token]| -> BTreeSet<String> {
            tokens.iter().map(|token| token.text().trim_matches('"').to_lowercase()).collect()
        };
        let from = tokens.iter().position(|token| token.kind() == Kind::FROM_KW).unwrap_or_default();
        found.queries.push(Query {
            span: place(tree::span(node)),
            all_relations: relations,
            words: words(&tokens),
            conditions: words(&tokens[from..]),
            equals: Vec::new(),
        });
    }
}
