//! Why a target failed, with everything that helps to mend it.

use std::fmt;

use serde::Serialize;

use crate::connection::{ConnectError, ConnectErrorKind, Notice};
use crate::sqlstate::{FailureClass, lacks_a_right};

/// Why a target failed: what, where, and what to do next.
///
/// Serialised it is the FAILURE of the JSON documents: every field is there, and may be null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// The SQLSTATE, where the server gave one.
    pub sqlstate: Option<String>,
    /// The version of the migration that failed.
    pub migration: Option<String>,
    /// The file, as configured: `migrations/tenant/2026-11-02-101500_add_total/up.sql`; of a Rust function its name.
    pub file: Option<String>,
    /// The line in the file, from 1: of the error where the server gives a position, else of the statement.
    pub line: Option<u32>,
    /// The column in the line, from 1, in characters.
    pub column: Option<u32>,
    /// What happened.
    pub message: String,
    /// More of it, as the server gives it.
    pub detail: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// What the server said meanwhile, last first dropped.
    #[serde(skip)]
    pub notices: Vec<Notice>,
}

impl Failure {
    pub(crate) fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            sqlstate: None,
            migration: None,
            file: None,
            line: None,
            column: None,
            message: message.into(),
            detail: None,
            hint: None,
            notices: Vec::new(),
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// It is not done as long as that is so.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Refused, message)
    }

    /// Nothing can be written there.
    pub(crate) fn standby() -> Self {
        Self::new(FailureClass::Permanent, "the server is a standby, and takes no writes").with_hint(
            "give the primary's URL (`migrate_url`, MULTITENANT_MIGRATE_URL); with several hosts in it, \
             `target_session_attrs=read-write` finds the primary",
        )
    }

    /// The connection goes through a transaction pooler, and this needs a session of its own.
    pub(crate) fn behind_a_pooler(what: &str) -> Self {
        Self::new(
            FailureClass::Permanent,
            format!("{what} needs a session of its own, and this connection goes through a transaction pooler"),
        )
        .with_hint("set database.migrate_url (MULTITENANT_MIGRATE_URL) to the server itself, past the pooler")
    }

    /// Where the connection was lost for good, says that nobody knows whether the last work was done.
    pub(crate) fn in_doubt(self) -> Self {
        if self.class == FailureClass::ConnectionLost { self.in_doubt_of_the_last() } else { self }
    }

    pub(crate) fn in_doubt_of_the_last(mut self) -> Self {
        let hint = "whether the migration that had begun here is applied is not known: its history tells, and the next \
                    run goes on from there";
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }

    pub(crate) fn from_connect(error: &ConnectError) -> Self {
        let class = match error.kind() {
            ConnectErrorKind::Unreachable | ConnectErrorKind::NotAccepting => FailureClass::ConnectionLost,
            ConnectErrorKind::TooManyConnections => FailureClass::Retryable,
            _ => FailureClass::Permanent,
        };
        Self::new(class, error.to_string())
    }

    pub(crate) fn from_postgres(error: &tokio_postgres::Error) -> Self {
        let mut failure = Self::new(FailureClass::of(error), describe(error));
        if let Some(db) = error.as_db_error() {
            failure.message = db.message().to_owned();
            failure.sqlstate = Some(db.code().code().to_owned());
            failure.detail = db.detail().map(str::to_owned);
            failure.hint = db.hint().map(str::to_owned);
            if lacks_a_right(error) {
                failure.hint.get_or_insert_with(|| {
                    "grant that to the role that migrates, or migrate as a role that has it, for instance the owner: \
                     `migrate_url` (MULTITENANT_MIGRATE_URL) may be another one than the application's"
                        .to_owned()
                });
            }
        }
        failure
    }
}

#[cfg(feature = "functions")]
impl From<&crate::connection::ServerError> for Failure {
    fn from(error: &crate::connection::ServerError) -> Self {
        let mut failure = Self::new(FailureClass::of_server(error), &error.message);
        failure.sqlstate = Some(error.code.clone());
        failure.detail.clone_from(&error.detail);
        failure.hint.clone_from(&error.hint);
        failure
    }
}

/// An error of the client's with its cause, since `tokio_postgres` keeps the cause to itself.
fn describe(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    /// One line: `42P07 relation "orders" already exists (migrations/…/up.sql:3:1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.sqlstate {
            write!(f, "{code} ")?;
        }
        f.write_str(&self.message)?;
        if let Some(file) = &self.file {
            write!(f, " ({file}")?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}
