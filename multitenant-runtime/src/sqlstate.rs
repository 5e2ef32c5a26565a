//! What a failure means for a run, decided by SQLSTATE and the error's structured fields, never by its text.
//!
//! The only file with five-character codes.

use std::fmt;

use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};
use tokio_postgres::error::SqlState;

#[cfg(feature = "functions")]
use crate::connection::ServerError;

/// What kind of failure it is, which decides whether it is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureClass {
    /// Passes by itself: a serialisation failure, a race for a database-wide object, a server that starts.
    Retryable,
    /// A statement waited longer than `lock_timeout` for a lock that somebody else holds.
    LockTimeout,
    /// PostgreSQL broke a deadlock.
    Deadlock,
    /// The connection broke, or the server went away.
    ConnectionLost,
    /// The statement was cancelled, by us, by an administrator or by `statement_timeout`.
    Cancelled,
    /// Another run holds the target.
    Held,
    /// The target's schema does not exist.
    MissingSchema,
    /// An applied migration differs from the file, or the history has versions that a policy refuses.
    Refused,
    /// Migrations are pending, and this call may not apply them.
    Pending,
    /// A tenant's migration would have changed the shared schema.
    SharedSchemaTouched,
    /// A hook of the application's failed.
    Hook,
    /// It will fail again until somebody changes something.
    Permanent,
}

impl FailureClass {
    /// Whether the same work may succeed if it is simply done again.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Retryable | Self::LockTimeout | Self::Deadlock | Self::ConnectionLost)
    }

    /// A class as it is written; one that a newer release has written is taken for a permanent one.
    pub(crate) fn parse(text: &str) -> Self {
        let written: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
        Self::deserialize(written).unwrap_or(Self::Permanent)
    }

    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(error) => Self::of_code(error.code(), error.schema()),
            // Without an answer from the server, it is the connection that failed.
            None => Self::ConnectionLost,
        }
    }

    /// The class of an error that was heard on its way to Diesel.
    #[cfg(feature = "functions")]
    pub(crate) fn of_server(error: &ServerError) -> Self {
        Self::of_code(&SqlState::from_code(&error.code), error.schema.as_deref())
    }

    /// By the code, and by the schema that the error names.
    fn of_code(code: &SqlState, schema: Option<&str>) -> Self {
        if *code == SqlState::LOCK_NOT_AVAILABLE {
            Self::LockTimeout
        } else if *code == SqlState::T_R_DEADLOCK_DETECTED {
            Self::Deadlock
        } else if *code == SqlState::QUERY_CANCELED {
            Self::Cancelled
        } else if *code == SqlState::ADMIN_SHUTDOWN
            || *code == SqlState::CRASH_SHUTDOWN
            || *code == SqlState::IDLE_SESSION_TIMEOUT
            || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
        {
            Self::ConnectionLost
        } else if is_transient(code, schema) {
            Self::Retryable
        } else {
            Self::Permanent
        }
    }
}

impl fmt::Display for FailureClass {
    /// The name that the JSON documents and the state table have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A failure that passes by itself, races for database-wide objects among them.
///
/// Tenants that create the same extension, or replace the same shared function, at the same time collide on
/// the system catalogues; the second try finds the object there.
fn is_transient(code: &SqlState, schema: Option<&str>) -> bool {
    let in_catalogue = schema == Some("pg_catalog");
    *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::TOO_MANY_CONNECTIONS
        || *code == SqlState::CANNOT_CONNECT_NOW
        // "tuple concurrently updated" has no code of its own.
        || *code == SqlState::INTERNAL_ERROR
        || (*code == SqlState::UNIQUE_VIOLATION && in_catalogue)
        // A class-08 error over a live connection is a worker node's (Citus).
        || code.code().starts_with("08")
}

/// Whether a failure may be retried only once: `XX000` may also be a bug of the server's.
///
/// "Tuple concurrently updated" has that code too; it is told by the server's function that raises it.
pub(crate) fn retry_once(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|db| is_retried_once(db.code(), db.routine()))
}

