//! The transaction that drops a tenant: all of it, or nothing.

use super::{Role, TRUSTED_PATH, Transaction};
use crate::ident::literal;
use crate::run::dependents;
use crate::run::frame::Frame;
use crate::run::registering::Unregistering;
use crate::state::{StateTable, schema_of};

/// Whoever wrote the registry's SQL meant it for a session as it begins.
const DEFAULT_PATH: &str = "SET LOCAL search_path TO DEFAULT";

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
        let number = oid.map_or_else(|| "NULL".to_owned(), literal);
        let same = format!(
            "(SELECT oid::text FROM pg_catalog.pg_namespace WHERE nspname = {}) IS NOT DISTINCT FROM {number}",
            literal(frame.schema().as_str())
        );
        tx.push(Role::Guard, format!("SELECT 1 / ({same})::int"));
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
            let id = is_exactly("r.id", id.as_str());
            let is_left = format!("EXISTS (SELECT FROM (\n{registry}\n) AS r (id, schema) WHERE {id})");
            tx.push(Role::Frame, DEFAULT_PATH.to_owned());
            tx.push(Role::Unregistered, format!("SELECT 1 / (NOT {is_left})::int"));
        }
        if let Some(state) = state {
            tx.push(Role::Frame, state.forget(frame.target));
        }
        tx.isolate(role);
        tx.commit()
    }

    /// Asserts that the registry gives the tenant no other schema, and the schema to no other tenant; and, where it
    /// `is_there` still, that it does give the tenant the schema.
    fn registry_guard(&mut self, frame: Frame<'_>, unregistering: &Unregistering, is_there: bool) {
        let (Some(registry), Some(id)) = (&unregistering.registry, frame.target.tenant()) else { return };
        let schema = schema_of(&frame.settings.schema_template, "r.schema", "r.id");
        let (id, schema) = (is_exactly("r.id", id.as_str()), is_exactly(&schema, frame.schema().as_str()));
        let count = |which: &str| format!("pg_catalog.count(*) FILTER (WHERE {which})");
        let mut condition = format!("{} = 0", count(&format!("({id}) <> ({schema})")));
        if is_there {
            condition = format!("{condition} AND {} = 1", count(&format!("({id}) AND ({schema})")));
        }
        self.push(Role::Frame, DEFAULT_PATH.to_owned());
        self.push(Role::Guard, format!("SELECT 1 / ({condition})::int FROM (\n{registry}\n) AS r (id, schema)"));
    }
}

/// By no collation: to us, another spelling is another id.
fn is_exactly(column: &str, text: &str) -> String {
    format!("(({column}) COLLATE \"C\") OPERATOR(pg_catalog.=) {}", literal(text))
}
