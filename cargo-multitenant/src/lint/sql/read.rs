//! A text as statements.

use std::ops::Range;

use super::names::{self, Found, Place};
use super::tree::{self, Element, Kind, Node};
use super::{
    Class, Concerns, Detail, Flags, Script, Setting, Span, Statement, Verb, changes, comment, dynamic, index, nesting,
    table, types,
};
use crate::lint::parallel;

/// Reads a script. What is no SQL is told in `errors`; the rest is there all the same.
pub(crate) fn read(text: &str) -> Script {
    match nesting::excess(text) {
        Some(excess) => Script { excess: Some(excess), ..Script::default() },
        None => parallel::on_deep_stack(|| script(text)),
    }
}

fn script(text: &str) -> Script {
    let tree = tree::parse(text);
    let comments = tree.root.descendants_with_tokens().filter_map(Element::into_token);
    let comments = comments.filter(|token| token.kind() == Kind::COMMENT);
    Script {
        statements: tree.root.children().filter_map(|node| statement(&node, &|range| range)).collect(),
        comments: comments.map(|token| (tree::bytes(token.text_range()), token.text().to_owned())).collect(),
        placeholders: placeholders(&tree.root),
        errors: tree.errors,
        excess: None,
    }
}

/// What was to be replaced before PostgreSQL sees it: outside of strings, comments and bodies it is no SQL.
fn placeholders(root: &Node) -> Vec<Span> {
    let tokens: Vec<_> = root.descendants_with_tokens().filter_map(Element::into_token).collect();
    let text = |at: usize| tokens.get(at).map_or("", tree::Token::text);
    let is_name = |at: usize| text(at).starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let start = tree::bytes(token.text_range()).start;
        let end = match token.text() {
            "{" if text(at + 1) == "{" => {
                (at..at + 8).find(|at| text(*at) == "}" && text(*at + 1) == "}").map(|at| at + 1)
            }
            "{" if is_name(at + 1) && text(at + 2) == "}" && (at == 0 || text(at - 1) != "{") => Some(at + 2),
            // psql's variables; `::type`, `:=` and slices of arrays are something else.
            ":" if is_name(at + 1)
                && at > 0
                && matches!(text(at - 1).chars().last(), Some(' ' | '\n' | '\t' | '(' | ',' | '=')) =>
            {
                let in_brackets = tokens[..at].iter().rev().take(8).any(|token| token.text() == "[");
                (!in_brackets).then_some(at + 1)
            }
            _ => None,
        };
        // `${name}` as a shell has it.
        let start = if at > 0 && text(at - 1) == "$" { start - 1 } else { start };
        if let Some(end) = end.and_then(|end| tokens.get(end)) {
            found.push(start..tree::bytes(end.text_range()).end);
        }
    }
    found
}

pub(super) fn statement(node: &Node, place: Place<'_>) -> Option<Statement> {
    let (verb, class) = kind(node)?;
    let Found { objects, calls, literals, queries } = names::find(node, place, &|_| false);
    Some(Statement {
        span: place(tree::span(node)),
        verb,
        class,
        flags: flags(node),
        objects,
        calls,
        literals,
        queries,
        detail: detail(node, place),
        nested: nested(node, place).into(),
    })
}

