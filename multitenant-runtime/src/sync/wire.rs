//! What libpq knows of a connection's transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::{
    AnsiTransactionManager, Instrumentation, InstrumentationEvent, TransactionManager, TransactionManagerStatus,
    get_default_instrumentation,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::{Connection, PgConnection, QueryResult};

use crate::pool::Listener;

/// Asks libpq for a connection's transaction, without a word to the server.
#[derive(Debug, Default)]
pub(super) struct Wire(Arc<AtomicBool>);

impl Wire {
    /// Of this connection.
    pub(super) fn of(connection: &mut PgConnection, listener: Option<Listener>) -> Self {
        let wire = Self::default();
        connection.set_instrumentation(Passing {
            is_ours: Arc::clone(&wire.0),
            listener,
            default: get_default_instrumentation(),
        });
        wire
    }

    /// Whether the connection is there, and in no transaction, however that was begun.
    ///
    /// Diesel looks at libpq's word after each statement, and mends its own by it where that is "idle", and only then. So
    /// its own is spoilt first. The statement is one that never gets as far as the server.
    pub(super) fn is_idle(&self, connection: &mut PgConnection) -> bool {
        type Manager = AnsiTransactionManager;
        let depth = Manager::transaction_manager_status_mut(connection).transaction_depth();
        if !matches!(depth, Ok(None)) {
            return false;
        }
        Manager::transaction_manager_status_mut(connection).set_in_error();
        self.0.store(true, Ordering::Relaxed);
        let _ = connection.execute_returning_count(&Nothing);
        self.0.store(false, Ordering::Relaxed);
        matches!(Manager::transaction_manager_status_mut(connection), TransactionManagerStatus::Valid(_))
    }
}

/// A statement that cannot be sent.
#[derive(QueryId)]
struct Nothing;

impl QueryFragment<Pg> for Nothing {
    fn walk_ast<'b>(&'b self, _: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Err(Error::RollbackTransaction)
    }
}

/// Passes on to what the application has set as the default, but for what is none of the application's.
struct Passing {
    is_ours: Arc<AtomicBool>,
    /// Where anybody wants to know of the statements.
    listener: Option<Listener>,
    default: Option<Box<dyn Instrumentation>>,
}

impl Instrumentation for Passing {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if self.is_ours.load(Ordering::Relaxed) {
            return;
        }
        if let Some(listener) = &mut self.listener {
            listener.hear(&event);
        }
        if let Some(default) = &mut self.default {
            default.on_connection_event(event);
        }
    }
}
