//! Types of PostgreSQL as JSON Schema has them: what `to_json` makes of a value.

use serde_json::{Value, json};

use crate::model::{Home, Model, Type, TypeKind, TypeRef, word};

/// The schema of a type where it is used.
pub(super) fn used(model: &Model, ty: &TypeRef) -> Value {
    if ty.array {
        // PostgreSQL has no array whose elements cannot be NULL.
        return json!({ "type": "array", "items": nullable(used(model, &ty.element())) });
    }
    match model.type_of(ty) {
        Some(own) => json!({ "$ref": pointer(own) }),
        None if ty.home == Home::Shared || ty.home == Home::Tenant => json!({}),
        None => of_system(ty),
    }
}

/// A reference to a type or a table of the document.
pub(super) fn pointer(ty: &Type) -> String {
    pointer_to(word(ty.tier), &ty.name)
}

/// The same by the tier's word and the name.
pub(super) fn pointer_to(tier: &str, name: &str) -> String {
    format!("#/$defs/{tier}/$defs/{}", escaped(name))
}

/// A name in a JSON pointer that is the fragment of a URI.
fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.replace('~', "~0").replace('/', "~1").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    escaped
}

/// A schema that takes NULL, too.
pub(super) fn nullable(schema: Value) -> Value {
    match schema {
        // It takes everything already.
        Value::Object(map) if map.is_empty() => Value::Object(map),
        Value::Object(mut map) if map.get("type").is_some_and(Value::is_string) && !map.contains_key("enum") => {
            let ty = map["type"].take();
            map.insert("type".to_owned(), json!([ty, "null"]));
            Value::Object(map)
        }
        other => json!({ "anyOf": [other, { "type": "null" }] }),
    }
}

/// The schema of a type that the migrations make.
pub(super) fn defined(model: &Model, ty: &Type) -> Value {
    let or_any = |used: &Option<TypeRef>| used.as_ref().map_or_else(|| json!({}), |ty| self::used(model, ty));
    match &ty.kind {
        TypeKind::Enum { labels } if ty.is_complete && !labels.is_empty() => {
            json!({ "type": "string", "enum": labels })
        }
        TypeKind::Enum { .. } => json!({ "type": "string" }),
        TypeKind::Domain { base, .. } => or_any(base),
        TypeKind::Composite { fields } if ty.is_complete => {
            let properties: serde_json::Map<String, Value> =
                fields.iter().map(|field| (field.name.clone(), nullable(or_any(&field.ty)))).collect();
            let required: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
        }
        TypeKind::Composite { .. } => json!({ "type": "object" }),
        TypeKind::Opaque => json!({}),
    }
}

fn of_system(ty: &TypeRef) -> Value {
    let length = ty.modifiers.first().and_then(|length| length.parse::<u64>().ok());
    let integer = |least: i64, most: i64| json!({ "type": "integer", "minimum": least, "maximum": most });
    // What is no number in JSON is a text there.
    let number = || json!({ "anyOf": [{ "type": "number" }, { "enum": ["NaN", "Infinity", "-Infinity"] }] });
    let text = |format: &str| json!({ "type": "string", "format": format });
    match ty.name.as_str() {
        "bool" => json!({ "type": "boolean" }),
        "int2" => integer(i16::MIN.into(), i16::MAX.into()),
        "int4" => integer(i32::MIN.into(), i32::MAX.into()),
        "int8" => integer(i64::MIN, i64::MAX),
        "oid" => integer(0, u32::MAX.into()),
        "float4" | "float8" | "numeric" => number(),
        "json" | "jsonb" => json!({}),
        "uuid" => json!({ "type": "string", "format": "uuid", "pattern": UUID }),
        "date" => text("date"),
        "timestamptz" => text("date-time"),
        // Without a zone it is no `date-time`.
        "timestamp" => json!({ "type": "string" }),
        "bytea" => json!({ "type": "string", "pattern": BYTES }),
        "bit" | "varbit" => json!({ "type": "string", "pattern": "^[01]*$" }),
        "varchar" | "bpchar" => match length {
            Some(length) => json!({ "type": "string", "maxLength": length }),
            None => json!({ "type": "string" }),
        },
        _ if ty.home == Home::System || TEXTS.contains(&ty.name.as_str()) => json!({ "type": "string" }),
        // An extension's may be anything.
        _ => json!({}),
    }
}

const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";
const BYTES: &str = "^\\\\x([0-9a-f]{2})*$";

/// Types of extensions that are texts in JSON.
const TEXTS: &[&str] = &["citext", "ltree", "lquery", "ltxtquery", "isbn", "semver"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_pointer_is_escaped_twice() {
        for (name, expected) in
            [("a", "a"), ("a/b~c", "a~1b~0c"), ("a b%", "a%20b%25"), ("ä", "%C3%A4"), ("\"", "%22"), ("..", "..")]
        {
            assert_eq!(pointer_to("tenant", name), format!("#/$defs/tenant/$defs/{expected}"));
        }
    }

    #[test]
    fn what_takes_null_says_so_once() {
        for (schema, expected) in [
            (json!({}), json!({})),
            (json!({ "type": "string" }), json!({ "type": ["string", "null"] })),
            (json!({ "$ref": "#" }), json!({ "anyOf": [{ "$ref": "#" }, { "type": "null" }] })),
        ] {
            assert_eq!(nullable(schema), expected);
        }
    }
}
