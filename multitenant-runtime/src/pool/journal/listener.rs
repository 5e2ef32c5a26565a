use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use diesel::connection::InstrumentationEvent;
use diesel::result::{DatabaseErrorKind, Error};

use crate::connection::Ear;
use crate::sqlstate::class_word;

use super::super::pooled::Served;
use super::{Journal, milliseconds};

/// Listens to the statements of one connection.
pub(crate) struct Listener {
    journal: Journal,
    whose: Whose,
    /// Where the server's own codes are heard, which Diesel keeps to itself.
    ear: Option<Ear>,
    /// When those began that have not ended. They end in their order.
    begun: VecDeque<Instant>,
}

/// Whose statements run on a connection; nobody's are the pool's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Whose(Arc<Mutex<Option<Arc<Served>>>>);

impl Whose {
    pub(crate) fn set(&self, served: Option<&Arc<Served>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = served.map(Arc::clone);
    }

    fn get(&self) -> Option<Arc<Served>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Listener {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, whose: Whose::default(), ear: None, begun: VecDeque::new() }
    }

    /// With an ear on the wire.
    pub(crate) fn with_ear(self, ear: Ear) -> Self {
        Self { ear: Some(ear), ..self }
    }

    pub(crate) fn whose(&self) -> Whose {
        self.whose.clone()
    }

    pub(crate) fn hear(&mut self, event: &InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.begun.push_back(Instant::now()),
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                let Some(begun) = self.begun.pop_front() else { return };
                self.ended(begun, query, *error);
            }
            _ => {}
        }
    }

    fn ended(&self, begun: Instant, query: &impl Display, error: Option<&Error>) {
        let duration = begun.elapsed();
        let whose = self.whose.get();
        if whose.is_some() {
            self.journal.queried(duration, error.map(|error| self.class_of(error)));
        }
        if self.journal.0.slow.is_some_and(|limit| duration >= limit) {
            let target = whose.as_ref().map(|served| &served.target);
            tracing::warn!(
                tenant = target.and_then(|target| target.tenant()).map(crate::ident::TenantId::as_str),
                schema = target.map(|target| target.schema().as_str()),
                duration_ms = milliseconds(duration),
                failed = error.is_some(),
                sql = sql_of(&query.to_string()),
                "a slow query"
            );
        }
    }

    /// The class of the SQLSTATE, in a word: as it was heard, else as far as Diesel tells it.
    fn class_of(&self, error: &Error) -> &'static str {
        let Error::DatabaseError(kind, _) = error else { return "client" };
        match kind {
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => "connection",
            kind => match self.ear.as_ref().and_then(Ear::last_code) {
                Some(code) => class_word(&code),
                None => class_of_kind(kind),
            },
        }
    }
}

fn class_of_kind(kind: &DatabaseErrorKind) -> &'static str {
    match kind {
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ExclusionViolation => "constraint",
        DatabaseErrorKind::SerializationFailure => "rollback",
        DatabaseErrorKind::ReadOnlyTransaction => "transaction-state",
        _ => "other",
    }
}

/// The text of a query without its binds, which are customers' data: Diesel writes them behind it. Where the text itself
/// has that mark, it ends there: rather too little than too much.
fn sql_of(query: &str) -> &str {
    query.split(" -- binds: ").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;

    use super::*;

    diesel::table! {
        users (id) {
            id -> Integer,
            name -> Text,
        }
    }

    #[test]
    fn binds_are_not_told_wherever_they_stand() {
        for name in ["s3cret", "s3cret -- binds: [\"s3cret\"]", " -- binds: s3cret"] {
            let query = users::table.filter(users::name.eq(name)).select(users::id);
            let text = diesel::debug_query::<diesel::pg::Pg, _>(&query).to_string();
            assert!(text.contains("s3cret"), "Diesel writes binds: {text}");
            assert_eq!(sql_of(&text), r#"SELECT "users"."id" FROM "users" WHERE ("users"."name" = $1)"#);
        }
        assert_eq!(sql_of("SELECT 1"), "SELECT 1");
    }
}
