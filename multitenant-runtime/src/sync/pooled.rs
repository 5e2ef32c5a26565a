use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, SimpleConnection as _};
use diesel::pg::{GetPgMetadataCache as _, PgMetadataCache};
use diesel::{Connection as _, PgConnection, QueryResult};

use crate::pool::{Idle, Journal, Listener, Owner, Served, Whose};
use crate::scope::Seen;
use crate::target::Target;

use super::wire::Wire;

/// After how long a connection is asked whether it lives, before it is handed out.
const STALE: Duration = Duration::from_secs(10);

/// A connection of the pool's, in somebody's hands or in nobody's.
pub(super) struct Pooled {
    pub(super) connection: Box<PgConnection>,
    /// What is set on it; `None` where nothing is, or nobody knows.
    pub(super) served: Option<Arc<Served>>,
    /// Whether Diesel may remember types of a tenant's.
    knows_types: bool,
    wire: Wire,
    /// Where anybody wants to know of the statements.
    whose: Option<Whose>,
    /// The queries that need not be looked at before they are sent.
    pub(super) seen: Seen,
    opened: Instant,
    idle_since: Instant,
}

impl Pooled {
    pub(super) fn new(mut connection: PgConnection, journal: &Journal) -> Self {
        let listener = journal.listener();
        let whose = listener.as_ref().map(Listener::whose);
        let wire = Wire::of(&mut connection, listener);
        let now = Instant::now();
        let connection = Box::new(connection);
        Self {
            connection,
            served: None,
            knows_types: false,
            wire,
            whose,
            seen: Seen::default(),
            opened: now,
            idle_since: now,
        }
    }

    /// Its statements are this one's from now on, or the pool's own.
    pub(super) fn is_for(&self, served: Option<&Arc<Served>>) {
        if let Some(whose) = &self.whose {
            whose.set(served);
        }
    }

    /// What is set on it.
    pub(super) fn target(&self) -> Option<&Target> {
        self.served.as_ref().map(|served| &served.target)
    }

    /// Whether this is set, and there is no reason to ask once more.
    pub(super) fn serves(&self, served: &Served) -> bool {
        self.served.as_deref() == Some(served) && self.idle_since.elapsed() < STALE
    }

    /// Whether it is there, and in no transaction.
    pub(super) fn is_idle(&mut self) -> bool {
        self.wire.is_idle(&mut self.connection)
    }

    /// Forgets the types of another schema, where there are any: Diesel knows them by their names.
    pub(super) fn forget_types(&mut self, of: &Served) -> QueryResult<()> {
        if self.served.as_deref() != Some(of) && (self.knows_types || of.has_types) {
            // Until it is done, they are known.
            self.knows_types = true;
            self.forget_statements()?;
            *self.connection.get_metadata_cache() = PgMetadataCache::new();
            self.knows_types = of.has_types;
        }
        Ok(())
    }

    /// Forgets the prepared statements, on our side and on the server's.
    pub(super) fn forget_statements(&mut self) -> QueryResult<()> {
        self.seen = Seen::default();
        self.connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        self.connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
        self.connection.batch_execute("DEALLOCATE ALL")
    }
}

impl Idle for Pooled {
    /// libpq looks at the socket only when it is used.
    fn is_lost(&self) -> bool {
        false
    }

    fn is_of(&self, owner: Owner<'_>) -> bool {
        self.served.as_ref().is_some_and(|served| served.target.tenant() == owner)
    }

    fn is_nobodys(&self) -> bool {
        true
    }

    fn opened(&self) -> Instant {
        self.opened
    }

    fn idle_since(&mut self) -> &mut Instant {
        &mut self.idle_since
    }
}