/// Verb and class, from the name that the parser gives to the statement.
fn kind(node: &Node) -> Option<(Verb, Class)> {
    if !tree::is_statement(node.kind()) {
        return None;
    }
    let word = tree::word(node.kind());
    for (prefix, verb) in [("CREATE_", Verb::Create), ("ALTER_", Verb::Alter), ("DROP_", Verb::Drop)] {
        if let Some(class) = word.strip_prefix(prefix) {
            return Some((verb, class_of(class)));
        }
    }
    let verb = match node.kind() {
        Kind::SELECT_INTO => return Some((Verb::Create, Class::Table)),
        Kind::SELECT | Kind::COMPOUND_SELECT | Kind::PAREN_SELECT | Kind::VALUES | Kind::TABLE => Verb::Select,
        Kind::INSERT => Verb::Insert,
        Kind::UPDATE => Verb::Update,
        Kind::DELETE => Verb::Delete,
        Kind::MERGE => Verb::Merge,
        Kind::COPY => Verb::Copy,
        Kind::TRUNCATE => Verb::Truncate,
        Kind::LOCK => Verb::Lock,
        Kind::SET | Kind::SET_ROLE | Kind::SET_SESSION_AUTH => Verb::Set,
        Kind::RESET | Kind::RESET_ROLE | Kind::RESET_SESSION_AUTH => Verb::Reset,
        Kind::DISCARD => Verb::Discard,
        Kind::BEGIN => Verb::Begin,
        Kind::COMMIT_TRANSACTION | Kind::COMMIT_PREPARED | Kind::PREPARE_TRANSACTION => Verb::Commit,
        Kind::ROLLBACK_TRANSACTION | Kind::ROLLBACK_PREPARED => Verb::Rollback,
        Kind::SAVEPOINT_CREATE | Kind::RELEASE_SAVEPOINT | Kind::ROLLBACK_TO_SAVEPOINT => Verb::Savepoint,
        Kind::DO => Verb::Do,
        Kind::CALL => Verb::Call,
        Kind::VACUUM => Verb::Vacuum,
        Kind::REINDEX => Verb::Reindex,
        Kind::REFRESH => Verb::Refresh,
        Kind::CLUSTER => Verb::Cluster,
        Kind::COMMENT_ON => Verb::Comment,
        Kind::GRANT => Verb::Grant,
        Kind::REVOKE => Verb::Revoke,
        _ => Verb::Other,
    };
    Some((verb, Class::Other))
}

fn class_of(word: &str) -> Class {
    match word {
        "TABLE" | "TABLE_AS" => Class::Table,
        "FOREIGN_TABLE" => Class::ForeignTable,
        "VIEW" => Class::View,
        "MATERIALIZED_VIEW" => Class::MaterializedView,
        "INDEX" => Class::Index,
        "SEQUENCE" => Class::Sequence,
        "TYPE" => Class::Type,
        "DOMAIN" => Class::Domain,
        "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE" => Class::Routine,
        "TRIGGER" => Class::Trigger,
        "POLICY" => Class::Policy,
        "RULE" => Class::Rule,
        "STATISTICS" => Class::Statistics,
        "COLLATION" => Class::Collation,
        "OPERATOR" => Class::Operator,
        "OPERATOR_CLASS" | "OPERATOR_FAMILY" => Class::OperatorFamily,
        "SCHEMA" => Class::Schema,
        "EXTENSION" => Class::Extension,
        "ROLE" | "USER" | "GROUP" | "OWNED" => Class::Role,
        "DATABASE" => Class::Database,
        "TABLESPACE" => Class::Tablespace,
        "PUBLICATION" => Class::Publication,
        "SUBSCRIPTION" => Class::Subscription,
        "EVENT_TRIGGER" => Class::EventTrigger,
        "SERVER" => Class::Server,
        "USER_MAPPING" => Class::UserMapping,
        "FOREIGN_DATA_WRAPPER" => Class::ForeignDataWrapper,
        "LANGUAGE" => Class::Language,
        "ACCESS_METHOD" => Class::AccessMethod,
        "CAST" | "TRANSFORM" | "CONVERSION" => Class::Cast,
        "SYSTEM" => Class::System,
        "DEFAULT_PRIVILEGES" => Class::DefaultPrivileges,
        _ if word.starts_with("TEXT_SEARCH") => Class::TextSearch,
        _ => Class::Other,
    }
}

fn flags(node: &Node) -> Flags {
    let at_top = |kind| tree::child(node, kind).is_some();
    Flags {
        if_exists: at_top(Kind::IF_EXISTS),
        if_not_exists: at_top(Kind::IF_NOT_EXISTS),
        or_replace: at_top(Kind::OR_REPLACE),
        cascade: at_top(Kind::CASCADE),
        // `REINDEX (CONCURRENTLY) …` has it in a list of options.
        concurrently: tree::has_token(node, Kind::CONCURRENTLY_KW)
            || node.children().any(|target| tree::has_token(&target, Kind::CONCURRENTLY_KW))
            || tree::holds(node, Kind::REINDEX_OPTION_CONCURRENTLY)
            || tree::holds(node, Kind::DETACH_CONCURRENTLY),
        temporary: at_top(Kind::TEMP) || is_temporary(node),
        only: node.children().any(|child| tree::has_token(&child, Kind::ONLY_KW)),
    }
}

