//! A tenant of whom the state table does not say that it is current: its history is read, and judged as a run judges it.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Nullable, Text};

use crate::ident::{TenantId, literal};
use crate::inventory::{HistoryTable, Observed, applied, failure, standing};
use crate::migration::ledger::{HISTORY_FORMAT, Ledger};
use crate::plan::{Goal, Policy, Wanted, decide};
use crate::run::{Frame, refusal};
use crate::target::Target;

use super::super::checkout::Checkout;
use super::super::error::PoolError;
use super::super::tenant_pool::Inner;

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
        "SELECT 0, {}, NULL::text, NULL::text FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
         AND c.relname = {} WHERE n.nspname = {}",
        standing(),
        literal(table.as_str()),
        literal(target.schema().as_str())
    );
    let standing = rows(checkout, sql).await?;
    let Some((_, Some(standing), ..)) = standing.into_iter().next() else {
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
    let history = rows(checkout, ledger.rows(0, observed.history == HistoryTable::Extended)).await?;
    for (_, version, checksum, format) in history {
        let Some(version) = version else { continue };
        observed.applied.push(applied(set, &version, checksum.as_deref()));
        let format = format.and_then(|format| format.parse::<i32>().ok());
        observed.newer_format = observed.newer_format.max(format.filter(|&format| format > HISTORY_FORMAT));
    }
    Ok(observed)
}

type Row = (i32, Option<String>, Option<String>, Option<String>);

async fn rows(checkout: &mut Checkout, sql: String) -> Result<Vec<Row>, PoolError> {
    match checkout.ask::<_, Row>(Statement { sql }).await {
        Ok(rows) => Ok(rows),
        Err(error) => Err(checkout.explain(&error)),
    }
}

/// A number and three texts. Another one for each schema, so that it is not kept.
struct Statement {
    sql: String,
}

impl QueryId for Statement {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = (Integer, Nullable<Text>, Nullable<Text>, Nullable<Text>);
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(&self.sql);
        Ok(())
    }
}
