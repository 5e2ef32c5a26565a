use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, get_default_instrumentation};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::journal::Listener;

/// How many of a connection's operations have begun and not ended.
///
/// Diesel itself tells when each begins and ends; one whose future was dropped in between never ends. This is known at
/// once, while the wire learns of what was sent only when it is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Operations(Arc<AtomicIsize>);

impl Operations {
    /// Counts those of this connection from now on.
    pub(super) fn of(connection: &mut AsyncPgConnection, listener: Option<Listener>) -> Self {
        let operations = Self::default();
        let counter = Counter { operations: operations.clone(), listener, default: get_default_instrumentation() };
        connection.set_instrumentation(counter);
        operations
    }

    pub(super) fn are_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

/// Counts, and passes on to what the application has set as the default.
struct Counter {
    operations: Operations,
    /// Where anybody wants to know of the statements.
    listener: Option<Listener>,
    default: Option<Box<dyn Instrumentation>>,
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match &event {
            InstrumentationEvent::StartQuery { .. } => drop(self.operations.0.fetch_add(1, Ordering::AcqRel)),
            InstrumentationEvent::FinishQuery { .. } => drop(self.operations.0.fetch_sub(1, Ordering::AcqRel)),
            _ => {}
        }
        if let Some(listener) = &mut self.listener {
            listener.hear(&event);
        }
        if let Some(default) = &mut self.default {
            default.on_connection_event(event);
        }
    }
}