fn is_temporary(node: &Node) -> bool {
    tree::tokens(node).take(5).any(|token| matches!(token.kind(), Kind::TEMP_KW | Kind::TEMPORARY_KW))
}

fn detail(node: &Node, place: Place<'_>) -> Detail {
    match node.kind() {
        Kind::CREATE_TABLE | Kind::CREATE_FOREIGN_TABLE => Detail::Table(table::definition(node, place)),
        Kind::CREATE_TABLE_AS | Kind::SELECT_INTO | Kind::CREATE_MATERIALIZED_VIEW | Kind::CREATE_VIEW => {
            Detail::TableAs(table::result_columns(node, place))
        }
        Kind::CREATE_INDEX => Detail::Index(index::index(node, place)),
        Kind::CREATE_TYPE | Kind::CREATE_DOMAIN => Detail::Type(types::definition(node, place)),
        Kind::CREATE_FUNCTION | Kind::CREATE_PROCEDURE => Detail::Routine(routine(node, place)),
        Kind::CREATE_SEQUENCE => Detail::Sequence(options(node)),
        Kind::COMMENT_ON => comment::comment(node, place).map_or(Detail::None, Detail::Comment),
        Kind::CREATE_EXTENSION => Detail::Extension {
            name: tree::child(node, Kind::EXTENSION).and_then(|name| names::ident(&name, place)),
            schema: tree::child(node, Kind::EXTENSION_SCHEMA)
                .and_then(|schema| names::ident(&tree::child(&schema, Kind::SCHEMA_REF)?, place)),
            end: place(tree::span(node)).end,
        },
        Kind::SET | Kind::RESET | Kind::ALTER_ROLE | Kind::ALTER_USER | Kind::ALTER_DATABASE | Kind::ALTER_SYSTEM => {
            setting(node).map_or(Detail::None, Detail::Setting)
        }
        Kind::ALTER_FUNCTION | Kind::ALTER_PROCEDURE | Kind::ALTER_ROUTINE
            if tree::holds(node, Kind::SET_FUNC_OPTION) =>
        {
            setting(node).map_or(Detail::None, Detail::Setting)
        }
        kind if tree::word(kind).starts_with("ALTER_") => Detail::Changes(changes::changes(node, place)),
        _ => Detail::None,
    }
}

/// The options of a sequence, as they were written.
fn options(node: &Node) -> Option<std::sync::Arc<str>> {
    let text = tree::text_of(node, |child| {
        let word = tree::word(child.kind());
        child.kind() == Kind::WHITESPACE || (word.starts_with("OPTION_") && child.kind() != Kind::OPTION_OWNED_BY)
    });
    Some(text).filter(|text| !text.is_empty())
}

/// The parameter that a statement or an option of a function sets or resets.
fn setting(node: &Node) -> Option<Setting> {
    if node.kind() == Kind::SET
        && let Some(value) = tree::child(node, Kind::SET_SCHEMA_VALUE)
    {
        // The standard's way to set it.
        let values = value.descendants().filter_map(|literal| tree::string(&literal)).collect();
        return Some(Setting { parameter: "search_path".to_owned(), values, from_current: false });
    }
    let parameter = node.descendants().find(|below| below.kind() == Kind::CONFIG_PARAMETER_REF)?;
    let parameter = tree::tokens(&parameter).map(|token| token.text().to_lowercase()).collect::<String>();
    let values = node
        .descendants()
        .filter(|below| below.kind() == Kind::TO_CONFIG_VALUE)
        .flat_map(|value| value.children().collect::<Vec<_>>())
        .map(|value| tree::string(&value).unwrap_or_else(|| tree::folded(&value)))
        .collect();
    let from_current = tree::holds(node, Kind::FROM_CURRENT);
    Some(Setting { parameter: parameter.trim_matches('"').to_owned(), values, from_current })
}

