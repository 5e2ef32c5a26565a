//! What attributes say of a table that `table!` cannot: defaults, keys, indexes, conditions.
//!
//! It is for `cargo multitenant generate --from-schema`, and carries nothing at run time; what is wrong with it is told here,
//! where the compiler can underline it.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Field, LitStr};

use crate::errors::Errors;
use crate::fragment;
use crate::item::{Item, items};

/// What PostgreSQL does with rows that refer to one that goes or changes.
const ACTIONS: [&str; 5] = ["cascade", "restrict", "set null", "set default", "no action"];

/// What a struct says.
#[derive(Default)]
pub(crate) struct Says {
    /// `#[multitenant(same_table)]`
    pub(crate) same_table: bool,
    /// The columns that it names; that there are such, Rust says.
    pub(crate) columns: Vec<Ident>,
}

/// What stands on a struct.
pub(crate) fn of_struct(attributes: &[Attribute], errors: &mut Errors) -> Says {
    let mut says = Says::default();
    for item in items(attributes, errors) {
        match &item {
            Item::List(name, _) if name == "allow" => {}
            Item::Word(name) if name == "same_table" => {
                if says.same_table {
                    errors.push(name.span(), "`same_table` is given twice: remove one");
                }
                says.same_table = true;
            }
            Item::Value(name, _) | Item::List(name, _) if name == "same_table" => {
                errors.push(name.span(), "`same_table` takes no value: write `#[multitenant(same_table)]`");
            }
            Item::List(name, parts) if name == "unique" => key(parts, name, &["name"], &[], &mut says, errors),
            Item::List(name, parts) if name == "index" => {
                key(parts, name, &["name", "method", "filter"], &["unique"], &mut says, errors);
            }
            Item::List(name, parts) if name == "foreign_key" => {
                key(parts, name, &["name", "references", "on_delete", "on_update"], &[], &mut says, errors);
                if !parts.iter().any(|part| matches!(part, Item::Value(name, _) if name == "references")) {
                    errors.push(name.span(), "`foreign_key` leads nowhere: add `references = \"table(column)\"`");
                }
            }
            Item::List(name, parts) if name == "check" => check(parts, name, errors),
            Item::Word(name) | Item::Value(name, _)
                if ["unique", "index", "check", "foreign_key"].iter().any(|known| name == known) =>
            {
                errors.push(name.span(), format!("on a struct, `{name}` names columns: write `{name}(…)`"));
            }
            other => errors.push(
                other.span(),
                format!(
                    "unknown option {}: `multitenant` knows `same_table`, `allow(rule)`, `unique(…)`, `index(…)`, \
                     `check(…)` and `foreign_key(…)`",
                    shown(other)
                ),
            ),
        }
    }
    says
}

/// `unique(a, b)` or `unique(columns(a, b), name = "…")`.
fn key(parts: &[Item], of: &Ident, values: &[&str], words: &[&str], says: &mut Says, errors: &mut Errors) {
    let list = |name: &str| {
        parts.iter().find_map(|part| match part {
            Item::List(of, parts) if of == name => Some(parts.as_slice()),
            _ => None,
        })
    };
    let listed = list("columns");
    let (columns, rest): (Vec<&Item>, Vec<&Item>) = match listed {
        Some(columns) => (columns.iter().collect(), parts.iter().collect()),
        None => parts.iter().partition(|part| matches!(part, Item::Word(_) | Item::Text(_))),
    };
    if columns.is_empty() {
        errors.push(of.span(), format!("`{of}` names no column: write `{of}(a, b)`"));
    }
    let mut seen: Vec<String> = Vec::new();
    for column in columns {
        match column {
            Item::Word(name) => says.columns.push(name.clone()),
            Item::Text(text) if of == "index" => sql("an item of an index", text, errors),
            other => errors.push(other.span(), format!("a column of `{of}` is written as its name in `table!`")),
        }
    }
    for part in rest {
        match part {
            Item::List(name, _) if name == "columns" => once(name, &mut seen, errors),
            Item::List(name, parts) if name == "include" && of == "index" => {
                once(name, &mut seen, errors);
                for part in parts {
                    match part {
                        Item::Word(column) => says.columns.push(column.clone()),
                        other => errors.push(other.span(), "`include` names columns: write `include(a, b)`"),
                    }
                }
            }
            Item::Word(name) if words.iter().any(|word| name == word) => once(name, &mut seen, errors),
            Item::Value(name, text) if values.iter().any(|value| name == value) => {
                once(name, &mut seen, errors);
                value(name, text, errors);
            }
            other => {
                let known: Vec<String> = values.iter().chain(words).map(|word| format!("`{word}`")).collect();
                let also = if of == "index" { ", `include(…)`" } else { "" };
                errors.push(
                    other.span(),
                    format!(
                        "unknown part {} of `{of}`: beside `columns(…)` it knows {}{also}",
                        shown(other),
                        known.join(", ")
                    ),
                );
            }
        }
    }
}

