//! A tenant of whom the state table does not say that it is current: its history is read, and judged as a run judges it.

use crate::ident::{TenantId, literal};
use crate::inventory::{HistoryTable, Observed, applied, failure, standing};
use crate::migration::ledger::{HISTORY_FORMAT, Ledger};
use crate::plan::{Goal, Policy, Wanted, decide};
use crate::run::{Frame, refusal};
use crate::target::Target;

use super::super::checkout::Checkout;
use super::super::error::PoolError;
use super::super::tenant_pool::Inner;
use super::statement::rows;

/// Whether the tenant may be served by what its history holds.
pub(super) async fn judge(
    checkout: &mut Checkout,
    pool: &Inner,
    id: &TenantId,
    target: &Target,
) -> Result<(), PoolError> {
    let (context, _) = pool.migrator.parts();
    let ledger = Frame::new(&context.settings, target).ledger();
    let observed = observe(checkout, pool, target, ledger).await?;
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

async fn observe(
    checkout: &mut Checkout,
    pool: &Inner,
    target: &Target,
    ledger: Ledger<'_>,
) -> Result<Observed, PoolError> {
    let (context, _) = pool.migrator.parts();
    let mut observed = Observed { schema_exists: true, ..Observed::default() };
    let table = &context.settings.tenant_history;
    let sql = format!(
        "SELECT {}, NULL::text, NULL::text FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
         AND c.relname = {} WHERE n.nspname = {}",
        standing(),
        literal(table.as_str()),
        literal(target.schema().as_str())
    );
    let standing = rows(checkout, sql).await?;
    let Some((Some(standing), ..)) = standing.into_iter().next() else {
        return Ok(Observed::default());
    };
    observed.history = match standing.as_str() {
        "extended" => HistoryTable::Extended,
        "diesel" => HistoryTable::Diesel,
        _ => HistoryTable::Absent,
    };
    observed.unreadable = failure(&standing, ledger);
    if observed.history == HistoryTable::Absent {
        return Ok(observed);
    }
    let set = context.set(target);
    let texts = ledger.rows(0, observed.history == HistoryTable::Extended);
    let texts = format!("SELECT version, checksum, format FROM ({texts}) AS r (i, version, checksum, format)");
    let history = rows(checkout, texts).await?;
    for (version, checksum, format) in history {
        let Some(version) = version else { continue };
        observed.applied.push(applied(set, &version, checksum.as_deref()));
        let format = format.and_then(|format| format.parse::<i32>().ok());
        observed.newer_format = observed.newer_format.max(format.filter(|&format| format > HISTORY_FORMAT));
    }
    Ok(observed)
}
