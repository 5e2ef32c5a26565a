//! What stands before and behind a Rust function, which Diesel has the connection for meanwhile.

use crate::ident::literal;
use crate::migration::Migration;
use crate::plan::TargetPlan;

use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::frame::{Frame, Standing};
use crate::run::preparation::Preparation;
use crate::run::wall::Wall;

impl Transaction {
    /// From the beginning to the function: lock, guard, and a history that is fit to be written to.
    pub(crate) fn before_function(frame: Frame<'_>, plan: &TargetPlan) -> Self {
        Self::guarded(frame, plan, &[])
    }

    /// From the function to the end, without the COMMIT.
    ///
    /// That the transaction is the same proves that the lock is still held: it goes with the transaction only.
    pub(crate) fn after_function(
        frame: Frame<'_>,
        migration: &Migration,
        number: &str,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::default();
        tx.same(number);
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_the_same()));
        if !migration.allow_shared_locks() {
            // There is no text that would tell whether the quick look does.
            tx.wall(frame, 0, prepared, Wall::guard);
        }
        tx.withhold(frame);
        // For the triggers that run at COMMIT, too.
        tx.push(Role::Frame, frame.set_search_path());
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Record { migration: 0 }, frame.ledger().record(migration, &prepared.run));
        tx.note(frame, standing, prepared);
        tx
    }

    /// The transaction is the one of this number; under a path on which nobody has put anything.
    pub(super) fn same(&mut self, number: &str) {
        self.push(Role::Frame, TRUSTED_PATH.to_owned());
        self.push(
            Role::Transaction,
            format!("SELECT 1 / (pg_catalog.pg_current_xact_id()::text = {})::int", literal(number)),
        );
    }
}