fn routine(node: &Node, place: Place<'_>) -> super::Routine {
    let options = tree::child(node, Kind::FUNC_OPTION_LIST);
    let option = |kind| options.as_ref().and_then(|options| tree::child(options, kind));
    let returns = tree::child(node, Kind::RET_TYPE);
    let returns_trigger = returns.is_some_and(|returns| {
        tree::tokens(&returns).any(|token| matches!(token.text().to_lowercase().as_str(), "trigger" | "event_trigger"))
    });
    let settings = options.iter().flat_map(|options| tree::children(options, Kind::SET_FUNC_OPTION));
    let settings = settings.filter_map(|option| setting(&option)).collect();
    // Before the body, where people write it; else behind everything.
    let before_body = option(Kind::AS_FUNC_OPTION).map(|body| tree::span(&body).start);
    let start = before_body.unwrap_or_else(|| tree::span(node).end);
    super::Routine {
        is_security_definer: option(Kind::SECURITY_DEFINER_FUNC_OPTION).is_some(),
        returns_trigger,
        is_atomic: tree::holds(node, Kind::ATOMIC_BODY) || tree::holds(node, Kind::RETURN_STMT),
        settings,
        options_at: place(start..start).start,
    }
}

/// The statements of a body, if the statement has one that can be read.
fn nested(node: &Node, place: Place<'_>) -> Vec<Statement> {
    let Some(body) = tree::body(node) else { return Vec::new() };
    let outside = |range: Range<usize>| place(body.outside(range));
    let mut statements = Vec::new();
    if body.root.kind() == Kind::PLPGSQL {
        procedure(&body.root, &outside, &mut statements);
    } else {
        statements.extend(body.root.children().filter_map(|node| statement(&node, &outside)));
    }
    statements
}

/// The statements of a block of PL/pgSQL, in the order of the text.
fn procedure(node: &Node, place: Place<'_>, statements: &mut Vec<Statement>) {
    for child in node.children() {
        match child.kind() {
            Kind::PLPGSQL_BLOCK
            | Kind::PLPGSQL_BODY
            | Kind::PLPGSQL_EXCEPTION_SECTION
            | Kind::PLPGSQL_EXCEPTION_HANDLER => {
                procedure(&child, place, statements);
            }
            Kind::PLPGSQL_EXEC_SQL_STMT | Kind::PLPGSQL_PERFORM_STMT => {
                let sql: Vec<Statement> = child.children().filter_map(|node| statement(&node, place)).collect();
                if sql.is_empty() {
                    statements.push(control(&child, place));
                }
                statements.extend(sql);
            }
            Kind::PLPGSQL_DYN_EXECUTE_STMT => statements.push(dynamic::dynamic(&child, place)),
            Kind::WHITESPACE | Kind::COMMENT | Kind::PLPGSQL_LABEL => {}
            _ => {
                statements.push(control(&child, place));
                for inner in child.descendants().filter(|n| n.kind() == Kind::PLPGSQL_BODY) {
                    // Only those that belong to this statement: inner ones come with their own.
                    let owner = inner.ancestors().skip(1).find(|above| is_procedural(above.kind()));
                    if owner.as_ref() == Some(&child) {
                        procedure(&inner, place, statements);
                    }
                }
            }
        }
    }
}

fn is_procedural(kind: Kind) -> bool {
    let word = tree::word(kind);
    (word.starts_with("PLPGSQL_") && word.ends_with("_STMT")) || kind == Kind::PLPGSQL_BLOCK
}

/// IF, LOOP, RETURN and what is not understood: what its expressions name, without its inner statements.
fn control(node: &Node, place: Place<'_>) -> Statement {
    let Found { objects, calls, literals, queries } =
        names::find(node, place, &|below| below.kind() == Kind::PLPGSQL_BODY);
    let is_dynamic = tree::child(node, Kind::PLPGSQL_OPEN_EXECUTE).is_some()
        || matches!(node.kind(), Kind::PLPGSQL_FOR_DYN_STMT | Kind::PLPGSQL_RETURN_QUERY_EXECUTE_STMT);
    // All of them read rows.
    let detail = if is_dynamic { Detail::Dynamic(Concerns::Nothing) } else { Detail::None };
    plain(place(tree::span(node)), Verb::Control, Found { objects, calls, literals, queries }, detail)
}

pub(super) fn plain(span: Span, verb: Verb, found: Found, detail: Detail) -> Statement {
    let Found { objects, calls, literals, queries } = found;
    let (class, flags) = (Class::Other, Flags::default());
    Statement { span, verb, class, flags, objects, calls, literals, queries, detail, nested: Vec::new().into() }
}
