//! The types that PostgreSQL has itself.

/// Whether it is a type in `pg_catalog`, or stands for one of them.
pub(crate) fn is_servers_type(name: &str) -> bool {
    OF_COLUMNS.contains(&name) || PSEUDO.contains(&name) || STAND_INS.contains(&name)
}

/// Whether it is PostgreSQL's own name of a type that a column can have.
#[cfg(feature = "scaffold")]
pub(crate) fn is_servers_column_type(name: &str) -> bool {
    OF_COLUMNS.contains(&name)
}

/// Names that the parser has replaced by others where a column has them.
const STAND_INS: &[&str] = &["bigserial", "double", "serial", "serial2", "serial4", "serial8", "smallserial"];

/// What no column can have.
const PSEUDO: &[&str] = &[
    "any",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblemultirange",
    "anycompatiblenonarray",
    "anycompatiblerange",
    "anyelement",
    "anyenum",
    "anymultirange",
    "anynonarray",
    "anyrange",
    "cstring",
    "event_trigger",
    "fdw_handler",
    "index_am_handler",
    "internal",
    "language_handler",
    "record",
    "table_am_handler",
    "trigger",
    "tsm_handler",
    "unknown",
    "void",
];

/// What a column can have.
const OF_COLUMNS: &[&str] = &[
    "aclitem",
    "bit",
    "bool",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cid",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "float4",
    "float8",
    "gtsvector",
    "inet",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdatabase",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_in_order() {
        for list in [STAND_INS, PSEUDO, OF_COLUMNS] {
            assert!(list.windows(2).all(|two| two[0] < two[1]));
        }
        let columns_s = |name: &&&str| OF_COLUMNS.contains(name);
        assert_eq!(STAND_INS.iter().chain(PSEUDO).find(columns_s), None);
    }
}
