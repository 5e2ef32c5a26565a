use std::path::PathBuf;

use super::url_error::UrlError;

/// What the URL says about TLS; [`tls`](super::tls) makes it true.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct SslSettings {
    pub(crate) mode: SslMode,
    pub(crate) roots: Option<Roots>,
    pub(crate) client: Option<ClientCertificate>,
    /// `sslnegotiation=direct`: the handshake at once, without asking for it (PostgreSQL 17).
    pub(crate) direct: bool,
    /// `sslsni=0`: the server is not told its name.
    pub(crate) without_sni: bool,
    /// `channel_binding=require`: the server's identity rests on its certificate's key, verified or not.
    pub(crate) bound: bool,
}

/// `sslmode`, with libpq's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// `sslrootcert`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Roots {
    System,
    File(PathBuf),
}

/// `sslcert` and `sslkey`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl SslMode {
    pub(crate) fn parse(value: &str) -> Result<Self, UrlError> {
        Ok(match value {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(UrlError::Value {
                    name: "sslmode".into(),
                    expected: "disable, allow, prefer, require, verify-ca or verify-full",
                });
            }
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}
