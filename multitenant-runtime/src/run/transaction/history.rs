//! The transaction that changes a history, and runs nothing.

use crate::inventory::HistoryTable;
use crate::migration::{MigrationSet, Version};
use crate::plan::{Step, TargetPlan};
use crate::run::frame::{Frame, Standing};
use crate::run::preparation::Preparation;

use super::{Role, Transaction};

impl Transaction {
    /// Steps that change the history alone: all of them, or none.
    pub(crate) fn change_history(
        frame: Frame<'_>,
        steps: &[Step],
        set: &MigrationSet,
        plan: &TargetPlan,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let ledger = frame.ledger();
        let mut tx = Self::guarded(frame, plan.history, &plan.applied);
        for step in steps {
            let sql = match (step, set.get(step.version())) {
                (Step::Mark(_), Some(migration)) => ledger.record(migration, &prepared.run),
                (Step::Accept(_), Some(migration)) => ledger.accept(migration, &prepared.run),
                (Step::Forget(version), _) => ledger.forget(version),
                _ => continue,
            };
            tx.push(Role::Record { migration: 0 }, sql);
        }
        tx.note(frame, standing, prepared);
        tx.commit()
    }

    /// Begins, on a target whose history is the expected one, and makes the history fit to be written to.
    pub(super) fn guarded(frame: Frame<'_>, history: HistoryTable, applied: &[Version]) -> Self {
        let mut tx = Self::begin(frame);
        let ledger = frame.ledger();
        let expected = if history == HistoryTable::Absent { ledger.is_absent() } else { ledger.holds(applied) };
        tx.push(
            Role::Guard,
            format!("SELECT 1 / ({} AND {expected})::int, {}", frame.is_current(), frame.remember_schema()),
        );
        match history {
            HistoryTable::Absent => tx.push(Role::Record { migration: 0 }, ledger.create()),
            HistoryTable::Diesel => tx.push(Role::Record { migration: 0 }, ledger.extend()),
            HistoryTable::Extended => {}
        }
        tx
    }
}
