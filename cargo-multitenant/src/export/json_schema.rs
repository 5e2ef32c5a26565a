//! JSON Schema, draft 2020-12: of a row as `to_json` writes it, with all that a table is under `x-` keys.

use multitenant_runtime::Tier;
use serde_json::{Map, Value, json};

use super::file::Mark;
use super::json_types::{defined, nullable, pointer_to, used};
use crate::model::{Column, Model, Sequence, Table, Type, word};

/// Grows when a key changes its meaning.
pub(crate) const FORMAT: u32 = 1;

/// The document of a model.
///
/// Each table is a definition, `#/$defs/TIER/$defs/TABLE`, and the document itself one of rows: the tiers' tables, each
/// with a list.
pub(crate) fn json_schema(model: &Model) -> String {
    let tiers: Vec<Tier> = [Tier::Shared, Tier::Tenant].into_iter().filter(|tier| has(model, *tier)).collect();
    let properties: Map<String, Value> = tiers
        .iter()
        .map(|tier| (word(*tier).to_owned(), json!({ "$ref": format!("#/$defs/{}", word(*tier)) })))
        .collect();
    let definitions: Map<String, Value> =
        tiers.iter().map(|tier| (word(*tier).to_owned(), of_tier(model, *tier))).collect();
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": Mark::Json.line(),
        "x-format": FORMAT,
        "x-shared-schema": model.shared_schema,
        "x-extensions": model.extensions,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    });
    // A document of ours can always be written.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn has(model: &Model, tier: Tier) -> bool {
    model.tables.iter().any(|table| table.tier == tier)
        || model.types.iter().any(|ty| ty.tier == tier)
        || model.sequences.iter().any(|sequence| sequence.tier == tier)
}

fn of_tier(model: &Model, tier: Tier) -> Value {
    let tables = || model.tables.iter().filter(|table| table.tier == tier);
    let rows: Map<String, Value> = tables()
        // A partition's rows are its table's.
        .filter(|table| !table.is_partition())
        .map(|table| {
            let pointer = pointer_to(word(tier), &table.name);
            (table.name.clone(), json!({ "type": "array", "items": { "$ref": pointer } }))
        })
        .collect();
    let types = model.types.iter().filter(|ty| ty.tier == tier).map(|ty| (ty.name.clone(), of_type(model, ty)));
    // A table's row is a type of its name, so that PostgreSQL has no type beside it.
    let definitions: Map<String, Value> =
        types.chain(tables().map(|table| (table.name.clone(), of_table(model, table)))).collect();
    let sequences: Map<String, Value> = model
        .sequences
        .iter()
        .filter(|sequence| sequence.tier == tier)
        .map(|Sequence { name, options, comment, .. }| {
            (name.clone(), json!({ "options": options, "comment": comment }))
        })
        .collect();
    json!({
        "x-tier": word(tier),
        "x-sequences": sequences,
        "type": "object",
        "properties": rows,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

fn of_type(model: &Model, ty: &Type) -> Value {
    let mut map = keys(defined(model, ty));
    map.insert("title".to_owned(), json!(ty.name));
    map.insert("x-tier".to_owned(), json!(word(ty.tier)));
    map.insert("x-kind".to_owned(), json!(ty.kind));
    map.insert("x-complete".to_owned(), json!(ty.is_complete));
    map.extend(ty.comment.iter().map(|comment| ("description".to_owned(), json!(comment))));
    Value::Object(map)
}

fn of_table(model: &Model, table: &Table) -> Value {
    let properties: Map<String, Value> =
        table.columns.iter().map(|column| (column.name.clone(), of_column(model, column))).collect();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let mut map = keys(json!({
        "title": table.name,
        "type": "object",
        "properties": properties,
        "required": names,
        "x-tier": word(table.tier),
        "x-complete": table.is_complete,
        // Objects have no order that one can rely on.
        "x-columns": names,
        "x-primary-key": table.primary_key,
        "x-uniques": table.uniques,
        "x-foreign-keys": table.foreign_keys,
        "x-indexes": table.indexes,
        "x-checks": table.checks,
        "x-partition-by": table.partition_by,
        "x-part-of": table.part,
    }));
    if table.is_complete {
        map.insert("additionalProperties".to_owned(), json!(false));
    }
    map.extend(table.comment.iter().map(|comment| ("description".to_owned(), json!(comment))));
    Value::Object(map)
}

fn of_column(model: &Model, column: &Column) -> Value {
    let schema = column.ty.as_ref().map_or_else(|| json!({}), |ty| used(model, ty));
    let mut map = keys(if model.can_be_null(column) { nullable(schema) } else { schema });
    map.insert("x-postgres-type".to_owned(), json!(column.ty.as_ref().map(crate::model::TypeRef::sql)));
    map.insert("x-type".to_owned(), json!(column.ty));
    map.insert("x-diesel-type".to_owned(), json!(column.diesel));
    map.insert("x-nullable".to_owned(), json!(column.is_nullable));
    map.insert("x-default".to_owned(), json!(column.default));
    map.insert("x-identity".to_owned(), json!(column.identity));
    map.insert("x-generated".to_owned(), json!(column.generated));
    map.extend(column.collation.iter().map(|collation| ("x-collation".to_owned(), json!(collation))));
    map.extend(column.comment.iter().map(|comment| ("description".to_owned(), json!(comment))));
    if column.is_only_read() {
        map.insert("readOnly".to_owned(), json!(true));
    }
    Value::Object(map)
}

/// The keys of a schema, which is always an object.
fn keys(schema: Value) -> Map<String, Value> {
    if let Value::Object(map) = schema { map } else { Map::new() }
}
