use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::CacheSize;
use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, AsyncPgConnection, TransactionManager,
};
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use crate::connection::{Guest, TransactionStatus};
use crate::ident::{RoleName, TenantId};
use crate::scope::Seen;
use crate::target::Target;

use super::journal::{Journal, Listener, Whose};
use super::operations::Operations;
use super::store::Idle;
use super::unit::{Rows, Unit};

/// A connection of the pool's, in somebody's hands or in nobody's.
#[expect(missing_debug_implementations, reason = "nobody outside has one")]
pub struct Pooled {
    /// Rows that come one by one have it, too, where they are a unit of work.
    pub(super) guest: Arc<Guest>,
    /// What is set on it; `None` where nothing is, or nobody knows.
    pub(super) served: Option<Arc<Served>>,
    /// What it serves for its whole life, where connections are pinned.
    pub(super) pinned: Option<Arc<Served>>,
    /// Behind a pooler in transaction mode.
    pub(super) unit: Option<Arc<Unit>>,
    /// Whether a transaction's beginning or end was asked for, and not awaited.
    pub(super) is_between: bool,
    operations: Operations,
    /// Where anybody wants to know of the statements.
    whose: Option<Whose>,
    seen: Seen,
    pub(super) opened: Instant,
    pub(super) idle_since: Instant,
    /// Where its bytes are moved: who drops it may be elsewhere.
    pub(super) runtime: Handle,
}

/// A schema as it was when it was looked up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) target: Target,
    /// Its number in the catalogue, by which a schema is told from a later one of the same name.
    pub(crate) oid: Option<String>,
    /// Whether it has types of its own, where somebody has asked.
    pub(crate) has_types: bool,
    /// The message that sets it and asserts it by a lock on its history table, which is the cheapest way; `None` where that
    /// table cannot be locked, or a lock is not enough: where the registry may give the schema's name to another tenant.
    pub(crate) quick: Option<String>,
    /// As whom it is served, where each tenant has a role.
    pub(crate) role: Option<RoleName>,
    /// The role's number: a connection stays with that which it has taken on, whatever is called so later.
    pub(crate) role_oid: Option<String>,
}

impl Served {
    /// The shared schema.
    pub(crate) fn shared(target: Target) -> Self {
        Self { target, oid: None, has_types: false, quick: None, role: None, role_oid: None }
    }
}

/// A tenant, or the shared schema.
pub(crate) type Owner<'a> = Option<&'a TenantId>;

/// What a connection is worth that comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// As good as before.
    Good,
    /// The end of an answer is still on its way.
    Unread,
    /// Closed, since its time is over.
    Old,
    /// Closed, for this reason.
    Doubtful(&'static str),
}

impl Pooled {
    pub(super) fn new(mut guest: Guest, unit: Option<Unit>, journal: &Journal) -> Self {
        let listener = journal.listener().map(|listener| listener.with_ear(guest.ear()));
        let whose = listener.as_ref().map(Listener::whose);
        let operations = Operations::of(&mut guest.connection, listener);
        let now = Instant::now();
        let runtime = Handle::current();
        let (guest, unit) = (Arc::new(guest), unit.map(Arc::new));
        Self {
            guest,
            served: None,
            pinned: None,
            unit,
            is_between: false,
            operations,
            whose,
            seen: Seen::default(),
            opened: now,
            idle_since: now,
            runtime,
        }
    }

    /// What is set on it, or was.
    pub(super) fn target(&self) -> Option<&Target> {
        self.served.as_ref().or(self.pinned.as_ref()).map(|served| &served.target)
    }

    /// Its statements are this one's from now on, or the pool's own.
    pub(super) fn is_for(&self, served: Option<&Arc<Served>>) {
        if let Some(whose) = &self.whose {
            whose.set(served);
        }
    }

    pub(crate) fn connection(&mut self) -> &mut AsyncPgConnection {
        match Arc::get_mut(&mut self.guest) {
            Some(guest) => &mut guest.connection,
            None => unreachable!("rows that come one by one borrow what they were asked on"),
        }
    }

