use std::error::Error;
use std::fmt;

use crate::embedded::EmbeddedError;

/// Why there is no database for a test.
///
/// ```
/// use multitenant_runtime::embedded::EmbeddedError;
/// use multitenant_runtime::testing::TestingError;
///
/// let error = TestingError::from(EmbeddedError::Unsupported);
/// assert!(error.to_string().contains("Unix"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TestingError {
    /// There is no server.
    Embedded(EmbeddedError),
    /// The server refused something.
    Database {
        /// What it was asked for, for example `create`.
        action: &'static str,
        /// The database, or where there is none yet, `the server`.
        database: String,
        /// What it said.
        source: tokio_postgres::Error,
    },
    /// What was to fill the template failed.
    Init {
        /// The template's key.
        key: String,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The thread that administers databases did not start, or is gone.
    Background {
        /// What is wrong with it.
        reason: String,
    },
}

impl TestingError {
    /// For `map_err`: what was done to which database.
    pub(crate) fn database(action: &'static str, database: &str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let database = database.to_owned();
        move |source| Self::Database { action, database, source }
    }
}

impl fmt::Display for TestingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(error) => {
                write!(
                    f,
                    "no server for tests: {error}; or set DATABASE_URL to a server whose role may create databases"
                )
            }
            Self::Database { action, database, source } => {
                write!(f, "cannot {action} {database}: ")?;
                match source.as_db_error() {
                    Some(error) => {
                        write!(f, "{} (SQLSTATE {})", error.message(), error.code().code())?;
                        if let Some(detail) = error.detail() {
                            write!(f, ": {detail}")?;
                        }
                        Ok(())
                    }
                    None => match source.source() {
                        Some(cause) => write!(f, "{source}: {cause}"),
                        None => write!(f, "{source}"),
                    },
                }
            }
            Self::Init { key, source } => write!(f, "cannot fill the template {key:?}: {source}"),
            Self::Background { reason } => {
                write!(f, "the thread that administers test databases: {reason}")
            }
        }
    }
}

impl Error for TestingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Embedded(error) => error.source(),
            Self::Database { source, .. } => Some(source),
            Self::Init { source, .. } => Some(&**source),
            Self::Background { .. } => None,
        }
    }
}

impl From<EmbeddedError> for TestingError {
    fn from(error: EmbeddedError) -> Self {
        Self::Embedded(error)
    }
}
