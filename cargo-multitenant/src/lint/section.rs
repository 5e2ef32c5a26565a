//! What editors are told about `[lint]`.

use serde_json::{Map, Value, json};

use super::rule::{OptionDefault, OptionSpec, Rule};
use super::rules;

/// The JSON schema of the section.
pub(crate) fn section_schema() -> Value {
    let texts = |what: &str| json!({ "description": what, "type": "array", "items": { "type": "string" } });
    let rules: Map<String, Value> = rules::ALL.iter().map(|rule| (rule.name.to_owned(), of_rule(rule))).collect();
    json!({
        "description": "What `lint` looks for.",
        "type": "object",
        "properties": {
            "start_after": {
                "description": "Migrations up to this version are not judged by rules about how migrations are \
                                written and what they lock.",
                "type": "string",
            },
            "extension_schemas": texts(
                "Schemas with extensions, whose functions and types a tenant's migration may name with the schema."
            ),
            "shared_tables": texts("Shared tables that no code marks: patterns with `*` and `?`."),
            "tenant_tables": texts("Tenants' tables that no code marks: patterns with `*` and `?`."),
            "baseline": {
                "description": "The file of findings that are known, written by `lint --write-baseline`.",
                "type": "string",
            },
            "rules": {
                "description": "Levels of the rules, with options where a rule has them.",
                "type": "object",
                "properties": rules,
                "additionalProperties": false,
            },
        },
        "additionalProperties": false,
    })
}

/// A level, or a list of a level and options.
fn of_rule(rule: &Rule) -> Value {
    let level = json!({ "enum": ["off", "info", "warn", "error"] });
    let options: Map<String, Value> =
        rule.options.iter().map(|option| (option.name.to_owned(), of_option(option))).collect();
    let options = json!({ "type": "object", "properties": options, "additionalProperties": false });
    json!({
        "description": rule.docs.trim(),
        "default": rule.level.word(),
        "anyOf": [level, { "type": "array", "prefixItems": [level, options], "minItems": 1, "maxItems": 2 }],
    })
}

fn of_option(option: &OptionSpec) -> Value {
    let mut schema = match option.default {
        OptionDefault::Choice(choices) => json!({ "enum": choices, "default": choices.first() }),
        OptionDefault::Texts(texts) => {
            json!({ "type": "array", "items": { "type": "string" }, "default": texts })
        }
        OptionDefault::Number(number) => json!({ "type": "integer", "minimum": 0, "default": number }),
    };
    schema["description"] = option.docs.into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::settings::KEYS;

    #[test]
    fn it_has_the_keys_that_are_read_and_every_rule() {
        let schema = section_schema();
        let properties = schema["properties"].as_object().unwrap();
        let mut keys = KEYS;
        keys.sort_unstable();
        let mut described: Vec<&str> = properties.keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(described, keys);
        assert_eq!(properties["rules"]["properties"].as_object().unwrap().len(), rules::ALL.len());
        let naming = &properties["rules"]["properties"]["table-naming"]["anyOf"][1]["prefixItems"][1];
        assert!(naming["properties"]["style"]["enum"].as_array().unwrap().len() > 1);
    }
}