    /// The queries that need not be looked at before they are sent. Behind a pooler nothing need stay prepared.
    pub(crate) fn seen(&mut self) -> &mut Seen {
        if self.is_unit() {
            self.seen = Seen::default();
        }
        &mut self.seen
    }

    /// Forgets the prepared statements, on our side and, as they are dropped, on the server's.
    pub(super) fn forget_statements(&mut self, size: CacheSize) {
        self.seen = Seen::default();
        if let Some(connection) = self.diesel() {
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
            connection.set_prepared_statement_cache_size(size);
        }
    }

    /// Sends a query by a shared borrow, so that it may be sent a second time.
    pub(crate) fn load_shared<Q>(&self, query: Q) -> BoxFuture<'_, QueryResult<Rows>>
    where
        Q: Query + QueryFragment<Pg> + QueryId,
    {
        AsyncConnectionCore::load(&mut &self.guest.connection, query)
    }

    /// Whether no transaction is open on it.
    pub(crate) fn is_idle(&self) -> bool {
        self.guest.traffic().status() == Some(TransactionStatus::Idle)
    }

    /// Whether a statement has failed since what was prepared is stale, and nobody has seen to that.
    pub(crate) fn has_stale_plans(&self) -> bool {
        self.guest.traffic().has_stale_plans()
    }

    /// Diesel's part; `None` where the rows of a unit of work were forgotten, neither read nor dropped.
    pub(super) fn diesel(&mut self) -> Option<&mut AsyncPgConnection> {
        Arc::get_mut(&mut self.guest).map(|guest| &mut guest.connection)
    }

    /// Ends the connection for good, and waits for the server's process to be gone, not longer than this limit.
    pub(super) async fn end(self, limit: Duration) {
        if let Some(guest) = Arc::into_inner(self.guest) {
            guest.end(limit).await;
        }
    }

    /// What it is worth by what Diesel and the wire know. The order matters: an operation that was given up may not
    /// even have been sent.
    pub(super) fn condition(&mut self) -> Condition {
        if self.guest.is_closed() {
            return Condition::Doubtful("it is lost");
        }
        if !self.operations.are_over() {
            return Condition::Doubtful("a query was cancelled");
        }
        if self.unit.as_ref().is_some_and(|unit| unit.is_open()) {
            return Condition::Doubtful("a unit of work was cancelled");
        }
        if self.unit.as_ref().is_some_and(|unit| unit.is_outlasted(&self.guest)) {
            return Condition::Doubtful("statements stay prepared");
        }
        let Some(connection) = self.diesel() else { return Condition::Doubtful("rows were forgotten") };
        let depth = AnsiTransactionManager::transaction_manager_status_mut(connection).transaction_depth();
        if !matches!(depth, Ok(None)) || is_broken(connection) {
            return Condition::Doubtful("a transaction is open");
        }
        let traffic = self.guest.traffic();
        if !traffic.is_quiet() {
            return Condition::Unread;
        }
        match traffic.status() {
            Some(TransactionStatus::Idle) => Condition::Good,
            _ => Condition::Doubtful("a transaction is open"),
        }
    }
}

impl Idle for Pooled {
    fn is_lost(&self) -> bool {
        self.guest.is_closed()
    }

    fn is_of(&self, owner: Owner<'_>) -> bool {
        let served = self.pinned.as_ref().or(self.served.as_ref());
        served.is_some_and(|served| served.target.tenant() == owner)
    }

    fn is_nobodys(&self) -> bool {
        self.pinned.is_none()
    }

    fn opened(&self) -> Instant {
        self.opened
    }

    fn idle_since(&mut self) -> &mut Instant {
        &mut self.idle_since
    }
}

/// Whether a statement of a transaction's own was cancelled.
fn is_broken<C>(connection: &mut C) -> bool
where
    C: AsyncConnection<TransactionManager = AnsiTransactionManager>,
    AnsiTransactionManager: TransactionManager<C>,
{
    <AnsiTransactionManager as TransactionManager<C>>::is_broken_transaction_manager(connection)
}
