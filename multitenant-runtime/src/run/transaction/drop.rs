//! The transaction that drops a tenant: all of it, or nothing.

use super::{Role, TRUSTED_PATH, Transaction};
use crate::ident::{SchemaName, TenantId, literal};
use crate::run::dependents;
use crate::run::frame::Frame;
use crate::run::registering::Unregistering;
use crate::settings::Settings;
use crate::state::{StateTable, schema_of};

/// Whoever wrote the registry's SQL meant it for a session as it begins.
pub(super) const DEFAULT_PATH: &str = "SET LOCAL search_path TO DEFAULT";

impl Transaction {
    /// Drops the schema with all that is in it, and forgets the tenant: in the registry, in the state table, and by these
    /// statements of its role.
    ///
    /// The schema is the one with this number, or was not there; and the registry gives it to this tenant alone, when the
    /// lock is taken and when the schema is gone: a `DROP SCHEMA` may have been waited for.
    pub(crate) fn drop_tenant(
        frame: Frame<'_>,
        oid: Option<&str>,
        unregistering: &Unregistering,
        state: Option<&StateTable>,
        role: &[String],
    ) -> Self {
        let mut tx = Self::begin(frame);
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", is_the_schema(frame, oid)));
        tx.registry_guard(frame, unregistering, true);
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx.push(Role::Dependents, dependents::guard(frame.schema()));
        tx.push(Role::Frame, format!("DROP SCHEMA IF EXISTS {} CASCADE", frame.schema().quoted()));
        if let Some(sql) = &unregistering.delete {
            tx.registry_guard(frame, unregistering, false);
            tx.push(Role::Frame, format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
            tx.push(Role::Register, sql.clone());
        }
        tx.registry_guard(frame, unregistering, false);
        if let (Some(registry), Some(id)) = (&unregistering.gone_from, frame.target.tenant()) {
            tx.push(Role::Frame, DEFAULT_PATH.to_owned());
            tx.push(Role::Unregistered, format!("SELECT 1 / (NOT {})::int", has(registry, id)));
        }
        if let Some(state) = state {
            tx.push(Role::Frame, state.forget(frame.target));
        }
        tx.isolate(role);
        tx.commit()
    }

    /// Drops a part of a schema that nobody serves any more, where that is too much for one transaction.
    pub(crate) fn drop_piece(frame: Frame<'_>, oid: &str, drops: &[String]) -> Self {
        let mut tx = Self::begin(frame);
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", is_the_schema(frame, Some(oid))));
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx.push(Role::Dependents, dependents::guard(frame.schema()));
        drops.iter().for_each(|sql| tx.push(Role::Frame, sql.clone()));
        tx.commit()
    }

    /// Asserts that the registry gives the tenant no other schema, and the schema to no other tenant; and, where it
    /// `is_there` still, that it does give the tenant the schema.
    fn registry_guard(&mut self, frame: Frame<'_>, unregistering: &Unregistering, is_there: bool) {
        let (Some(registry), Some(id)) = (&unregistering.registry, frame.target.tenant()) else { return };
        let schema = unregistering.schema.as_ref().unwrap_or(frame.schema());
        self.push(Role::Frame, DEFAULT_PATH.to_owned());
        let condition = gives(frame.settings, registry, id, schema, is_there);
        self.push(Role::Guard, format!("SELECT 1 / ({condition})::int"));
    }
}

/// An SQL condition: the schema's name means the one with this number, or none.
fn is_the_schema(frame: Frame<'_>, oid: Option<&str>) -> String {
    format!(
        "(SELECT oid::text FROM pg_catalog.pg_namespace WHERE nspname = {}) IS NOT DISTINCT FROM {}",
        literal(frame.schema().as_str()),
        oid.map_or_else(|| "NULL".to_owned(), literal)
    )
}

/// An SQL condition: the registry gives the tenant no other schema, and the schema to no other tenant; and, where it
/// `is_there`, it does give the tenant the schema, once.
pub(crate) fn gives(settings: &Settings, registry: &str, id: &TenantId, schema: &SchemaName, is_there: bool) -> String {
    let schema_of = schema_of(&settings.schema_template, "r.schema", "r.id");
    let (id, schema) = (is_exactly("r.id", id.as_str()), is_exactly(&schema_of, schema.as_str()));
    let count = |which: &str| format!("pg_catalog.count(*) FILTER (WHERE {which})");
    let mut condition = format!("{} = 0", count(&format!("({id}) <> ({schema})")));
    if is_there {
        condition = format!("{condition} AND {} = 1", count(&format!("({id}) AND ({schema})")));
    }
    format!("(SELECT {condition} FROM (\n{registry}\n) AS r (id, schema))")
}

/// An SQL condition: the registry has a tenant of this id.
pub(crate) fn has(registry: &str, id: &TenantId) -> String {
    format!("EXISTS (SELECT FROM (\n{registry}\n) AS r (id, schema) WHERE {})", is_exactly("r.id", id.as_str()))
}

/// By no collation: to us, another spelling is another id.
fn is_exactly(column: &str, text: &str) -> String {
    format!("(({column}) COLLATE \"C\") OPERATOR(pg_catalog.=) {}", literal(text))
}
