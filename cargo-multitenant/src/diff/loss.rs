//! What a new type does to the values that are there.

use super::casts::is_cast;
use crate::model::{Home, Model, TypeRef};

/// What becomes of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They stay as they are.
    Same,
    /// Each is written anew, and means the same.
    Rewritten,
    /// Some cannot be kept as they are.
    Lost,
}

/// What becomes of values of one type in a column of another.
pub(crate) fn fate(model: &Model, from: &TypeRef, to: &TypeRef) -> Fate {
    let (from, to) = (model.beneath(from), model.beneath(to));
    if from.array != to.array {
        return if to.array && from.name == to.name { Fate::Rewritten } else { Fate::Lost };
    }
    let is_system = |ty: &TypeRef| ty.home == Home::System;
    let is_text = |ty: &TypeRef| matches!(ty.name.as_str(), "text" | "varchar" | "citext");
    if is_text(&to) && (is_text(&from) || from.name == "bpchar") {
        let shorter = match (length(&from), length(&to)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(from), Some(to)) => to < from,
        };
        return match (shorter, from.name == "citext" || to.name == "citext" || from.name == "bpchar") {
            (true, _) => Fate::Lost,
            (false, true) => Fate::Rewritten,
            (false, false) => Fate::Same,
        };
    }
    // Everything can be written as a text.
    if is_text(&to) && length(&to).is_none() && from.name != "bytea" {
        return Fate::Rewritten;
    }
    if !is_system(&from) || !is_system(&to) {
        return if from.name == to.name && from.home == to.home { Fate::Same } else { Fate::Lost };
    }
    const WIDER: &[(&str, &[&str])] = &[
        ("int2", &["int4", "int8", "numeric", "float4", "float8"]),
        ("int4", &["int8", "numeric", "float8"]),
        ("int8", &["numeric"]),
        ("float4", &["float8"]),
        ("date", &["timestamp", "timestamptz"]),
        ("timestamp", &["timestamptz"]),
        ("timestamptz", &["timestamp"]),
        ("jsonb", &["json"]),
        ("inet", &[]),
        ("cidr", &["inet"]),
        ("macaddr", &["macaddr8"]),
    ];
    let is_wider = WIDER.iter().any(|(of, wider)| *of == from.name && wider.contains(&to.name.as_str()));
    match () {
        () if is_wider && to.modifiers.is_empty() => Fate::Rewritten,
        () if from.name == to.name && to.modifiers.is_empty() => Fate::Same,
        () if from.name == "numeric" && to.name == "numeric" => numeric(&from, &to),
        () if from.name == to.name && from.modifiers == to.modifiers => Fate::Same,
        () => Fate::Lost,
    }
}

/// More digits before the point and as many behind it change nothing.
fn numeric(from: &TypeRef, to: &TypeRef) -> Fate {
    let digits = |ty: &TypeRef| {
        let numbers: Vec<i32> = ty.modifiers.iter().filter_map(|number| number.trim().parse().ok()).collect();
        numbers.first().map(|precision| (precision - numbers.get(1).unwrap_or(&0), *numbers.get(1).unwrap_or(&0)))
    };
    match (digits(from), digits(to)) {
        (Some((whole, behind)), Some((more, also))) if more >= whole && also == behind => Fate::Same,
        (Some((whole, behind)), Some((more, also))) if more >= whole && also > behind => Fate::Rewritten,
        _ => Fate::Lost,
    }
}

fn length(ty: &TypeRef) -> Option<u64> {
    ty.modifiers.first()?.trim().parse().ok()
}

/// The expression that makes a new value of an old one; `None` where PostgreSQL does it by itself.
pub(super) fn using(model: &Model, column: &str, from: &TypeRef, to: &TypeRef, written: &str) -> Option<String> {
    let (beneath, beneath_to) = (model.beneath(from), model.beneath(to));
    // Where PostgreSQL has no cast, the value's text may be one of the other type; else it is an error, and nothing is lost.
    let through = if is_cast(&beneath, &beneath_to) { "" } else { "::text" };
    Some(match (beneath.array, beneath_to.array, beneath.name.as_str(), beneath_to.name.as_str()) {
        (false, true, ..) => {
            format!("CASE WHEN {column} IS NULL THEN NULL ELSE ARRAY[{column}{through}]::{written} END")
        }
        (true, false, ..) => format!("{column}[1]{through}::{written}"),
        (false, false, "timestamp", "timestamptz") | (false, false, "timestamptz", "timestamp") => {
            format!("{column} AT TIME ZONE 'UTC'")
        }
        // Too long a text is an error so, and would be cut by a cast.
        (_, _, "text" | "varchar" | "citext" | "bpchar", "text" | "varchar" | "citext") => return None,
        _ if fate(model, from, to) == Fate::Lost || beneath.name != beneath_to.name => {
            format!("{column}{through}::{written}")
        }
        _ => return None,
    })
}
