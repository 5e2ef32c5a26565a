//! The document of `export --format json-schema`, as a model.

use multitenant_runtime::Tier;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::pointer::{Pointer, Problem};
use crate::export::FORMAT;
use crate::model::{Column, Model, Sequence, Table, Type, word};

const NOT_OURS: &str = "it is no document of `cargo multitenant export --format json-schema`: export the tables that way, and \
                        leave the x- keys in it";

/// Reads a document.
///
/// # Errors
///
/// All that is missing, or of another type than it must be, with its place.
pub(crate) fn read(text: &str) -> Result<Model, Vec<Problem>> {
    let root = Pointer::default();
    // The parser goes no deeper than 128 levels, and says so.
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        let hint = if error.is_eof() { ": the document is cut off, export it again" } else { "" };
        vec![Problem::new(&root, format!("this is no JSON ({error}){hint}"))]
    })?;
    let Some(format) = document.get("x-format") else { return Err(vec![Problem::new(&root, NOT_OURS)]) };
    match format.as_u64() {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(format) if format > u64::from(FORMAT) => {
            let message = format!(
                "the document has the format {format}, and this version reads {FORMAT}: upgrade cargo-multitenant, or \
                 export with this version"
            );
            return Err(vec![Problem::new(&root.at("x-format"), message)]);
        }
        _ => {
            let message = format!("it is {format}, and a format is a number from 1 on: export the document again");
            return Err(vec![Problem::new(&root.at("x-format"), message)]);
        }
    }
    let mut reader = Reader { problems: Vec::new() };
    let model = reader.model(&document);
    match model {
        Some(model) if reader.problems.is_empty() => Ok(model),
        _ => Err(reader.problems),
    }
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn model(&mut self, document: &Value) -> Option<Model> {
        let root = Pointer::default();
        let map = self.object(Some(document), &root)?;
        let shared_schema = self.of(map, "x-shared-schema", &root);
        // Documents of earlier versions have none.
        let has_extensions = map.contains_key("x-extensions");
        let extensions = if has_extensions { self.list(map, "x-extensions", &root) } else { Some(Vec::new()) };
        let (mut tables, mut types, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
        let at = root.at("$defs");
        let tiers = self.object(map.get("$defs"), &at)?;
        for tier in [Tier::Shared, Tier::Tenant] {
            let Some(part) = tiers.get(word(tier)) else { continue };
            let at = at.at(word(tier));
            let Some(part) = self.object(Some(part), &at) else { continue };
            let defined = self.object(part.get("$defs"), &at.at("$defs"));
            for (name, defined) in defined.into_iter().flatten() {
                let at = at.at("$defs").at(name);
                let Some(defined) = self.object(Some(defined), &at) else { continue };
                if defined.contains_key("x-kind") {
                    types.extend(self.ty(tier, name, defined, &at));
                } else {
                    tables.extend(self.table(tier, name, defined, &at));
                }
            }
            let counted = self.object(part.get("x-sequences"), &at.at("x-sequences"));
            for (name, sequence) in counted.into_iter().flatten() {
                let at = at.at("x-sequences").at(name);
                let Some(sequence) = self.object(Some(sequence), &at) else { continue };
                let (options, comment) = (self.of(sequence, "options", &at), self.of(sequence, "comment", &at));
                if let (Some(options), Some(comment)) = (options, comment) {
                    sequences.push(Sequence { tier, name: name.clone(), options, comment });
                }
            }
        }
        Some(Model { shared_schema: shared_schema?, tables, types, sequences, extensions: extensions? })
    }

    fn ty(&mut self, tier: Tier, name: &str, defined: &Map<String, Value>, at: &Pointer) -> Option<Type> {
        let (kind, is_complete) = (self.of(defined, "x-kind", at), self.of(defined, "x-complete", at));
        let comment = self.comment(defined, at);
        Some(Type { tier, name: name.to_owned(), comment: comment?, kind: kind?, is_complete: is_complete? })
    }

    fn table(&mut self, tier: Tier, name: &str, defined: &Map<String, Value>, at: &Pointer) -> Option<Table> {
        let names: Vec<String> = self.list(defined, "x-columns", at)?;
        let properties = self.object(defined.get("properties"), &at.at("properties"))?;
        let mut columns = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let of_name = at.at("x-columns").at(index);
            if names[..index].contains(name) {
                self.problems
                    .push(Problem::new(&of_name, format!("the column {name:?} is there twice: leave one out")));
                continue;
            }
            let Some(column) = properties.get(name) else {
                let message = format!("there is no {name:?} among the properties: export the document again");
                self.problems.push(Problem::new(&of_name, message));
                continue;
            };
            let at = at.at("properties").at(name);
            let Some(column) = self.object(Some(column), &at) else { continue };
            columns.extend(self.column(name, column, &at));
        }
        for name in properties.keys().filter(|name| !names.contains(name)) {
            let message = "it is not among x-columns, which say in which order columns stand: add it there";
            self.problems.push(Problem::new(&at.at("properties").at(name), message));
        }
        let comment = self.comment(defined, at);
        let primary_key = self.of(defined, "x-primary-key", at);
        let uniques = self.list(defined, "x-uniques", at);
        let foreign_keys = self.list(defined, "x-foreign-keys", at);
        let indexes = self.list(defined, "x-indexes", at);
        let checks = self.list(defined, "x-checks", at);
        let partition_by = self.of(defined, "x-partition-by", at);
        let part = self.of(defined, "x-part-of", at);
        let is_complete = self.of(defined, "x-complete", at);
        Some(Table {
            tier,
            name: name.to_owned(),
            comment: comment?,
            columns,
            primary_key: primary_key?,
            uniques: uniques?,
            foreign_keys: foreign_keys?,
            indexes: indexes?,
            checks: checks?,
            partition_by: partition_by?,
            part: part?,
            is_complete: is_complete?,
        })
    }

    fn column(&mut self, name: &str, column: &Map<String, Value>, at: &Pointer) -> Option<Column> {
        let collation = column.get("x-collation").map_or(Some(None), |_| self.of(column, "x-collation", at));
        let comment = self.comment(column, at);
        let (ty, diesel) = (self.of(column, "x-type", at), self.of(column, "x-diesel-type", at));
        let (is_nullable, default) = (self.of(column, "x-nullable", at), self.of(column, "x-default", at));
        let (identity, generated) = (self.of(column, "x-identity", at), self.of(column, "x-generated", at));
        Some(Column {
            name: name.to_owned(),
            ty: ty?,
            diesel: diesel?,
            is_nullable: is_nullable?,
            default: default?,
            identity: identity?,
            sequence: None,
            generated: generated?,
            collation: collation?,
            comment: comment?,
        })
    }

    fn comment(&mut self, map: &Map<String, Value>, at: &Pointer) -> Option<Option<String>> {
        map.get("description").map_or(Some(None), |_| self.of(map, "description", at))
    }

    fn object<'a>(&mut self, value: Option<&'a Value>, at: &Pointer) -> Option<&'a Map<String, Value>> {
        match value {
            Some(Value::Object(map)) => return Some(map),
            Some(other) => self.problems.push(Problem::new(at, format!("it is {}, and no object", kind(other)))),
            None => self.missing(at),
        }
        None
    }

    /// A value, which must be there even where it may be null.
    fn of<T: DeserializeOwned>(&mut self, map: &Map<String, Value>, key: &str, at: &Pointer) -> Option<T> {
        let at = at.at(key);
        let Some(value) = map.get(key) else {
            self.missing(&at);
            return None;
        };
        self.value(value, &at)
    }

    fn list<T: DeserializeOwned>(&mut self, map: &Map<String, Value>, key: &str, at: &Pointer) -> Option<Vec<T>> {
        let at = at.at(key);
        match map.get(key) {
            Some(Value::Array(items)) => {
                let read: Vec<Option<T>> =
                    items.iter().enumerate().map(|(index, item)| self.value(item, &at.at(index))).collect();
                read.into_iter().collect()
            }
            Some(other) => {
                self.problems.push(Problem::new(&at, format!("it is {}, and no list", kind(other))));
                None
            }
            None => {
                self.missing(&at);
                None
            }
        }
    }

    fn value<T: DeserializeOwned>(&mut self, value: &Value, at: &Pointer) -> Option<T> {
        if self.has_nul(value, at) {
            return None;
        }
        T::deserialize(value).map_err(|error| self.problems.push(Problem::new(at, error.to_string()))).ok()
    }

    /// Whether a text in it holds a NUL, which no file of SQL can hold either; each is told.
    fn has_nul(&mut self, value: &Value, at: &Pointer) -> bool {
        match value {
            Value::String(text) if text.contains('\0') => {
                let message = "the text holds a NUL (\\u0000), and PostgreSQL keeps none: leave it out";
                self.problems.push(Problem::new(at, message));
                true
            }
            Value::Array(items) => {
                let of_items = items.iter().enumerate();
                of_items.fold(false, |has, (index, item)| self.has_nul(item, &at.at(index)) | has)
            }
            Value::Object(map) => map.iter().fold(false, |has, (key, value)| self.has_nul(value, &at.at(key)) | has),
            _ => false,
        }
    }

    fn missing(&mut self, at: &Pointer) {
        let message = "it is missing: the document was cut, or written by something else; export it again";
        self.problems.push(Problem::new(at, message));
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
