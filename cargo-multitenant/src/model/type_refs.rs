//! Which type is meant where one is used.

use multitenant_runtime::Tier;

use super::value::{Home, TypeRef};
use crate::lint::{Catalog, ColumnType, is_servers_column_type};

/// The type that a tier's column means: its own first, then the shared schema's, then PostgreSQL's.
pub(crate) fn type_ref(catalog: &Catalog, tier: Tier, ty: &ColumnType) -> TypeRef {
    let schema = ty.schema.as_deref();
    let is_shared_s = |schema: &str| schema == catalog.shared_schema();
    let has_own = tier == Tier::Tenant && catalog.tenant.types.contains_key(&ty.name);
    let has_shared = catalog.shared.types.contains_key(&ty.name);
    let home = match schema {
        None if has_own => Home::Tenant,
        None if has_shared => Home::Shared,
        None if is_servers_column_type(&ty.name) => Home::System,
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
