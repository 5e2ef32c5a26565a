//! From parameters to what they mean: settings of ours, the rest for `tokio_postgres`, or an error.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::ChannelBinding;

use super::host::{HostEntry, entries};
use super::parameters::Parameters;
use super::ssl::{ClientCertificate, Roots, SslMode, SslSettings};
use super::url_error::UrlError;

/// What a URL says.
#[derive(Clone)]
pub(super) struct Meaning {
    /// What `tokio_postgres` is to know: everything but hosts, TLS and time limits, which are ours.
    pub(super) config: Config,
    pub(super) hosts: Vec<HostEntry>,
    pub(super) ssl: SslSettings,
    pub(super) attributes: SessionAttributes,
    pub(super) connect_timeout: Option<Duration>,
}

/// `target_session_attrs`.
///
/// Ours to check: `tokio_postgres` looks at `transaction_read_only`, which our sessions switch on themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum SessionAttributes {
    #[default]
    Any,
    /// `read-write` or `primary`.
    Primary,
    /// `read-only` or `standby`.
    Standby,
}

impl Meaning {
    pub(super) fn of(parameters: &Parameters) -> Result<Self, UrlError> {
        let mut meaning = Self {
            config: Config::new(),
            hosts: Vec::new(),
            ssl: SslSettings::default(),
            attributes: SessionAttributes::Any,
            connect_timeout: None,
        };
        let mut lists = Lists::default();
        // An unknown name right after a password may be its second half, cut off at a blank or an ampersand.
        let mut after_password = false;
        for (name, bytes) in parameters {
            if name == "password" {
                if bytes.contains(&0) {
                    return Err(UrlError::Text { name: name.clone() });
                }
                // An empty value is the default, here and below, as in libpq.
                if !bytes.is_empty() {
                    meaning.config.password(bytes);
                }
            } else {
                let value = match std::str::from_utf8(bytes) {
                    Ok(value) if !value.contains('\0') => value,
                    _ if after_password => return Err(UrlError::Unknown { name: None }),
                    _ => return Err(UrlError::Text { name: name.clone() }),
                };
                meaning.set(name, value, &mut lists).map_err(|error| match error {
                    UrlError::Unknown { .. } if after_password => UrlError::Unknown { name: None },
                    other => other,
                })?;
            }
            after_password = name == "password";
        }
        lists.complete(&mut meaning)?;
        Ok(meaning)
    }

    fn set(&mut self, name: &str, value: &str, lists: &mut Lists) -> Result<(), UrlError> {
        let empty = value.is_empty();
        let wrong = |expected| Err(UrlError::Value { name: name.to_owned(), expected });
        match name {
            "host" => lists.hosts = value.split(',').map(str::to_owned).collect(),
            "hostaddr" => lists.addresses = value.split(',').map(str::to_owned).collect(),
            "port" => lists.ports = value.split(',').map(str::to_owned).collect(),
            "sslcert" => lists.certificate = (!empty).then(|| value.into()),
            "sslkey" => lists.key = (!empty).then(|| value.into()),
            "fallback_application_name" => {
                lists.application_name = (!empty).then(|| value.to_owned());
            }
            "sslmode" if !empty => lists.mode = Some(SslMode::parse(value)?),
            "sslrootcert" if !empty => {
                self.ssl.roots = Some(if value == "system" { Roots::System } else { Roots::File(value.into()) });
            }
            "sslnegotiation" if !empty => match value {
                "postgres" => self.ssl.direct = false,
                "direct" => self.ssl.direct = true,
                _ => return wrong("postgres or direct"),
            },
            "sslsni" if !empty => self.ssl.without_sni = value == "0",
            "target_session_attrs" if !empty => {
                self.attributes = match value {
                    "any" => SessionAttributes::Any,
                    "read-write" | "primary" => SessionAttributes::Primary,
                    "read-only" | "standby" => SessionAttributes::Standby,
                    _ => return wrong("any, read-write, read-only, primary or standby"),
                }
            }
            "connect_timeout" if !empty => match value.trim().parse::<i64>() {
                Ok(seconds) => {
                    self.connect_timeout =
                        Some(u64::try_from(seconds).ok().filter(|s| *s > 0).map_or(Duration::MAX, Duration::from_secs));
                }
                Err(_) => return wrong("a number of seconds"),
            },
            // In milliseconds, as in libpq; `tokio_postgres` takes seconds.
            "tcp_user_timeout" if !empty => match value.trim().parse::<i64>() {
                Ok(millis) => {
                    let limit = u64::try_from(millis).ok().filter(|millis| *millis > 0).map(Duration::from_millis);
                    lists.user_timeout = Some(limit);
                }
                Err(_) => return wrong("a number of milliseconds"),
            },
            "client_encoding" if !empty && !["auto", "utf8", "utf-8"].contains(&value.to_lowercase().as_str()) => {
                return wrong("UTF8");
            }
            "gssencmode" if !["", "disable", "prefer"].contains(&value) => {
                return wrong("disable or prefer: there is no GSSAPI here");
            }
            "user"
            | "dbname"
            | "options"
            | "application_name"
            | "keepalives"
            | "keepalives_idle"
            | "keepalives_interval"
            | "keepalives_retries"
            | "keepalives_count"
            | "channel_binding"
            | "load_balance_hosts"
                if !empty =>
            {
                lists.pass(name, value)?;
            }
            known if KNOWN.contains(&known) => {}
            unsupported if UNSUPPORTED.contains(&unsupported) => {
                return Err(UrlError::Unsupported { name: name.to_owned() });
            }
            unknown => {
                let plain = unknown.chars().all(|c| c.is_ascii_lowercase() || c == '_') && unknown.len() < 40;
                return Err(UrlError::Unknown { name: plain.then(|| unknown.to_owned()) });
            }
        }
        Ok(())
    }
}

