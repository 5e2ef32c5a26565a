//! The transactions that bring a target's history forward.

use crate::inventory::HistoryTable;
use crate::migration::Migration;
use crate::plan::TargetPlan;
use crate::target::Tier;

use super::{BEGIN, Holder, Role, TRUSTED_PATH, Transaction};
use crate::run::frame::{Frame, Standing, is_not};
use crate::run::preparation::{Preparation, Way};
use crate::run::wall::{RUNS_CODE, Wall};

impl Transaction {
    /// A migration, or a reversal, on a target whose history is the expected one.
    pub(crate) fn migrate(
        frame: Frame<'_>,
        migration: &Migration,
        plan: &TargetPlan,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let ledger = frame.ledger();
        let way = match frame.target.tier() {
            Tier::Tenant if !migration.allow_shared_locks() => Some(prepared.way(migration)),
            _ => None,
        };
        let mut conditions = Vec::new();
        if let Some(Way::Plain(effects)) = &way {
            conditions.extend(frame.are_own(&effects.names));
            // Where the wall is read, others are not plain, and may have made what runs by itself.
            conditions.extend(prepared.wall().map(|_| is_not(RUNS_CODE)));
        }
        let mut tx = Self::guarded(frame, plan, &conditions);
        tx.migration(frame, 0, migration);
        if let Some(Way::Plain(_)) = way {
            // Neither the path nor what is found there is changed.
            let record = ledger.record_if(&frame.is_the_same(), migration, &prepared.run);
            tx.push(Role::Record { migration: 0 }, record);
            tx.note(frame, standing, prepared);
            return tx.commit();
        }
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_the_same()));
        match way {
            Some(Way::Judged) => tx.wall(frame, 0, prepared, Wall::guard),
            Some(_) => tx.suspicion(frame, prepared),
            None => {}
        }
        tx.confined(frame, prepared);
        tx.withhold(frame);
        // For the triggers that run at COMMIT, too.
        tx.push(Role::Frame, frame.set_search_path());
        tx.push(Role::Record { migration: 0 }, ledger.record(migration, &prepared.run));
        tx.note(frame, standing, prepared);
        tx.commit()
    }

    /// Makes the schema where it is missing; nothing else.
    pub(crate) fn create_schema(frame: Frame<'_>) -> Self {
        let mut tx = Self::begin(frame);
        tx.push(Role::Frame, format!("CREATE SCHEMA IF NOT EXISTS {}", frame.schema().quoted()));
        tx.commit()
    }

    /// One statement of a script that is committed statement by statement, under the session's lock and settings.
    pub(crate) fn one_statement(
        frame: Frame<'_>,
        migration: &Migration,
        statement: usize,
        guard: &str,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self { holder: Holder::Script, ..Self::default() };
        tx.push(Role::Frame, BEGIN.to_owned());
        tx.push(Role::Guard, guard.to_owned());
        if let Some((sql, kind)) = migration.script().statements().nth(statement) {
            tx.statement(frame, Role::Migration { migration: 0, statement }, sql, kind);
        }
        if !migration.allow_shared_locks() {
            tx.push(Role::Frame, TRUSTED_PATH.to_owned());
            tx.wall(frame, 0, prepared, Wall::guard);
            // For the triggers that run at COMMIT.
            tx.push(Role::Frame, frame.set_search_path());
        }
        tx.confined(frame, prepared);
        tx.commit()
    }

    /// Makes or extends the history, so that the record of what is not in a transaction is one `INSERT`; `None`
    /// where the history is ready.
    ///
    /// Its lock is the session's; taken once more it is granted. So it is for [`Self::record`].
    pub(crate) fn history(frame: Frame<'_>, history: HistoryTable) -> Option<Self> {
        let sql = match history {
            HistoryTable::Absent => frame.ledger().create(),
            HistoryTable::Diesel => frame.ledger().extend(),
            HistoryTable::Extended => return None,
        };
        let mut tx = Self::begin(frame);
        tx.holder = Holder::Session;
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Record { migration: 0 }, sql);
        Some(tx.commit())
    }

    /// Records a migration that was applied outside a transaction.
    pub(crate) fn record(
        frame: Frame<'_>,
        migration: &Migration,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::begin(frame);
        tx.holder = Holder::Session;
        tx.withhold(frame);
        tx.push(Role::Record { migration: 0 }, frame.ledger().record(migration, &prepared.run));
        tx.note(frame, standing, prepared);
        tx.commit()
    }
}
