//! The statements that keep a tenant apart by a role of its own.

use super::{Role, Transaction};
use crate::isolation::withhold;
use crate::run::frame::Frame;
use crate::target::Tier;

impl Transaction {
    /// Brings the target's role in order, or the group of all tenants', where the target is the shared schema.
    pub(crate) fn bring_in_order(frame: Frame<'_>, statements: &[String]) -> Self {
        let mut tx = Self::begin(frame);
        tx.isolate(statements);
        tx.commit()
    }

    /// Keeps the tenants from writing to the registry and to the shared history, which this transaction may have made
    /// anew.
    pub(super) fn withhold(&mut self, frame: Frame<'_>) {
        if frame.target.tier() == Tier::Shared {
            self.isolate(&withhold(frame.settings).into_iter().collect::<Vec<_>>());
        }
    }

    /// As who migrates: the last migration may have taken on somebody else.
    pub(super) fn isolate(&mut self, statements: &[String]) {
        if !statements.is_empty() {
            self.push(Role::Frame, "RESET ROLE".to_owned());
        }
        statements.iter().for_each(|sql| self.push(Role::Isolate, sql.clone()));
    }
}
