//! Why a dump cannot be read or written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a dump cannot be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum DumpError {
    /// The file cannot be read or written.
    Io {
        /// The file.
        file: PathBuf,
        /// What was tried: `read`, `written`.
        verb: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A file of that name is there.
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// What is there is a folder, a link, a pipe, a device.
    NoFile {
        /// What is there.
        file: PathBuf,
    },
    /// It is no dump of a tenant.
    NoDump {
        /// The file.
        file: PathBuf,
    },
    /// It is of a newer format than this release knows.
    Newer {
        /// The file.
        file: PathBuf,
        /// Its format.
        format: String,
    },
    /// It was cut off or altered.
    Damaged {
        /// The file.
        file: PathBuf,
        /// What does not fit.
        what: String,
    },
}

impl DumpError {
    pub(super) fn io(file: &Path, verb: &'static str) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { file, verb, source }
    }

    pub(super) fn damaged(file: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), what: what.into() }
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { file, verb, source } => write!(
                f,
                "the file {} cannot be {verb} ({source}): name one in a folder that you may use",
                file.display()
            ),
            Self::Exists { file } => {
                write!(f, "the file {} exists already: name another one, or replace it (--force)", file.display())
            }
            Self::NoFile { file } => {
                write!(f, "{} is no regular file, and is not replaced: name another one", file.display())
            }
            Self::NoDump { file } => {
                write!(f, "{} is no dump of a tenant: `tenant dump` makes one", file.display())
            }
            Self::Newer { file, format } => write!(
                f,
                "the dump {} has format {format}, and this release knows {}: load it with the release that wrote it, or a \
                 later one",
                file.display(),
                super::FORMAT
            ),
            Self::Damaged { file, what } => {
                write!(f, "the dump {} was cut off or altered: {what}; nothing of it is loaded", file.display())
            }
        }
    }
}

impl std::error::Error for DumpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
