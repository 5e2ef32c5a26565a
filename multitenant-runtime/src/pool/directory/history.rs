//! A tenant of whom the state table does not say that it is current: its history is read, and judged as a run judges it.

use crate::ident::{TenantId, literal};
use crate::inventory::{HistoryTable, Observed, applied, failure, standing};
use crate::migration::ledger::HISTORY_FORMAT;
use crate::plan::{Goal, Policy, Wanted, decide};
use crate::run::{Context, Frame, refusal};
use crate::target::Target;

use super::super::checkout::Checkout;
use super::super::error::PoolError;
use super::super::tenant_pool::Inner;
use super::statement::{Row, rows};

/// Whether the tenant may be served by what its history holds.
pub(super) async fn judge(
    checkout: &mut Checkout,
    pool: &Inner,
    id: &TenantId,
    target: &Target,
) -> Result<(), PoolError> {
    let (context, _) = pool.migrator.parts();
    let mut history = History::new(context, target);
    let standing = rows(checkout, history.standing()).await?;
    if let Some(sql) = history.stands(standing) {
        history.holds(rows(checkout, sql).await?);
    }
    history.verdict(id)
}

/// What is learnt of one tenant's history, by two statements.
pub(crate) struct History<'a> {
    context: &'a Context,
    target: &'a Target,
    observed: Observed,
}

impl<'a> History<'a> {
    pub(crate) fn new(context: &'a Context, target: &'a Target) -> Self {
        Self { context, target, observed: Observed::default() }
    }

    /// The statement that asks how the table stands.
    pub(crate) fn standing(&self) -> String {
        let table = &self.context.settings.tenant_history;
        format!(
            "SELECT {}, NULL::text, NULL::text FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c \
             ON c.relnamespace = n.oid AND c.relname = {} WHERE n.nspname = {}",
            standing(),
            literal(table.as_str()),
            literal(self.target.schema().as_str())
        )
    }

    /// Takes the answer, and gives the statement that reads the table, where there is one.
    pub(crate) fn stands(&mut self, rows: Vec<Row>) -> Option<String> {
        let (standing, ..) = rows.into_iter().next()?;
        let standing = standing?;
        let ledger = Frame::new(&self.context.settings, self.target).ledger();
        self.observed.schema_exists = true;
        self.observed.history = match standing.as_str() {
            "extended" => HistoryTable::Extended,
            "diesel" => HistoryTable::Diesel,
            _ => HistoryTable::Absent,
        };
        self.observed.unreadable = failure(&standing, ledger);
        if self.observed.history == HistoryTable::Absent {
            return None;
        }
        let texts = ledger.rows(0, self.observed.history == HistoryTable::Extended);
        Some(format!("SELECT version, checksum, format FROM ({texts}) AS r (i, version, checksum, format)"))
    }

    /// Takes the table's rows.
    pub(crate) fn holds(&mut self, rows: Vec<Row>) {
        let set = self.context.set(self.target);
        for (version, checksum, format) in rows {
            let Some(version) = version else { continue };
            self.observed.applied.push(applied(set, &version, checksum.as_deref()));
            let format = format.and_then(|format| format.parse::<i32>().ok());
            let newer = format.filter(|&format| format > HISTORY_FORMAT);
            self.observed.newer_format = self.observed.newer_format.max(newer);
        }
    }

    /// Whether the tenant may be served.
    pub(crate) fn verdict(self, id: &TenantId) -> Result<(), PoolError> {
        let Self { context, target, observed } = self;
        let (goal, set) = (Goal::default(), context.set(target));
        let policy = Policy { create_missing: false, ..context.policy };
        let plan = decide(target.clone(), set, &observed, Wanted { goal: &goal, rest: None, policy });
        if let Some(failure) = refusal(&plan) {
            return Err(PoolError::Refused { tenant: id.clone(), failure: Box::new(failure) });
        }
        if plan.is_settled() {
            return Ok(());
        }
        Err(PoolError::Behind { tenant: id.clone(), pending: plan.pending })
    }
}
