//! `EXECUTE` in a procedure: what its text may define.

use std::ops::Range;

use super::names::{self, Place};
use super::tree::{self, Kind, Node};
use super::{Class, Concerns, Detail, Span, Statement, Verb, nesting, read};

/// `EXECUTE`; a text without variables is read as the statements that it is.
pub(super) fn dynamic(node: &Node, place: Place<'_>) -> Statement {
    let span = place(tree::span(node));
    let found = names::find(node, place, &|_| false);
    let expression = node.descendants().find(|below| below.kind() == Kind::TARGET);
    let text = expression.as_ref().and_then(|target| names::constant(&target.children().next()?));
    let is_too_deep = text.as_ref().is_some_and(|text| nesting::excess(text).is_some());
    let concerns = match (&text, expression) {
        _ if is_too_deep => Concerns::Anything,
        (Some(_), _) => Concerns::Nothing,
        (None, Some(target)) if is_harmless(node, &target) => Concerns::Nothing,
        (None, Some(target)) => concerns(&target, &span),
        (None, None) => Concerns::Anything,
    };
    let detail = Detail::Dynamic(concerns);
    let mut statement = read::plain(span.clone(), Verb::Execute, found, detail);
    if let Some(text) = text.filter(|_| !is_too_deep) {
        let everywhere = |_: Range<usize>| span.clone();
        statement.nested =
            tree::parse(&text).root.children().filter_map(|node| read::statement(&node, &everywhere)).collect();
    }
    statement
}

/// What a text that is put together may define, as far as `format` tells: a trigger is nothing that the catalogue holds,
/// and an ALTER has a name.
fn concerns(target: &Node, span: &Span) -> Concerns {
    let call = target.children().next().filter(|call| call.kind() == Kind::CALL_EXPR);
    let is_format = call.as_ref().is_some_and(|call| {
        call.children().next().is_some_and(|callee| tree::folded(&callee).eq_ignore_ascii_case("format"))
    });
    let template = call.filter(|_| is_format).and_then(|call| {
        let arguments = tree::child(&call, Kind::ARG_LIST)?;
        names::constant(&arguments.children().next()?)
    });
    let Some(template) = template.filter(|template| nesting::excess(template).is_none()) else {
        return Concerns::Anything;
    };
    let literal = format!("'{UNKNOWN}'");
    let text = template.replace("%I", UNKNOWN).replace("%s", UNKNOWN).replace("%L", &literal).replace("%%", "%");
    let tree = tree::parse(&text);
    let everywhere = |_: Range<usize>| span.clone();
    let statements: Vec<Statement> =
        tree.root.children().filter_map(|node| read::statement(&node, &everywhere)).collect();
    if !tree.errors.is_empty() || statements.is_empty() {
        return Concerns::Anything;
    }
    let mut objects = Vec::new();
    for statement in &statements {
        let is_alter = statement.verb == Verb::Alter;
        let is_row = matches!(
            statement.verb,
            Verb::Comment | Verb::Grant | Verb::Revoke | Verb::Insert | Verb::Update | Verb::Delete | Verb::Refresh
        );
        let is_beside = matches!(statement.class, Class::Trigger | Class::Policy | Class::Rule | Class::Statistics);
        match statement.subject() {
            _ if is_row || (is_beside && statement.is_ddl()) => {}
            Some(subject) if is_alter && !subject.name.shown().contains(UNKNOWN) => objects.push(subject.clone()),
            _ => return Concerns::Anything,
        }
    }
    if objects.is_empty() { Concerns::Nothing } else { Concerns::These(objects) }
}

/// What stands for that which `format` puts in.
const UNKNOWN: &str = "put_in_at_run_time";

/// Whether the text of an `EXECUTE` begins with the words of a statement that makes nothing, and is no more than one.
fn is_harmless(node: &Node, target: &Node) -> bool {
    const BEGINNINGS: [&str; 21] = [
        "select",
        "insert",
        "update",
        "delete",
        "with",
        "values",
        "analyze",
        "vacuum",
        "refresh",
        "comment",
        "grant",
        "revoke",
        "notify",
        "lock",
        "truncate",
        "set",
        "reset",
        "reindex",
        "create trigger",
        "create or replace trigger",
        "drop trigger",
    ];
    let Some(beginning) = target.children().next().and_then(|first| beginning(&first)) else { return false };
    let words = beginning.split_whitespace().take(4).collect::<Vec<_>>().join(" ").to_lowercase();
    let is_begun = BEGINNINGS.iter().any(|word| {
        words.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    let ends = |text: String| text.trim_end().trim_end_matches(';').contains(';');
    is_begun && !node.descendants().filter_map(|below| tree::string(&below)).any(ends)
}

/// The text that an expression begins with: of `'a' || b` and `format('a', b)` it is `a`.
fn beginning(node: &Node) -> Option<String> {
    let first = || node.children().next();
    match node.kind() {
        Kind::LITERAL => tree::string(node),
        Kind::CALL_EXPR => {
            let is_format = tree::folded(&first()?).eq_ignore_ascii_case("format");
            let arguments = tree::child(node, Kind::ARG_LIST).filter(|_| is_format)?;
            beginning(&arguments.children().next()?)
        }
        Kind::BIN_EXPR | Kind::PAREN_EXPR | Kind::CAST_EXPR | Kind::ARG => beginning(&first()?),
        _ => None,
    }
}
