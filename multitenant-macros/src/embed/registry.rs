//! `[tenants]` of `multitenant.toml`: which source there is, and which keys belong to it.

use super::document::{Located, Section};

/// Where the tenants are listed, as far as it is configured.
#[derive(Debug)]
pub(crate) enum Registry {
    Table {
        table: Option<Located<String>>,
        id_column: Option<Located<String>>,
        schema_column: Option<Located<String>>,
        filter: Option<Located<String>>,
    },
    Query(Located<String>),
    Schemas,
    List(Located<Vec<String>>),
}

/// The keys of `[tenants]`, each with the source that it belongs to.
const SOURCE_KEYS: [(&str, &str); 8] = [
    ("table", "table"),
    ("id_column", "table"),
    ("schema_column", "table"),
    ("filter", "table"),
    ("archived_column", "table"),
    ("archived_schema", "table"),
    ("query", "query"),
    ("ids", "list"),
];

/// Reads the section; nothing comes of one that cannot be used.
pub(crate) fn read(section: &mut Section<'_, '_>) -> Option<Registry> {
    section.only(&[
        "source",
        "table",
        "id_column",
        "schema_column",
        "filter",
        "archived_column",
        "archived_schema",
        "query",
        "ids",
    ]);
    let source = match section.get("source") {
        Some(_) => section.text("source")?.value,
        None => "table".to_owned(),
    };
    if !["table", "query", "schemas", "list"].contains(&source.as_str()) {
        section.complain("source", "unknown source: expected \"table\", \"query\", \"schemas\" or \"list\"");
        return None;
    }
    for (key, owner) in SOURCE_KEYS {
        if owner != source && section.get(key).is_some() {
            let problem = format!(
                "`{key}` belongs to source = \"{owner}\", and the source is \"{source}\": remove it, or write \
                 source = \"{owner}\""
            );
            section.complain(key, &problem);
        }
    }
    match source.as_str() {
        "table" => Some(Registry::Table {
            table: section.text("table"),
            id_column: section.text("id_column"),
            schema_column: section.text("schema_column"),
            filter: section.text("filter"),
        }),
        "schemas" => Some(Registry::Schemas),
        "query" if section.get("query").is_none() => missing(section, "`query`, the SQL that selects the tenants' ids"),
        "query" => section.text("query").map(Registry::Query),
        _ if section.get("ids").is_none() => missing(section, "`ids`, the tenants' ids"),
        _ => section.texts("ids").map(Registry::List),
    }
}

fn missing(section: &mut Section<'_, '_>, what: &str) -> Option<Registry> {
    section.complain("source", &format!("this source needs {what}: add the key"));
    None
}
