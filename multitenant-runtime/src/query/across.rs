//! Code of the application's over many tenants.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};

use crate::ident::TenantId;
use crate::pool::{PoolError, Roster, TenantConn, TenantPool};
use crate::registry::UnusableTenant;

use super::error::AcrossError;

/// How many tenants are asked at once, unless said otherwise.
pub(crate) const AT_ONCE: usize = 4;

/// The tenants over which a query goes; from [`TenantPool::across`].
///
/// ```no_run
/// use futures_util::StreamExt;
/// use multitenant_runtime::prelude::*;
/// use multitenant_runtime::{Selection, TenantConn, TenantPool};
///
/// diesel::table! { users (id) { id -> Integer, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// async fn report(pool: &TenantPool) -> Result<(), Box<dyn std::error::Error>> {
///     let count = async |mut conn: TenantConn| users::table.count().get_result::<i64>(&mut conn).await;
///     let mut counts = std::pin::pin!(pool.across(Selection::All).await?.run(count));
///     while let Some((tenant, count)) = counts.next().await {
///         match count {
///             Ok(count) => println!("{tenant}: {count} users"),
///             Err(error) => eprintln!("{tenant}: {error}"),
///         }
///     }
///     Ok(())
/// }
/// # }
/// ```
#[must_use = "nothing is asked until `run` or `union`"]
#[derive(Debug)]
pub struct Across {
    pub(super) pool: TenantPool,
    pub(super) roster: Roster,
    pub(super) at_once: usize,
}

impl Across {
    pub(crate) fn new(pool: TenantPool, roster: Roster) -> Self {
        Self { pool, roster, at_once: AT_ONCE }
    }

    /// How many connections are used at once: four unless said otherwise, and at least one. More than the pool has only
    /// wait for one another.
    pub fn concurrency(self, connections: usize) -> Self {
        Self { at_once: connections.max(1), ..self }
    }

    /// The tenants, in the order of their ids.
    pub fn tenants(&self) -> impl Iterator<Item = &TenantId> {
        self.roster.ids()
    }

    /// What the registry has and nobody can serve: without an id, say. Where there is an id, the results have the reason
    /// too.
    #[must_use]
    pub fn unusable(&self) -> &[UnusableTenant] {
        &self.roster.unusable
    }

    /// Runs the closure for each tenant, and gives what it returns beside the tenant's id, as it comes.
    ///
    /// Nothing of one tenant's failure reaches another. Who wants to end with the first one takes the stream's first
    /// error, and drops it. A tenant that was dropped since the look at the registry is a failure as well.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it ends what is on its way; the connections of that are closed.
    pub fn run<R, E, F, Fut>(self, work: F) -> impl Stream<Item = (TenantId, Result<R, AcrossError<E>>)>
    where
        F: Fn(TenantConn) -> Fut,
        Fut: Future<Output = Result<R, E>>,
    {
        let Self { pool, roster, at_once } = self;
        let refused = refused(&roster);
        let tenants = roster.tenants.into_iter().filter_map(|(target, _)| target.tenant().cloned());
        let work = Arc::new(work);
        let results = stream::iter(tenants.collect::<Vec<_>>()).map(move |tenant| {
            let (pool, work) = (pool.clone(), Arc::clone(&work));
            async move {
                let result = match pool.tenant(&tenant).await {
                    Ok(conn) => work(conn).await.map_err(AcrossError::Work),
                    Err(error) => Err(error.into()),
                };
                (tenant, result)
            }
        });
        stream::iter(refused).chain(results.buffer_unordered(at_once))
    }
}

/// The results of the tenants that nobody can serve.
pub(crate) fn refused<R, E>(roster: &Roster) -> Vec<(TenantId, Result<R, AcrossError<E>>)> {
    let refused = |unusable: &UnusableTenant| {
        let error = PoolError::UnusableTenant(Box::new(unusable.clone()));
        Some((TenantId::new(&unusable.tenant).ok()?, Err(error.into())))
    };
    roster.unusable.iter().filter_map(refused).collect()
}
