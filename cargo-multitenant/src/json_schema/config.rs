//! The schema of `multitenant.toml`, from the keys that there are and what `default.toml` says about them.

use serde_json::{Map, Value, json};

use crate::config::{DEFAULT_TEXT, KEYS, Key, Kind, OPEN_SECTIONS};

use super::{DIALECT, values};

/// The name by which the schema is asked for.
pub(crate) const CONFIG: &str = "config";

/// What a key takes that is a text and cannot be any.
const CHOICES: [(&str, &[&str]); 3] = [
    ("isolation.strategy", &["schema"]),
    ("tenants.source", &["table", "query", "schemas", "list"]),
    ("migrations.out_of_order", &["apply", "refuse"]),
];

/// The schema of the configuration.
pub(super) fn schema() -> Value {
    let mut top = Map::new();
    let mut sections: Map<String, Value> = Map::new();
    for key in KEYS {
        let (name, property) = (key.name().to_owned(), property(key));
        if key.section().is_empty() {
            top.insert(name, property);
        } else {
            let section = sections.entry(key.section()).or_insert_with(|| section(key.section()));
            if let Some(properties) = section.get_mut("properties").and_then(Value::as_object_mut) {
                properties.insert(name, property);
            }
        }
    }
    for open in OPEN_SECTIONS {
        sections.insert((*open).to_owned(), json!({ "type": "object" }));
    }
    sections.insert("clone".to_owned(), clone());
    #[cfg(feature = "lint")]
    sections.insert("lint".to_owned(), crate::lint::section_schema());
    top.extend(sections);
    json!({
        "$schema": DIALECT,
        "title": "multitenant.toml",
        "description": "The configuration of cargo-multitenant.",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
    })
}

/// What stands in a clone's columns instead.
fn clone() -> Value {
    let form = |name: &str, value: Value| json!({ "type": "object", "required": [name], "properties": { name: value }, "additionalProperties": false });
    let constant = form("constant", json!({ "type": ["string", "number", "boolean"] }));
    let template = form("template", json!({ "type": "string" }));
    let rule = json!({ "anyOf": [{ "enum": ["null", "hash"] }, constant, template] });
    json!({
        "type": "object",
        "properties": {
            "anonymise": {
                "description": "What `tenant clone` puts into columns, named as \"table.column\", instead of what is there.",
                "type": "object",
                // A column has its table before it: in one text, or, without quotes, by TOML's own dots.
                "propertyNames": { "not": { "pattern": "^[.]|^[^.]+[.]$" } },
                "patternProperties": { "[.]": rule },
                "additionalProperties": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "minLength": 1, "not": { "enum": ["constant", "template"] } },
                    "additionalProperties": rule,
                },
            },
        },
        "additionalProperties": false,
    })
}

fn section(name: &str) -> Value {
    let mut section = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    lay_over(&mut section, values::together(name));
    section
}

fn lay_over(schema: &mut Value, more: Map<String, Value>) {
    if let Some(schema) = schema.as_object_mut() {
        schema.extend(more);
    }
}

fn property(key: &Key) -> Value {
    let mut property = match key.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Count => json!({ "type": "integer", "minimum": 0 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    if let Some((_, choices)) = CHOICES.iter().find(|(path, _)| *path == key.path) {
        property = json!({ "enum": choices });
    }
    lay_over(&mut property, values::limits(key.path));
    let (documentation, default) = documented(key);
    property["description"] = documentation.into();
    if let Some(default) = default {
        property["default"] = default;
    }
    property
}

/// What `default.toml` says about a key: the comment above it, and its value where it has one.
fn documented(key: &Key) -> (String, Option<Value>) {
    let (mut section, mut comment) = ("", Vec::new());
    for line in DEFAULT_TEXT.lines() {
        let code = line.strip_prefix("# ").unwrap_or(line);
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if section == key.section() && code.split_once(" = ").is_some_and(|(name, _)| name == key.name()) {
            let default = (code == line).then(|| default_of(line, key.name())).flatten();
            return (comment.join(" "), default);
        }
        match line.strip_prefix('#') {
            // Keys that stand together have their comment together.
            _ if is_key(code) => {}
            Some(text) => comment.push(text.trim()),
            None => comment.clear(),
        }
    }
    (String::new(), None)
}

fn is_key(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

fn default_of(line: &str, name: &str) -> Option<Value> {
    let table: toml::Table = line.parse().ok()?;
    serde_json::to_value(table.get(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_what_an_editor_shows() {
        for key in KEYS {
            let (documentation, default) = documented(key);
            assert!(documentation.len() > 10, "{}: {documentation:?}", key.path);
            assert!(!documentation.contains(" = "), "{}: {documentation:?}", key.path);
            let is_of_its_kind = default.as_ref().is_none_or(|value| match key.kind {
                Kind::Text => value.is_string(),
                Kind::Count => value.is_u64(),
                Kind::Flag => value.is_boolean(),
                Kind::Texts => value.is_array(),
            });
            assert!(is_of_its_kind, "{}: {default:?}", key.path);
        }
        let schema = schema();
        let key = |section: &str, key: &str| schema["properties"][section]["properties"][key].clone();
        assert_eq!(key("database", "max_connections")["default"], 10);
        assert_eq!(key("tenants", "source")["enum"][3], "list");
        assert_eq!(key("tenants", "filter").get("default"), None);
        assert_eq!(schema["properties"]["format"]["default"], 1);
    }

    /// Whether a choice is still one is the validation's to say.
    #[test]
    fn a_choice_belongs_to_a_key() {
        for (path, _) in CHOICES {
            assert!(KEYS.iter().any(|key| key.path == path), "{path}");
        }
    }
}
