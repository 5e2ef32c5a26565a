//! Which types PostgreSQL turns into each other.

use crate::model::{Home, TypeRef};

/// The casts between types that are no texts, as `pg_cast` has them.
const CASTS: &[(&str, &[&str])] = &[
    ("bit", &["int4", "int8", "varbit"]),
    ("bool", &["int4"]),
    ("box", &["circle", "lseg", "point", "polygon"]),
    ("char", &["int4"]),
    ("cidr", &["inet"]),
    ("circle", &["box", "point", "polygon"]),
    ("date", &["timestamp", "timestamptz"]),
    ("daterange", &["datemultirange"]),
    ("float4", &["float8", "int2", "int4", "int8", "numeric"]),
    ("float8", &["float4", "int2", "int4", "int8", "numeric"]),
    ("inet", &["cidr"]),
    ("int2", &["float4", "float8", "int4", "int8", "numeric", "oid"]),
    ("int4", &["bit", "bool", "char", "float4", "float8", "int2", "int8", "money", "numeric", "oid"]),
    ("int4range", &["int4multirange"]),
    ("int8", &["bit", "float4", "float8", "int2", "int4", "money", "numeric", "oid"]),
    ("int8range", &["int8multirange"]),
    ("interval", &["time"]),
    ("json", &["jsonb"]),
    ("jsonb", &["bool", "float4", "float8", "int2", "int4", "int8", "json", "numeric"]),
    ("lseg", &["point"]),
    ("macaddr", &["macaddr8"]),
    ("macaddr8", &["macaddr"]),
    ("money", &["numeric"]),
    ("numeric", &["float4", "float8", "int2", "int4", "int8", "money"]),
    ("numrange", &["nummultirange"]),
    ("oid", &["int4", "int8"]),
    ("path", &["polygon"]),
    ("point", &["box"]),
    ("polygon", &["box", "circle", "path", "point"]),
    ("time", &["interval", "timetz"]),
    ("timestamp", &["date", "time", "timestamptz"]),
    ("timestamptz", &["date", "time", "timestamp", "timetz"]),
    ("timetz", &["time"]),
    ("tsrange", &["tsmultirange"]),
    ("tstzrange", &["tstzmultirange"]),
    ("varbit", &["bit"]),
];

/// Whether a value of one type can be cast to another. Where it cannot, a text of it may be a value of the other. What
/// extensions can do is not known, and taken to be possible.
pub(super) fn is_cast(from: &TypeRef, to: &TypeRef) -> bool {
    let is_text = |ty: &TypeRef| matches!(ty.name.as_str(), "text" | "varchar" | "bpchar" | "name" | "citext");
    if from.home == Home::Other || to.home == Home::Other || is_text(from) || is_text(to) {
        return true;
    }
    let is_same = from.home == to.home && from.name == to.name;
    let is_system = from.home == Home::System && to.home == Home::System;
    is_same || (is_system && CASTS.iter().any(|(of, casts)| *of == from.name && casts.contains(&to.name.as_str())))
}
