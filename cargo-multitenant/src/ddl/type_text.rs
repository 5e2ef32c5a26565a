//! A type where it is used.

use multitenant_runtime::Tier;

use super::name::in_tier;
use crate::model::{Home, Model, TypeRef};

/// A type, as a statement of a tier names it.
pub(crate) fn type_text(model: &Model, tier: Tier, ty: &TypeRef) -> String {
    let of = match (ty.home, ty.name.as_str()) {
        (Home::System, own) => of_server(own, !ty.modifiers.is_empty()),
        (home, own) => in_tier(model, tier, home, ty.schema.as_deref(), own),
    };
    let modifiers = if ty.modifiers.is_empty() { String::new() } else { format!("({})", ty.modifiers.join(", ")) };
    format!("{of}{modifiers}{}", if ty.array { "[]" } else { "" })
}

/// One of PostgreSQL's own types by the word that people write.
fn of_server(name: &str, has_modifiers: bool) -> String {
    match name {
        "int2" => "smallint",
        "int4" => "int",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "bpchar" if has_modifiers => "char",
        // Without quotes it is another one.
        "char" => "\"char\"",
        // Names of the list that makes a type PostgreSQL's own; others are quoted.
        other if other.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') => other,
        other => return super::name::name(other),
    }
    .to_owned()
}
