//! The transaction that changes a history, and runs nothing.

use crate::inventory::HistoryTable;
use crate::migration::MigrationSet;
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
        let mut tx = Self::guarded(frame, plan, &[]);
        for step in steps {
            let sql = match (step, set.get(step.version())) {
                (Step::Mark(_), Some(migration)) => ledger.record(migration, &prepared.run),
                (Step::Accept(_), Some(migration)) => ledger.accept(migration, &prepared.run),
                (Step::Forget(version), _) => ledger.forget(version),
                _ => continue,
            };
            tx.push(Role::Record { migration: 0 }, sql);
        }
        tx.withhold(frame);
        tx.note(frame, standing, prepared);
        tx.commit()
    }

    /// Begins, on a target whose history is the expected one, and makes the history fit to be written to.
    ///
    /// The further conditions are expressions that fail by themselves where they do not hold.
    pub(super) fn guarded(frame: Frame<'_>, plan: &TargetPlan, conditions: &[String]) -> Self {
        let mut tx = Self::begin(frame);
        let ledger = frame.ledger();
        let guard = format!("SELECT 1 / ({})::int, {}", frame.is_as_planned(plan), frame.remember_schema());
        tx.push(Role::Guard, conditions.iter().fold(guard, |guard, condition| format!("{guard}, {condition}")));
        match plan.history {
            HistoryTable::Absent => tx.push(Role::Record { migration: 0 }, ledger.create()),
            HistoryTable::Diesel => tx.push(Role::Record { migration: 0 }, ledger.extend()),
            HistoryTable::Extended => {}
        }
        tx
    }
}
