//! TLS as `sslmode` wants it.
//!
//! With the feature `tls`: rustls with ring, named explicitly, so that a process-wide default of the application's
//! is neither needed nor changed. Without: nothing, and an error for who demands it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no TLS where there should be.
#[derive(Debug)]
pub(crate) enum TlsError {
    /// The URL demands it, or the server seems to, and this build has none.
    FeatureOff { mode: &'static str },
    /// The URL forbids it.
    Disabled,
    /// The server does not offer it.
    NotOffered { mode: &'static str },
    /// The handshake broke off: no common version or cipher, a client's certificate refused.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "made where the feature is on"))]
    Handshake(io::Error),
    /// The server's certificate was not accepted.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "made where the feature is on"))]
    Certificate(Box<dyn Error + Send + Sync>),
    /// A file of certificates or a key cannot be used.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "made where the feature is on"))]
    File { parameter: &'static str, path: PathBuf, source: Box<dyn Error + Send + Sync> },
    /// The system has no trusted certificates.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "made where the feature is on"))]
    NoSystemRoots,
    /// rustls refuses the settings.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "made where the feature is on"))]
    Settings(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FeatureOff { mode } => {
                write!(f, "sslmode={mode}, and this build of multitenant-runtime has no TLS: enable its feature `tls`")
            }
            Self::Disabled => f.write_str("sslmode=disable forbids it: use sslmode=require"),
            Self::NotOffered { mode } => write!(
                f,
                "sslmode={mode}, and the server offers no TLS: switch `ssl` on there, or use sslmode=prefer or disable"
            ),
            Self::Handshake(source) => write!(f, "the TLS handshake failed: {source}"),
            Self::Certificate(source) => write!(
                f,
                "the server's certificate is not accepted: {source}; name the right authority with `sslrootcert`, and \
                 for verify-full the host as the certificate's subjectAltName has it"
            ),
            Self::File { parameter, path, source } => {
                write!(f, "cannot use the file {} of `{parameter}`: {source}", path.display())
            }
            Self::NoSystemRoots => {
                f.write_str("the system has no trusted certificates: install them, or name a file with `sslrootcert`")
            }
            Self::Settings(source) => write!(f, "the TLS settings do not fit together: {source}"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Handshake(source) => Some(source),
            Self::Certificate(source) | Self::File { source, .. } | Self::Settings(source) => Some(source.as_ref()),
            Self::FeatureOff { .. } | Self::Disabled | Self::NotOffered { .. } | Self::NoSystemRoots => None,
        }
    }
}

#[cfg(not(feature = "tls"))]
mod connector {
    use tokio_postgres::NoTls;

    use super::TlsError;
    use crate::connection::ssl::{SslMode, SslSettings};

    /// What stands in for TLS in a build without.
    #[derive(Clone)]
    pub(crate) struct Connector;

    pub(crate) const AVAILABLE: bool = false;

    pub(crate) type Handshake = NoTls;

    impl Connector {
        pub(crate) fn new(settings: &SslSettings) -> Result<Self, TlsError> {
            if settings.mode >= SslMode::Require {
                return Err(TlsError::FeatureOff { mode: settings.mode.name() });
            }
            Ok(Self)
        }

        #[expect(clippy::unused_self, reason = "the twin of the connector with TLS")]
        pub(crate) fn handshake(&self, _host: &str) -> Handshake {
            NoTls
        }
    }
}

#[cfg(feature = "tls")]
#[path = "tls_rustls.rs"]
mod connector;

pub(crate) use connector::{AVAILABLE, Connector, Handshake};
