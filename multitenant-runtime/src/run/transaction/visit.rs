//! What stands around work that is no migration: a seed, or statements for the whole fleet.

use crate::migration::Migration;
use crate::run::frame::Frame;
use crate::run::lock::transaction_lock;
use crate::run::preparation::Preparation;
use crate::run::wall::Wall;

use super::{BEGIN, Role, TRUSTED_PATH, Transaction, nothing_is_left};

/// What a transaction may do, and what it holds meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read.
    Read,
    /// Read and write, beside whoever else does.
    Write,
    /// Read and write, under the target's lock.
    Locked,
}

impl Transaction {
    /// From `BEGIN` to the proof that the target's schema is there, finished, and current. Its last statement gives the
    /// transaction's number, where it has one.
    pub(crate) fn enter(frame: Frame<'_>, access: Access) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, if access == Access::Read { READ_ONLY.to_owned() } else { BEGIN.to_owned() });
        let lock = match access {
            Access::Locked => format!(", {}", transaction_lock(frame.schema())),
            Access::Read | Access::Write => String::new(),
        };
        tx.push(Role::Lock, format!("SELECT {}, {}{lock}", nothing_is_left(), frame.local_settings()));
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int, {}", frame.is_finished(), frame.remember_schema()));
        if access != Access::Read {
            tx.push(Role::Frame, "SELECT pg_catalog.pg_current_xact_id()".to_owned());
        }
        tx
    }

    /// The end of what was opened: nothing of the shared schema may be changed by it.
    pub(crate) fn leave(frame: Frame<'_>, prepared: &Preparation) -> Self {
        let mut tx = Self::default();
        tx.unharmed(frame, 0, prepared);
        tx.push(Role::Frame, frame.set_search_path());
        tx.commit()
    }

    /// A seed behind others in one transaction: what an earlier one has set, it does not see.
    pub(crate) fn script(&mut self, frame: Frame<'_>, place: usize, script: &Migration, prepared: &Preparation) {
        if place > 0 {
            self.cleared(frame);
        }
        self.migration(frame, place, script);
        self.unharmed(frame, place, prepared);
        self.spares(place);
        self.push(Role::Frame, frame.set_search_path());
    }

    /// What follows a function: the transaction is the one that was begun, by its number, nothing shared is changed, and no
    /// schema is gone.
    #[cfg(feature = "functions")]
    pub(crate) fn behind_function(frame: Frame<'_>, number: &str, prepared: &Preparation) -> Self {
        let mut tx = Self::default();
        tx.same(number);
        tx.unharmed(frame, 0, prepared);
        tx.spares(0);
        tx.push(Role::Frame, frame.set_search_path());
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx
    }

    /// Takes away what was set before.
    pub(crate) fn cleared(&mut self, frame: Frame<'_>) {
        self.push(Role::Frame, "RESET ROLE".to_owned());
        self.push(Role::Frame, "RESET ALL".to_owned());
        self.push(Role::Frame, format!("SELECT {}, {}", frame.local_settings(), frame.remember_schema()));
    }

    /// The schema is still the same, and the shared one untouched.
    pub(crate) fn unharmed(&mut self, frame: Frame<'_>, place: usize, prepared: &Preparation) {
        self.push(Role::Frame, TRUSTED_PATH.to_owned());
        self.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_the_same()));
        self.wall(frame, place, prepared, Wall::guard);
    }

    /// A statement of ours.
    pub(crate) fn also(&mut self, sql: String) {
        self.push(Role::Frame, sql);
    }

    /// The end.
    pub(crate) fn ended(self) -> Self {
        self.commit()
    }
}

const READ_ONLY: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";
