use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::codes;
use super::tls::TlsError;
use super::url::ConnectionUrl;

/// Why there is no connection: where to, what happened, what to do next. Never with a password in it.
#[derive(Debug)]
pub struct ConnectError {
    target: String,
    database: Option<String>,
    cause: Cause,
}

/// What kind of failure a [`ConnectError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// Nobody answers there, in time or at all, or the connection broke off.
    Unreachable,
    /// The server does not let this user in.
    Authentication,
    /// The database does not exist.
    DatabaseMissing,
    /// The server has no free connection. Retryable.
    TooManyConnections,
    /// The server is starting, stopping or recovering. Retryable.
    NotAccepting,
    /// TLS is demanded and not there, or its handshake or certificate failed.
    Tls,
    /// No server is what `target_session_attrs` asks for.
    WrongServer,
    /// Anything else that the server says.
    Other,
}

#[derive(Debug)]
pub(super) enum Cause {
    Resolve(io::Error),
    Io(io::Error),
    Timeout(Duration),
    Tls(TlsError),
    /// Refused without TLS by a server that offers it.
    TlsWanted {
        because: TlsError,
        refusal: tokio_postgres::Error,
    },
    Server(tokio_postgres::Error),
    /// The driver's own word, of which it makes one only here: a password that is missing, a method of
    /// authentication it does not know, no channel binding.
    Driver(Box<dyn Error + Send + Sync>),
    WrongServer,
}

impl Cause {
    /// Sorts by the types of what is inside.
    pub(super) fn from_startup(error: tokio_postgres::Error) -> Self {
        if error.as_db_error().is_some() {
            return Self::Server(error);
        }
        if error.is_closed() {
            return Self::Io(io::ErrorKind::UnexpectedEof.into());
        }
        let ours = error.source().is_some_and(|source| source.is::<TlsError>() || source.is::<io::Error>());
        match error.into_source() {
            Some(source) if ours => Self::from_source(source),
            Some(source) => Self::Driver(source),
            None => Self::Io(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn from_source(source: Box<dyn Error + Send + Sync>) -> Self {
        match source.downcast::<TlsError>() {
            Ok(tls) => Self::Tls(*tls),
            Err(source) => match source.downcast::<io::Error>() {
                Ok(io) => Self::Io(*io),
                Err(other) => Self::Io(io::Error::other(other)),
            },
        }
    }

    pub(super) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Server(error) | Self::TlsWanted { refusal: error, .. } => error.code(),
            _ => None,
        }
    }

    /// Whether the next server of the list is worth asking. One that has looked at the password and said no
    /// speaks for all, as in libpq.
    pub(super) fn leaves_others(&self) -> bool {
        matches!(
            self.kind(),
            ConnectErrorKind::Unreachable
                | ConnectErrorKind::NotAccepting
                | ConnectErrorKind::TooManyConnections
                | ConnectErrorKind::WrongServer
        )
    }

    fn kind(&self) -> ConnectErrorKind {
        match self {
            Self::Resolve(_) | Self::Io(_) | Self::Timeout(_) => ConnectErrorKind::Unreachable,
            Self::Tls(_) | Self::TlsWanted { .. } => ConnectErrorKind::Tls,
            Self::WrongServer => ConnectErrorKind::WrongServer,
            Self::Driver(_) => ConnectErrorKind::Authentication,
            Self::Server(error) => match error.code() {
                Some(code) if *code == codes::INVALID_PASSWORD || *code == codes::INVALID_AUTHORIZATION => {
                    ConnectErrorKind::Authentication
                }
                Some(code) if *code == codes::DATABASE_MISSING => ConnectErrorKind::DatabaseMissing,
                Some(code) if *code == codes::TOO_MANY_CONNECTIONS => ConnectErrorKind::TooManyConnections,
                Some(code) if *code == codes::CANNOT_CONNECT_NOW || *code == codes::ADMIN_SHUTDOWN => {
                    ConnectErrorKind::NotAccepting
                }
                _ => ConnectErrorKind::Other,
            },
        }
    }
}

impl ConnectError {
    pub(super) fn new(url: &ConnectionUrl, target: String, cause: Cause) -> Self {
        Self { target, database: url.database().map(str::to_owned), cause }
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ConnectErrorKind {
        self.cause.kind()
    }

    /// Where the connection should have led: `localhost:5432/app`.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The server's five-character code, where the server spoke.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.cause.code().map(SqlState::code)
    }

    /// Whether somebody was there, and closed the connection without a word.
    #[cfg(feature = "migrations")]
    pub(crate) fn hung_up(&self) -> bool {
        // In the middle of a message it is another error, for which there is no kind.
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, Other, UnexpectedEof};
        matches!(&self.cause, Cause::Io(error)
            if matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | Other | UnexpectedEof))
    }

    /// Whether the same attempt may well succeed in a moment.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.cause {
            Cause::Io(error) => !matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput),
            Cause::Timeout(_) => true,
            cause => matches!(cause.kind(), ConnectErrorKind::TooManyConnections | ConnectErrorKind::NotAccepting),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot connect to {}: ", self.target)?;
        match &self.cause {
            Cause::Resolve(error) => {
                write!(f, "the host's name leads nowhere ({error}); check the host")
            }
            Cause::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                    write!(f, "nobody answers there ({error}); check host and port, and that the server runs")
                }
                io::ErrorKind::PermissionDenied => {
                    write!(f, "{error}; check the rights on the socket's folder")
                }
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                    write!(f, "the server closed the connection ({error}); its log says why")
                }
                _ => write!(f, "{error}"),
            },
            Cause::Timeout(limit) => write!(
                f,
                "no connection within {} s; check host, port and firewalls, or raise `connect_timeout`",
                limit.as_secs_f32()
            ),
            Cause::Tls(error) => write!(f, "{error}"),
            Cause::TlsWanted { because, refusal } => {
                refused(f, refusal)?;
                write!(f, "; the server offers TLS and seems to want it: {because}")
            }
            Cause::Driver(error) => {
                write!(f, "{error}; check user and password, and pg_hba.conf there")
            }
            Cause::WrongServer => f.write_str("no server there is what `target_session_attrs` asks for"),
            Cause::Server(error) => {
                refused(f, error)?;
                match self.kind() {
                    ConnectErrorKind::Authentication => f.write_str("; check user and password, and pg_hba.conf there"),
                    ConnectErrorKind::DatabaseMissing => {
                        write!(f, "; create it with `createdb {}`", self.database.as_deref().unwrap_or_default())
                    }
                    ConnectErrorKind::TooManyConnections => {
                        f.write_str("; use fewer workers, or raise `max_connections` there")
                    }
                    ConnectErrorKind::NotAccepting => f.write_str("; try again in a moment"),
                    _ => Ok(()),
                }
            }
        }
    }
}

fn refused(f: &mut fmt::Formatter<'_>, error: &tokio_postgres::Error) -> fmt::Result {
    match error.as_db_error() {
        Some(server) => write!(f, "{} ({})", server.message(), server.code().code()),
        None => write!(f, "{error}"),
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Resolve(error) | Cause::Io(error) => Some(error),
            Cause::Tls(error) => Some(error),
            Cause::Driver(error) => Some(error.as_ref()),
            Cause::TlsWanted { refusal: error, .. } | Cause::Server(error) => Some(error),
            Cause::Timeout(_) | Cause::WrongServer => None,
        }
    }
}
