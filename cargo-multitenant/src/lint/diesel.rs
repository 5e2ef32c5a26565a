//! Diesel's types, and those of PostgreSQL that they stand for.

use super::catalog::{CatalogColumn, ColumnType, Origin};
use super::schema::RustColumn;
use crate::finding::Place;

/// What Diesel calls a type of PostgreSQL, with all of its names for it.
const TYPES: &[(&str, &[&str])] = &[
    ("bool", &["Bool"]),
    ("int2", &["SmallInt", "Int2", "SmallSerial"]),
    ("int4", &["Integer", "Int4", "Serial"]),
    ("int8", &["BigInt", "Int8", "BigSerial"]),
    ("float4", &["Float", "Float4"]),
    ("float8", &["Double", "Float8"]),
    ("numeric", &["Numeric", "Decimal"]),
    ("text", &["Text", "VarChar", "Varchar", "Citext"]),
    ("varchar", &["Text", "VarChar", "Varchar"]),
    ("bpchar", &["Bpchar", "BpChar", "Text"]),
    ("bytea", &["Binary", "Bytea"]),
    ("date", &["Date"]),
    ("time", &["Time"]),
    ("timetz", &["Timetz"]),
    ("timestamp", &["Timestamp"]),
    ("timestamptz", &["Timestamptz", "TimestamptzSqlite"]),
    ("interval", &["Interval"]),
    ("uuid", &["Uuid"]),
    ("json", &["Json"]),
    ("jsonb", &["Jsonb"]),
    ("inet", &["Inet"]),
    ("cidr", &["Cidr"]),
    ("macaddr", &["MacAddr", "Macaddr"]),
    ("macaddr8", &["MacAddr8", "Macaddr8"]),
    ("money", &["Money", "Cash"]),
    ("oid", &["Oid"]),
    ("citext", &["Citext"]),
    ("int4range", &["Int4range", "Range<Int4>", "Range<Integer>"]),
    ("int8range", &["Int8range", "Range<Int8>", "Range<BigInt>"]),
    ("daterange", &["Daterange", "Range<Date>"]),
    ("tsrange", &["Tsrange", "Range<Timestamp>"]),
    ("tstzrange", &["Tstzrange", "Range<Timestamptz>"]),
    ("numrange", &["Numrange", "Range<Numeric>"]),
];

/// A column of schema code as the catalogue would have it.
pub(crate) fn column(column: &RustColumn, around: &Place) -> CatalogColumn {
    let (name, is_array) = match column.ty.strip_prefix("Array<").and_then(|inner| inner.strip_suffix('>')) {
        Some(inner) => (inner, true),
        None => (column.ty.as_str(), false),
    };
    let known = TYPES.iter().find(|(_, names)| names.contains(&name)).map(|(postgres, _)| (*postgres).to_owned());
    CatalogColumn {
        name: column.sql_name.clone(),
        ty: Some(ColumnType {
            schema: None,
            name: known.unwrap_or_else(|| name.to_owned()),
            is_array,
            modifiers: Vec::new(),
        }),
        not_null: !column.is_nullable,
        has_default: false,
        default: None,
        sequence: None,
        own_sequence: None,
        is_serial: false,
        is_identity: false,
        identity: None,
        is_generated: false,
        generated: None,
        collation: None,
        comment: None,
        is_inherited: false,
        origin: Origin { place: column.place.clone(), around: around.clone() },
    }
}

/// The type of PostgreSQL that one of Diesel's means where nothing else is said, by its name without `Array<…>`.
pub(crate) fn of_type(name: &str) -> Option<&'static str> {
    // It can stand for others, but has one of its own.
    let own = match name {
        "VarChar" | "Varchar" => Some("varchar"),
        "Citext" => Some("citext"),
        "PgLsn" => Some("pg_lsn"),
        "Char" | "CChar" => Some("char"),
        "Int4multirange" | "Multirange<Int4>" | "Multirange<Integer>" => Some("int4multirange"),
        "Int8multirange" | "Multirange<Int8>" | "Multirange<BigInt>" => Some("int8multirange"),
        "Nummultirange" | "Multirange<Numeric>" => Some("nummultirange"),
        "Datemultirange" | "Multirange<Date>" => Some("datemultirange"),
        "Tsmultirange" | "Multirange<Timestamp>" => Some("tsmultirange"),
        "Tstzmultirange" | "Multirange<Timestamptz>" => Some("tstzmultirange"),
        _ => None,
    };
    own.or_else(|| TYPES.iter().find(|(_, names)| names.contains(&name)).map(|(postgres, _)| *postgres))
}

/// Whether a type of schema code can stand for a column's type; what neither side knows can.
pub(crate) fn fits(diesel: &str, postgres: &ColumnType) -> bool {
    let (name, is_array) = match diesel.strip_prefix("Array<").and_then(|inner| inner.strip_suffix('>')) {
        Some(inner) => (inner, true),
        None => (diesel, false),
    };
    if is_array != postgres.is_array {
        return false;
    }
    let of_postgres = TYPES.iter().find(|(known, _)| *known == postgres.name).map(|(_, names)| *names);
    match of_postgres {
        Some(names) => names.contains(&name) || !TYPES.iter().any(|(_, names)| names.contains(&name)),
        // A type of one's own: its name in Rust may be anything but a built-in one.
        None => !TYPES.iter().any(|(_, names)| names.contains(&name)),
    }
}
