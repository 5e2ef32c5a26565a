//! The types that columns can be given, in SQL, in Diesel and in Rust.

use crate::config::nearest;

/// A type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnType {
    /// As it is asked for, and stands in SQL.
    pub(crate) word: &'static str,
    /// What PostgreSQL calls it in its catalogue.
    pub(crate) internal: &'static str,
    /// In `table!`.
    pub(crate) diesel: &'static str,
    /// What it is in Rust, and what that needs.
    pub(crate) rust: Rust,
    /// A value that seeds can put in.
    pub(crate) sample: &'static str,
}

/// What a type is in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rust {
    /// A type that needs nothing.
    Plain(&'static str),
    /// A type of a crate, for which Diesel has a feature.
    Of { ty: &'static str, feature: &'static str, package: &'static str },
    /// A moment or a part of one: `chrono`'s type, or `time`'s.
    Temporal { chrono: &'static str, time: &'static str },
}

const fn plain(
    word: &'static str,
    internal: &'static str,
    diesel: &'static str,
    rust: &'static str,
    sample: &'static str,
) -> ColumnType {
    ColumnType { word, internal, diesel, rust: Rust::Plain(rust), sample }
}

/// All of them, with other words for them.
const ALL: &[(ColumnType, &[&str])] = &[
    (plain("text", "text", "Text", "String", "'example'"), &["string", "varchar"]),
    (plain("smallint", "int2", "SmallInt", "i16", "1"), &["int2"]),
    (plain("int", "int4", "Integer", "i32", "1"), &["integer", "int4"]),
    (BIGINT, &["int8"]),
    (plain("real", "float4", "Float", "f32", "1.5"), &["float4"]),
    (plain("double precision", "float8", "Double", "f64", "1.5"), &["double", "float", "float8"]),
    (
        ColumnType {
            word: "numeric",
            internal: "numeric",
            diesel: "Numeric",
            rust: Rust::Of { ty: "bigdecimal::BigDecimal", feature: "numeric", package: "bigdecimal" },
            sample: "9.99",
        },
        &["decimal"],
    ),
    (plain("bool", "bool", "Bool", "bool", "true"), &["boolean"]),
    (UUID, &[]),
    (TIMESTAMPTZ, &[]),
    (
        ColumnType {
            word: "timestamp",
            internal: "timestamp",
            diesel: "Timestamp",
            rust: Rust::Temporal { chrono: "chrono::NaiveDateTime", time: "time::PrimitiveDateTime" },
            sample: "'2026-01-01 12:00:00'",
        },
        &[],
    ),
    (
        ColumnType {
            word: "date",
            internal: "date",
            diesel: "Date",
            rust: Rust::Temporal { chrono: "chrono::NaiveDate", time: "time::Date" },
            sample: "'2026-01-01'",
        },
        &[],
    ),
    (
        ColumnType {
            word: "jsonb",
            internal: "jsonb",
            diesel: "Jsonb",
            rust: Rust::Of { ty: "serde_json::Value", feature: "serde_json", package: "serde_json" },
            sample: "'{}'",
        },
        &["json"],
    ),
    (plain("bytea", "bytea", "Bytea", "Vec<u8>", r"'\x00'"), &["binary", "bytes"]),
];

/// The type of ids that the database counts.
pub(crate) const BIGINT: ColumnType = plain("bigint", "int8", "BigInt", "i64", "1");

/// The type of ids that are random.
pub(crate) const UUID: ColumnType = ColumnType {
    word: "uuid",
    internal: "uuid",
    diesel: "Uuid",
    rust: Rust::Of { ty: "uuid::Uuid", feature: "uuid", package: "uuid" },
    sample: "'00000000-0000-4000-8000-000000000001'",
};

/// The type of moments.
pub(crate) const TIMESTAMPTZ: ColumnType = ColumnType {
    word: "timestamptz",
    internal: "timestamptz",
    diesel: "Timestamptz",
    rust: Rust::Temporal { chrono: "chrono::DateTime<chrono::Utc>", time: "time::OffsetDateTime" },
    sample: "'2026-01-01 12:00:00+00'",
};

/// The type of a word.
pub(super) fn find(word: &str) -> Result<ColumnType, String> {
    let lower = word.to_ascii_lowercase();
    if let Some((ty, _)) = ALL.iter().find(|(ty, others)| ty.word == lower || others.contains(&lower.as_str())) {
        return Ok(*ty);
    }
    let names: Vec<&str> = ALL.iter().map(|(ty, _)| ty.word.split(' ').next().unwrap_or(ty.word)).collect();
    let meant =
        nearest(&lower, names.iter().copied()).map(|meant| format!("did you mean {meant}? ")).unwrap_or_default();
    Err(format!("there is no type {word:?}: {meant}the types are {}", names.join(", ")))
}

/// The type that PostgreSQL calls so.
pub(crate) fn of_internal(name: &str) -> Option<ColumnType> {
    ALL.iter().map(|(ty, _)| *ty).find(|ty| ty.internal == name || (name == "varchar" && ty.internal == "text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_all_their_words() {
        for (ty, others) in ALL {
            for word in others.iter().chain([&ty.word]) {
                assert_eq!(find(word), Ok(*ty));
            }
            assert_eq!(of_internal(ty.internal), Some(*ty));
        }
        let error = find("txt").unwrap_err();
        assert!(
            error.starts_with("there is no type \"txt\": did you mean text? the types are text, smallint,"),
            "{error}"
        );
        assert!(find("xyzzy").unwrap_err().starts_with("there is no type \"xyzzy\": the types are text"));
    }
}