/// `check("…")` or `check(name = "…", "…")`.
fn check(parts: &[Item], of: &Ident, errors: &mut Errors) {
    let mut texts = 0;
    let mut seen = Vec::new();
    for part in parts {
        match part {
            Item::Text(text) => {
                texts += 1;
                sql("the condition", text, errors);
            }
            Item::Value(name, text) if name == "name" => {
                once(name, &mut seen, errors);
                value(name, text, errors);
            }
            other => errors.push(other.span(), format!("unknown part {} of `check`: it knows `name`", shown(other))),
        }
    }
    if texts != 1 {
        errors.push(of.span(), "`check` has one condition: write `check(name = \"…\", \"total >= 0\")`");
    }
}

/// What stands on a field.
pub(crate) fn of_field(field: &Field, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    let mut first = None;
    for item in items(&field.attrs, errors) {
        first.get_or_insert(item.span());
        match &item {
            Item::Word(name) if ["unique", "index", "identity"].iter().any(|word| name == word) => {
                once(name, &mut seen, errors);
            }
            Item::Value(name, text) if name == "identity" => {
                once(name, &mut seen, errors);
                if !matches!(text.value().as_str(), "always" | "by default") {
                    errors.push(text.span(), "`identity` is \"always\" or \"by default\"");
                }
            }
            Item::Value(name, text)
                if ["default", "sql_type", "check", "generated", "references", "on_delete", "on_update"]
                    .iter()
                    .any(|known| name == known) =>
            {
                once(name, &mut seen, errors);
                value(name, text, errors);
            }
            Item::Word(name) | Item::List(name, _) if name == "same_table" || name == "allow" => {
                errors.push(name.span(), format!("`{name}` describes the table: write it on the struct, not on a field"));
            }
            Item::List(name, _) if ["unique", "index", "check", "foreign_key"].iter().any(|known| name == known) => {
                errors.push(name.span(), format!("`{name}(…)` is written on the struct; on a field it has no list"));
            }
            other => errors.push(
                other.span(),
                format!(
                    "unknown option {}: on a field `multitenant` knows `default`, `sql_type`, `identity`, `unique`, `index`, \
                     `references`, `on_delete`, `on_update`, `check` and `generated`",
                    shown(other)
                ),
            ),
        }
    }
    let says = |name: &str| seen.iter().any(|seen| seen == name);
    let place = first.unwrap_or_else(Span::call_site);
    for action in ["on_delete", "on_update"] {
        if says(action) && !says("references") {
            errors.push(place, format!("`{action}` is of a foreign key: add `references = \"table(column)\"`"));
        }
    }
    for [one, other] in [["default", "identity"], ["default", "generated"], ["identity", "generated"]] {
        if says(one) && says(other) {
            errors.push(place, format!("a column has `{one}` or `{other}`, not both"));
        }
    }
}

fn value(name: &Ident, text: &LitStr, errors: &mut Errors) {
    let written = text.value();
    match name.to_string().as_str() {
        "name" | "method" => {
            if written.is_empty() || written.len() > 63 || written.contains('\0') {
                errors.push(text.span(), format!("`{name}` is a name of at most 63 bytes"));
            }
        }
        "references" => {
            if !fragment::is_reference(&written) {
                errors.push(text.span(), "`references` is a table and its columns: write `references = \"plans(id)\"`");
            }
        }
        "on_delete" | "on_update" => {
            if !ACTIONS.contains(&written.to_ascii_lowercase().as_str()) {
                errors.push(text.span(), format!("`{name}` is one of \"{}\"", ACTIONS.join("\", \"")));
            }
        }
        _ => sql(&format!("`{name}`"), text, errors),
    }
}

fn sql(what: &str, text: &LitStr, errors: &mut Errors) {
    if let Some(problem) = fragment::problem(&text.value()) {
        errors.push(text.span(), format!("{what} {problem}"));
    }
}

fn once(name: &Ident, seen: &mut Vec<String>, errors: &mut Errors) {
    let text = name.to_string();
    if seen.contains(&text) {
        errors.push(name.span(), format!("`{name}` is given twice: remove one"));
    }
    seen.push(text);
}

/// A part as a message shows it.
pub(crate) fn shown(item: &Item) -> String {
    match item {
        Item::Word(name) | Item::Value(name, _) | Item::List(name, _) => format!("`{name}`"),
        Item::Text(text) => format!("{:?}", text.value()),
    }
}