/// Parameters whose empty value, or any value, is taken and means nothing.
const KNOWN: &[&str] = &[
    "user",
    "dbname",
    "options",
    "application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "keepalives_count",
    "tcp_user_timeout",
    "channel_binding",
    "load_balance_hosts",
    "sslmode",
    "sslrootcert",
    "sslnegotiation",
    "sslsni",
    "target_session_attrs",
    "connect_timeout",
    "client_encoding",
    "gssencmode",
    "sslcompression",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
];

const UNSUPPORTED: &[&str] = &[
    "passfile",
    "service",
    "servicefile",
    "require_auth",
    "requirepeer",
    "replication",
    "requiressl",
    "sslpassword",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslkeylogfile",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "scram_client_key",
    "scram_server_key",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
];

/// What can only be understood together.
#[derive(Default)]
struct Lists {
    hosts: Vec<String>,
    addresses: Vec<String>,
    ports: Vec<String>,
    mode: Option<SslMode>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    application_name: Option<String>,
    /// `None` inside is the system's own limit.
    user_timeout: Option<Option<Duration>>,
    passed: String,
}

/// A server that is gone, or a network that is, is noticed after a minute. The system's own limits are two hours for
/// a connection that waits for an answer, and a quarter of an hour for one that has sent something.
const KEEPALIVES: [(&str, &str); 3] =
    [("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_retries", "3")];
const USER_TIMEOUT: Duration = Duration::from_secs(60);

impl Lists {
    /// Leaves a parameter to `tokio_postgres`, alone first, so that the error can name it.
    fn pass(&mut self, name: &str, value: &str) -> Result<(), UrlError> {
        let known = if name == "keepalives_count" { "keepalives_retries" } else { name };
        let pair = format!("{known}='{}' ", value.replace('\\', "\\\\").replace('\'', "\\'"));
        if Config::from_str(&pair).is_err() {
            let expected = match name {
                "channel_binding" => "disable, prefer or require",
                "load_balance_hosts" => "disable or random",
                _ => "a number",
            };
            return Err(UrlError::Value { name: name.to_owned(), expected });
        }
        self.passed.push_str(&pair);
        Ok(())
    }

    fn complete(mut self, meaning: &mut Meaning) -> Result<(), UrlError> {
        for (name, value) in KEEPALIVES {
            if !self.passed.contains(&format!("{name}=")) {
                self.passed.push_str(&format!("{name}='{value}' "));
            }
        }
        let password = meaning.config.get_password().map(<[u8]>::to_vec);
        meaning.config = Config::from_str(&self.passed).map_err(|_| UrlError::NotAConnection)?;
        if let Some(password) = password {
            meaning.config.password(password);
        }
        if let Some(limit) = self.user_timeout.unwrap_or(Some(USER_TIMEOUT)) {
            meaning.config.tcp_user_timeout(limit);
        }
        if let (None, Some(name)) = (meaning.config.get_application_name(), self.application_name) {
            meaning.config.application_name(name);
        }
        meaning.ssl.bound = meaning.config.get_channel_binding() == ChannelBinding::Require;
        meaning.ssl.client = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(UrlError::Incomplete { name: "sslcert", needs: "sslkey" });
            }
            (None, Some(_)) => {
                return Err(UrlError::Incomplete { name: "sslkey", needs: "sslcert" });
            }
        };
        // As in libpq: the system's roots vouch for anybody, so they are worth nothing without the host's name.
        meaning.ssl.mode = match (&meaning.ssl.roots, self.mode) {
            (Some(Roots::System), None | Some(SslMode::VerifyFull)) => SslMode::VerifyFull,
            (Some(Roots::System), Some(_)) => {
                return Err(UrlError::Value {
                    name: "sslmode".into(),
                    expected: "verify-full with sslrootcert=system",
                });
            }
            (_, mode) => mode.unwrap_or_default(),
        };
        if meaning.ssl.direct && meaning.ssl.mode < SslMode::Require {
            let expected = "require, verify-ca or verify-full with sslnegotiation=direct";
            return Err(UrlError::Value { name: "sslmode".into(), expected });
        }
        meaning.hosts = entries(&self.hosts, &self.addresses, &self.ports)?;
        Ok(())
    }
}
