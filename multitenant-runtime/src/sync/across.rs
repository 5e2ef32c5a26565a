//! Code of the application's over many tenants.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::ident::TenantId;
use crate::pool::Roster;
use crate::query::{AT_ONCE, AcrossError, refused};
use crate::registry::UnusableTenant;

use super::conn::TenantConn;
use super::tenant_pool::TenantPool;

/// The tenants over which a query goes; from [`TenantPool::across`].
///
/// ```no_run
/// use multitenant_runtime::Selection;
/// use multitenant_runtime::sync::TenantPool;
/// use multitenant_runtime::sync::prelude::*;
///
/// diesel::table! { users (id) { id -> Integer, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// fn report(pool: &TenantPool) -> Result<(), Box<dyn std::error::Error>> {
///     let counts = pool.across(Selection::All)?.run(|conn| users::table.count().get_result::<i64>(conn));
///     for (tenant, count) in counts {
///         match count {
///             Ok(count) => println!("{tenant}: {count} users"),
///             Err(error) => eprintln!("{tenant}: {error}"),
///         }
///     }
///     Ok(())
/// }
/// # }
/// ```
#[must_use = "nothing is asked until `run`"]
#[derive(Debug)]
pub struct Across {
    pool: TenantPool,
    roster: Roster,
    at_once: usize,
}

impl Across {
    pub(super) fn new(pool: TenantPool, roster: Roster) -> Self {
        Self { pool, roster, at_once: AT_ONCE }
    }

    /// How many connections are used at once, each on a thread of its own: four unless said otherwise, and at least one.
    /// More than the pool has only wait for one another.
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

    /// Runs the closure for each tenant, and gives what it returns beside the tenant's id: first those that nobody can
    /// serve, then in the order of their ids.
    ///
    /// Nothing of one tenant's failure reaches another. A tenant that was dropped since the look at the registry is a
    /// failure as well.
    ///
    /// # Panics
    ///
    /// Where the closure does, when those that are at work have come to their end.
    pub fn run<R, E>(
        self,
        work: impl Fn(&mut TenantConn) -> Result<R, E> + Sync,
    ) -> Vec<(TenantId, Result<R, AcrossError<E>>)>
    where
        R: Send,
        E: Send,
    {
        let Self { pool, roster, at_once } = self;
        let mut results = refused(&roster);
        let tenants: Vec<&TenantId> = roster.ids().collect();
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(tenants.len()));
        let worker = || {
            while let Some((at, tenant)) = take(&next, &tenants) {
                let result = match pool.tenant(tenant) {
                    Ok(mut conn) => work(&mut conn).map_err(AcrossError::Work),
                    Err(error) => Err(error.into()),
                };
                done.lock().unwrap_or_else(PoisonError::into_inner).push((at, tenant, result));
            }
        };
        thread::scope(|scope| {
            // Where there are no more threads to be had, those that are there do the work.
            for _ in 1..at_once.min(tenants.len()) {
                let builder = thread::Builder::new().name("multitenant query".to_owned());
                if builder.spawn_scoped(scope, worker).is_err() {
                    break;
                }
            }
            worker();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(at, ..)| *at);
        results.extend(done.into_iter().map(|(_, tenant, result)| (tenant.clone(), result)));
        results
    }
}

/// The next one that nobody has begun with.
fn take<'a>(next: &AtomicUsize, tenants: &[&'a TenantId]) -> Option<(usize, &'a TenantId)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    tenants.get(at).map(|tenant| (at, *tenant))
}
