//! Which type is meant where one is used.

use multitenant_runtime::Tier;

use super::value::{Home, TypeRef};
use crate::lint::{Catalog, ColumnType};

/// What PostgreSQL has itself, beside what Diesel knows.
const SYSTEM: &[&str] = &[
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
    "regclass",
    "regcollation",
    "regconfig",
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

/// Whether PostgreSQL has a type of this name itself.
pub(crate) fn is_system_type(name: &str) -> bool {
    SYSTEM.contains(&name)
}

/// The type that a tier's column means: its own first, then the shared schema's, then PostgreSQL's.
pub(crate) fn type_ref(catalog: &Catalog, tier: Tier, ty: &ColumnType) -> TypeRef {
    let schema = ty.schema.as_deref();
    let is_shared_s = |schema: &str| schema == catalog.shared_schema();
    let has_own = tier == Tier::Tenant && catalog.tenant.types.contains_key(&ty.name);
    let has_shared = catalog.shared.types.contains_key(&ty.name);
    let home = match schema {
        None if has_own => Home::Tenant,
        None if has_shared => Home::Shared,
        None if SYSTEM.contains(&ty.name.as_str()) => Home::System,
        Some("pg_catalog") => Home::System,
        Some(schema) if is_shared_s(schema) && has_shared => Home::Shared,
        // Migrations that were written when there was one schema name it.
        Some(schema) if is_shared_s(schema) && has_own => Home::Tenant,
        _ => Home::Other,
    };
    TypeRef {
        home,
        schema: schema.filter(|_| home == Home::Other).map(str::to_owned),
        name: ty.name.clone(),
        array: ty.is_array,
        modifiers: ty.modifiers.clone(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_in_order() {
        assert!(super::SYSTEM.is_sorted());
    }
}
