//! What types of PostgreSQL are called in Rust, and which of them Diesel has itself.

use heck::ToUpperCamelCase as _;

use super::names::is_identifier;

/// A type of PostgreSQL in schema code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlType {
    /// In the database.
    pub(crate) name: String,
    /// In Rust.
    pub(crate) rust_name: String,
    /// Where it is looked for; `None` for along the path.
    pub(crate) schema: Option<String>,
}

impl SqlType {
    pub(crate) fn new(name: &str, schema: Option<String>) -> Self {
        let mut rust_name = name.to_upper_camel_case();
        if !is_identifier(&rust_name) {
            rust_name.retain(|c| c.is_ascii_alphanumeric());
            rust_name.insert(0, '_');
        }
        Self { name: name.to_owned(), rust_name, schema }
    }

    /// Whether `diesel::sql_types` has it.
    pub(super) fn is_diesel_s(&self) -> bool {
        KNOWN.contains(&self.rust_name.as_str())
    }
}

/// The names in `diesel::sql_types` that stand for types of PostgreSQL, as Diesel CLI 2.3 has them.
const KNOWN: &[&str] = &[
    "BigInt",
    "BigSerial",
    "Bigint",
    "Binary",
    "Bit",
    "Blob",
    "Bool",
    "Bpchar",
    "Bytea",
    "Char",
    "Cidr",
    "Citext",
    "Date",
    "Datemultirange",
    "Daterange",
    "Decimal",
    "Double",
    "Float",
    "Float4",
    "Float8",
    "Inet",
    "Int2",
    "Int4",
    "Int4multirange",
    "Int4range",
    "Int8",
    "Int8multirange",
    "Int8range",
    "Integer",
    "Interval",
    "Json",
    "Jsonb",
    "Longblob",
    "Longtext",
    "MacAddr",
    "MacAddr8",
    "Macaddr",
    "Macaddr8",
    "Mediumblob",
    "Mediumtext",
    "Money",
    "Numeric",
    "Nummultirange",
    "Numrange",
    "Oid",
    "PgLsn",
    "Range",
    "Record",
    "Serial",
    "SmallInt",
    "SmallSerial",
    "Smallint",
    "Text",
    "Time",
    "Timestamp",
    "Timestamptz",
    "Tinyblob",
    "Tinytext",
    "Tsmultirange",
    "Tsrange",
    "Tstzmultirange",
    "Tstzrange",
    "Uuid",
    "VarChar",
    "Varbinary",
    "Varchar",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diesel_has_is_told_from_what_it_has_not() {
        for name in ["int4", "varchar", "timestamptz", "numrange", "int4multirange", "citext", "pg_lsn", "char", "oid"]
        {
            assert!(SqlType::new(name, None).is_diesel_s(), "{name}");
        }
        for name in ["mood", "tsvector", "xml", "ltree", "hstore", "vector", "point", "name"] {
            assert!(!SqlType::new(name, None).is_diesel_s(), "{name}");
        }
    }

    #[test]
    fn names_are_written_as_types_are() {
        for (name, expected) in [
            ("order_state", "OrderState"),
            ("My-Type", "MyType"),
            ("HTTPStatus", "HttpStatus"),
            ("1st", "_1st"),
            ("self", "_Self"),
        ] {
            assert_eq!(SqlType::new(name, None).rust_name, expected);
        }
    }
}