fn is_retried_once(code: &SqlState, routine: Option<&str>) -> bool {
    *code == SqlState::INTERNAL_ERROR && !matches!(routine, Some("simple_heap_update" | "simple_heap_delete"))
}

/// The same of an error that was heard on its way to Diesel.
#[cfg(feature = "functions")]
pub(crate) fn retry_heard_once(error: &ServerError) -> bool {
    is_retried_once(&SqlState::from_code(&error.code), error.routine.as_deref())
}

/// Whether the server refused a statement because one before it in the same transaction had failed.
#[cfg(feature = "functions")]
pub(crate) fn follows_a_failure(code: &str) -> bool {
    code == SqlState::IN_FAILED_SQL_TRANSACTION.code()
}

/// Whether a guard found what it asserts gone altogether.
pub(crate) fn is_undefined_table_code(code: &str) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].iter().any(|known| known.code() == code)
}

/// Whether a guard of this code failed: one that divides by zero, and one that carries a value.
#[cfg(feature = "functions")]
pub(crate) fn is_failed_guard_code(code: &str) -> bool {
    [SqlState::DIVISION_BY_ZERO, SqlState::INVALID_TEXT_REPRESENTATION].iter().any(|known| known.code() == code)
}

/// Whether a prepared statement would give rows of another type than when it was prepared. The code has other causes;
/// the routine tells.
#[cfg(feature = "pool")]
pub(crate) fn is_stale_plan(code: &str, routine: Option<&str>) -> bool {
    code == SqlState::FEATURE_NOT_SUPPORTED.code() && routine == Some("RevalidateCachedQuery")
}

/// Whether a relation is not there, or this role may not read it.
#[cfg(feature = "pool")]
pub(crate) fn is_unreadable(code: &str) -> bool {
    is_missing_table(code) || code == SqlState::INSUFFICIENT_PRIVILEGE.code()
}

/// Whether the object that the statement makes is there already: what an interrupted run leaves behind.
pub(crate) fn is_duplicate_object(code: &str) -> bool {
    [
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_COLUMN,
        SqlState::DUPLICATE_FUNCTION,
        SqlState::DUPLICATE_SCHEMA,
    ]
    .iter()
    .any(|known| known.code() == code)
}

/// Whether a statement succeeds only when what came before it has been committed.
pub(crate) fn needs_commit_before(code: &str) -> bool {
    [SqlState::UNSAFE_NEW_ENUM_VALUE_USAGE, SqlState::OBJECT_IN_USE].iter().any(|known| known.code() == code)
}

/// Whether the server refused a statement because it stands in a transaction: `VACUUM` and its like before they do
/// anything, a procedure at its own `COMMIT`. The transaction has undone what there was.
pub(crate) fn refuses_transactions(code: &str) -> bool {
    [SqlState::ACTIVE_SQL_TRANSACTION, SqlState::INVALID_TRANSACTION_TERMINATION]
        .iter()
        .any(|known| known.code() == code)
}

/// Whether the server has no room for what was to be locked.
pub(crate) fn is_out_of_memory(code: &str) -> bool {
    code == SqlState::OUT_OF_MEMORY.code()
}

/// Whether the role may not do what it was asked to.
pub(crate) fn lacks_a_right(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
}

/// Whether a role that was missing is there by now, or one that was there is not.
pub(crate) fn is_other_object(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| is_other_object_code(code.code()))
}

/// The same by its code.
pub(crate) fn is_other_object_code(code: &str) -> bool {
    [SqlState::DUPLICATE_OBJECT, SqlState::UNDEFINED_OBJECT].iter().any(|known| known.code() == code)
}

