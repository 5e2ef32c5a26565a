//! The transaction that drops a tenant: all of it, or nothing.

use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::dependents;
use crate::run::frame::Frame;
use crate::state::StateTable;

impl Transaction {
    /// Drops the schema with all that is in it, and forgets the tenant: in the registry by this statement, in the state
    /// table, and by these of its role.
    pub(crate) fn drop_tenant(
        frame: Frame<'_>,
        unregister: Option<&str>,
        state: Option<&StateTable>,
        role: &[String],
    ) -> Self {
        let mut tx = Self::begin(frame);
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx.push(Role::Dependents, dependents::guard(frame.schema()));
        tx.push(Role::Frame, format!("DROP SCHEMA IF EXISTS {} CASCADE", frame.schema().quoted()));
        if let Some(sql) = unregister {
            tx.push(Role::Frame, format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
            tx.push(Role::Register, sql.to_owned());
        }
        if let Some(state) = state {
            tx.push(Role::Frame, state.forget(frame.target));
        }
        tx.isolate(role);
        tx.commit()
    }
}
