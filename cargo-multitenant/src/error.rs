//! What ends a command.

use std::fmt;
use std::io;

use multitenant_runtime::Error;
use multitenant_runtime::embedded::EmbeddedError;

use crate::config::ConfigError;
use crate::interrupt::Signal;

/// What ends a command; its exit code is [`exit_code::of_error`](crate::exit_code).
#[derive(Debug)]
pub(crate) enum CliError {
    /// The command line can be parsed, but not be meant.
    Usage(String),
    /// What was asked for is not there.
    #[cfg(feature = "lint")]
    NoMatch(String),
    /// It is not done without somebody's consent.
    Refused(String),
    /// The configuration cannot be used.
    Config(Box<ConfigError>),
    /// A file or folder of the project cannot be written or read.
    Files {
        /// What was being done, with the path.
        what: String,
        /// What to do.
        help: Option<&'static str>,
        source: Option<io::Error>,
    },
    /// The development server cannot be used.
    Embedded(EmbeddedError),
    /// The project's database on the development server cannot be made.
    Development(tokio_postgres::Error),
    /// The runtime's own.
    Runtime(Error),
    /// A result could not be written.
    Output(io::Error),
    /// The system refused what no program can do without.
    System(io::Error),
    /// A signal ended it, and there is nothing more to tell.
    Interrupted(Signal),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Refused(message) => f.write_str(message),
            #[cfg(feature = "lint")]
            Self::NoMatch(message) => f.write_str(message),
            Self::Config(error) => error.fmt(f),
            Self::Files { what, help, source } => {
                f.write_str(what)?;
                if let Some(source) = source {
                    write!(f, " ({source})")?;
                }
                help.map_or(Ok(()), |help| write!(f, ": {help}"))
            }
            Self::Embedded(error) => error.fmt(f),
            Self::Development(error) => {
                write!(f, "the project's database cannot be made on the development server: {error}")
            }
            Self::Runtime(error) => error.fmt(f),
            Self::Output(error) => write!(f, "the result cannot be written: {error}"),
            Self::System(error) => write!(f, "the system refuses: {error}"),
            Self::Interrupted(Signal::Interrupt) => f.write_str("interrupted"),
            Self::Interrupted(Signal::Terminate) => f.write_str("terminated"),
        }
    }
}

impl std::error::Error for CliError {}

impl From<Box<ConfigError>> for CliError {
    fn from(error: Box<ConfigError>) -> Self {
        Self::Config(error)
    }
}

impl From<EmbeddedError> for CliError {
    fn from(error: EmbeddedError) -> Self {
        Self::Embedded(error)
    }
}