/// Whether the role cannot be taken on: it may not be, or is not there.
#[cfg(feature = "pool")]
pub(crate) fn is_refused_role(code: &str) -> bool {
    [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::INVALID_PARAMETER_VALUE].iter().any(|known| known.code() == code)
}

/// Whether a query failed because the relation that it reads does not exist.
pub(crate) fn is_undefined_table(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(code) if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::INVALID_SCHEMA_NAME)
}

/// The code of the guard "it holds, or this division by zero fails": a failed guard is told by its place in
/// the pipeline together with this code.
pub(crate) fn is_failed_guard(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::DIVISION_BY_ZERO)
}

/// Whether a table, or its schema, is not there.
pub(crate) fn is_missing_table(code: &str) -> bool {
    code == SqlState::UNDEFINED_TABLE.code() || code == SqlState::INVALID_SCHEMA_NAME.code()
}

/// The code of the guard that carries a value in its error: a text that is no number.
pub(crate) fn is_failed_cast(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_TEXT_REPRESENTATION)
}

/// The words for the classes of SQLSTATEs, as metrics have them.
#[cfg(feature = "pool")]
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "metrics have them all from the beginning"))]
pub(crate) const CLASS_WORDS: &[&str] = &[
    "client",
    "connection",
    "constraint",
    "cursor",
    "data",
    "access",
    "feature",
    "internal",
    "limit",
    "object-state",
    "operator",
    "other",
    "raised",
    "resources",
    "rollback",
    "syntax",
    "system",
    "transaction-state",
];

/// The class of a SQLSTATE, in a word: one of [`CLASS_WORDS`].
#[cfg(feature = "pool")]
pub(crate) fn class_word(code: &str) -> &'static str {
    if code == SqlState::INSUFFICIENT_PRIVILEGE.code() {
        return "access";
    }
    match code.get(..2) {
        Some("08") => "connection",
        Some("0A") => "feature",
        Some("22" | "21") => "data",
        Some("23" | "44") => "constraint",
        Some("24" | "34") => "cursor",
        Some("25" | "2D" | "3B") => "transaction-state",
        Some("28" | "0L" | "0P") => "access",
        Some("40") => "rollback",
        Some("26" | "3D" | "3F" | "42") => "syntax",
        Some("53") => "resources",
        Some("54") => "limit",
        Some("55") => "object-state",
        Some("57") => "operator",
        Some("58") => "system",
        Some("P0") => "raised",
        Some("XX" | "F0") => "internal",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "pool")]
    #[test]
    fn every_class_has_a_word() {
        for (code, word) in [
            (SqlState::UNIQUE_VIOLATION, "constraint"),
            (SqlState::DIVISION_BY_ZERO, "data"),
            (SqlState::UNDEFINED_TABLE, "syntax"),
            (SqlState::INSUFFICIENT_PRIVILEGE, "access"),
            (SqlState::QUERY_CANCELED, "operator"),
            (SqlState::LOCK_NOT_AVAILABLE, "object-state"),
            (SqlState::T_R_DEADLOCK_DETECTED, "rollback"),
            (SqlState::RAISE_EXCEPTION, "raised"),
            (SqlState::WARNING, "other"),
        ] {
            assert_eq!(class_word(code.code()), word);
        }
        for first in '0'..='Z' {
            let code = |second: char| format!("{first}{second}000");
            assert!(('0'..='Z').all(|second| CLASS_WORDS.contains(&class_word(&code(second)))));
        }
    }

    #[test]
    fn a_class_is_read_as_it_is_written() {
        for (class, text) in [
            (FailureClass::LockTimeout, "lock-timeout"),
            (FailureClass::SharedSchemaTouched, "shared-schema-touched"),
            (FailureClass::Held, "held"),
            (FailureClass::Hook, "hook"),
        ] {
            assert_eq!(class.to_string(), text);
            assert_eq!(FailureClass::parse(text), class);
        }
        assert_eq!(FailureClass::parse("of a newer release"), FailureClass::Permanent);
    }
}
