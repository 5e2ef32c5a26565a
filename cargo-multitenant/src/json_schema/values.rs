//! What values of `multitenant.toml` have to be like, beyond their kind: what the validation refuses of one key alone, or of
//! keys of one section, as far as JSON Schema can say it.
//!
//! Deliberately absent: what depends on another section or on the environment, and that `1.0` is no whole number, which
//! JSON Schema sees otherwise.

use multitenant_runtime::ObjectKind;
use serde_json::{Map, Value, json};

/// A whole number and a unit, as the timeouts have it.
const DURATION: &str = r"^\s*(0|0*[0-9]{1,10}\s*ms|0*[0-9]{1,7}\s*s|0*[0-9]{1,5}\s*(m|min)|0*[0-9]{1,3}\s*h)\s*$";

/// SQL that is more than a semicolon.
const SQL: &str = r"[^\s;]";

/// What a value must be beside its kind.
pub(super) fn limits(path: &str) -> Map<String, Value> {
    let name = || json!({ "minLength": 1, "maxLength": 63 });
    let limits = match path {
        "format" => json!({ "const": 1 }),
        "database.max_connections" | "migrations.jobs" => json!({ "minimum": 1 }),
        "migrations.lock_timeout" | "migrations.statement_timeout" => json!({ "pattern": DURATION }),
        "database.shared_schema" => {
            json!({ "minLength": 1, "maxLength": 63, "not": { "pattern": "^(pg_|information_schema$)" } })
        }
        "migrations.state_schema" => {
            json!({ "maxLength": 63, "not": { "pattern": "^(pg_|(information_schema|public)$)" } })
        }
        "isolation.application_role" => {
            json!({ "maxLength": 63, "not": { "pattern": "^(pg_|(public|none)$)" } })
        }
        "tenants.table"
        | "tenants.id_column"
        | "tenants.schema_column"
        | "migrations.table"
        | "migrations.shared_table" => name(),
        "tenants.archived_column" => json!({ "maxLength": 63 }),
        "isolation.schema_name" => template("id", &["id"]),
        "isolation.role_name" => {
            let mut role = template("schema", &["schema", "database"]);
            role["not"]["pattern"] = format!("{}|^pg_", role["not"]["pattern"].as_str().unwrap_or_default()).into();
            role
        }
        "tenants.archived_schema" => {
            let mut archived = template("schema", &["schema"]);
            archived["minLength"] = "{schema}x".len().into();
            archived
        }
        // The first one twice, for editors that know one of the two words alone.
        "isolation.search_path" => json!({
            "minItems": 1,
            "prefixItems": [{ "const": "{tenant}" }],
            "contains": { "const": "{tenant}" },
            "maxContains": 1,
            "items": { "type": "string", "minLength": 1, "maxLength": 63, "not": { "enum": ["pg_catalog", "pg_temp"] } },
        }),
        "tenants.query" | "tenants.filter" => json!({ "pattern": SQL }),
        "tenants.ids" => json!({ "items": { "type": "string", "minLength": 1 } }),
        "migrations.folder" | "migrations.shared_folder" => json!({ "minLength": 1 }),
        "print_schema.file" | "print_schema.shared_file" | "print_schema.tenant_file" => json!({ "pattern": r"\S" }),
        "drift.ignore" => json!({ "items": { "type": "string", "pattern": ignored() } }),
        _ => json!({}),
    };
    if let Value::Object(limits) = limits { limits } else { Map::new() }
}

/// What the keys of a section must be beside each other.
pub(super) fn together(section: &str) -> Map<String, Value> {
    let needs = |source: &str, key: &str| {
        json!({
            "if": { "required": ["source"], "properties": { "source": { "const": source } } },
            "then": { "required": [key] },
        })
    };
    let together = match section {
        "tenants" => json!({ "allOf": [needs("query", "query"), needs("list", "ids")] }),
        "print_schema" => json!({
            "dependentRequired": { "shared_file": ["tenant_file"], "tenant_file": ["shared_file"] },
            "not": { "required": ["file", "shared_file"] },
        }),
        _ => json!({}),
    };
    if let Value::Object(together) = together { together } else { Map::new() }
}

/// A text in which the first of these placeholders stands, and none of them twice.
fn template(needed: &str, once: &[&str]) -> Value {
    let twice: Vec<String> = once.iter().map(|name| format!(r"\{{{name}\}}[\s\S]*\{{{name}\}}")).collect();
    json!({ "pattern": format!(r"\{{{needed}\}}"), "not": { "pattern": twice.join("|") } })
}

/// A kind of object, a colon and a name.
fn ignored() -> String {
    let kinds: Vec<String> = ObjectKind::all().map(|kind| kind.name().replace(' ', "[ -]")).collect();
    format!(r"^\s*(\*|{})\s*:[\s\S]*\S", kinds.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KEYS;

    #[test]
    fn limits_are_those_of_keys() {
        let limited = KEYS.iter().filter(|key| !limits(key.path).is_empty()).count();
        let named = include_str!("values.rs").split("#[cfg(test)]").next().unwrap();
        let words = named.split('"').filter(|word| KEYS.iter().any(|key| key.path == *word)).count();
        // As many keys have limits as are written above: none is called what no key is.
        assert_eq!(limited, words);
    }
}
