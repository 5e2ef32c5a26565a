//! JSON schemas: of `multitenant.toml`, for editors, and of every document that a command answers with, for scripts.
//!
//! Those of documents are files, one for each document, so that a change of a field is seen in a review; the command
//! line's tests hold every document that they see against them. That of the configuration is made from the list of keys
//! and their documentation, so it cannot be behind.

mod config;
mod values;

use serde_json::{Map, Value};

use crate::error::CliError;

pub(crate) use config::CONFIG;

/// What the schemas have in common.
const DEFINITIONS: &str = include_str!("definitions.json");

macro_rules! documents {
    ($($name:literal),* $(,)?) => {
        /// Every document, by its name.
        pub(crate) const DOCUMENTS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("documents/", $name, ".json")))),*];
    };
}

documents! {
    "db",
    "doctor",
    "drift",
    "explain",
    "generate",
    "generate-from-schema",
    "import",
    "init",
    "lint",
    "lock",
    "plan",
    "print-schema",
    "repair",
    "rules",
    "run",
    "scaffold",
    "scaffold-templates",
    "snapshot",
    "sql",
    "status",
    "tenant-archive",
    "tenant-copy",
    "tenant-drop",
    "tenant-dump",
    "tenant-list",
    "tenant-rename",
    "tenant-restore",
    "verify",
}

/// The names of all schemas, that of the configuration first.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once(CONFIG).chain(DOCUMENTS.iter().map(|(name, _)| *name))
}

/// The schema of this name, whole in itself.
///
/// # Errors
///
/// Where one of our own files is no JSON, which a test rules out.
pub(crate) fn schema(name: &str) -> Result<Option<Value>, CliError> {
    if name == CONFIG {
        return Ok(Some(config::schema()));
    }
    let Some((_, text)) = DOCUMENTS.iter().find(|(document, _)| *document == name) else { return Ok(None) };
    let mut schema = read(text)?;
    let mut used = Map::new();
    take_used(&Value::Object(schema.clone()), &read(DEFINITIONS)?, &mut used);
    schema.insert("$schema".to_owned(), DIALECT.into());
    if !used.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(used));
    }
    Ok(Some(Value::Object(schema)))
}

/// The version of JSON Schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

fn read(text: &str) -> Result<Map<String, Value>, CliError> {
    serde_json::from_str(text).map_err(|error| CliError::Output(error.into()))
}

/// Takes over the definitions that a schema refers to, and those that they refer to.
fn take_used(value: &Value, all: &Map<String, Value>, used: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix("#/$defs/"))
                && !used.contains_key(name)
                && let Some(definition) = all.get(name)
            {
                used.insert(name.to_owned(), definition.clone());
                take_used(definition, all, used);
            }
            object.values().for_each(|inner| take_used(inner, all, used));
        }
        Value::Array(items) => items.iter().for_each(|item| take_used(item, all, used)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_document_and_is_whole() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/json_schema/documents");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        assert_eq!(files, DOCUMENTS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for name in names() {
            let schema = schema(name).unwrap().unwrap();
            let text = schema.to_string();
            for reference in text.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(schema["$defs"].get(reference).is_some(), "{name}: nothing is called {reference}");
            }
        }
        assert!(schema("nonsense").unwrap().is_none());
    }
}
