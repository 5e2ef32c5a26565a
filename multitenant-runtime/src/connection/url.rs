use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;

use super::parameters::{self, Parameters};
use super::ssl::{ClientCertificate, Roots, SslMode, SslSettings};
use super::url_error::UrlError;
use super::url_text::render;

/// Where a database is and how to get in: a `postgres://` URL, or libpq's `key=value` pairs.
///
/// What libpq understands is understood, `sslmode` and `sslrootcert` included; what is not supported is an error
/// that names the parameter, never silence. `Display` and `Debug` do not show the password. The environment
/// (`PGHOST`, `PGPASSWORD`, …) and password files are not read.
///
/// ```
/// use multitenant_runtime::ConnectionUrl;
///
/// let url = ConnectionUrl::parse("postgres://app:s3cret@db.example.org/app?sslmode=verify-full")?;
/// assert_eq!(url.to_string(), "postgres://app:***@db.example.org/app?sslmode=verify-full");
/// assert_eq!(url.host_for_display(), "db.example.org:5432/app");
///
/// let same = ConnectionUrl::parse("host=db.example.org user=app password=s3cret dbname=app")?;
/// assert_eq!(same.with_database("other").database(), Some("other"));
/// # Ok::<(), multitenant_runtime::UrlError>(())
/// ```
#[derive(Clone)]
pub struct ConnectionUrl {
    parameters: Parameters,
    config: Config,
    hosts: Vec<HostEntry>,
    ssl: SslSettings,
    attributes: SessionAttributes,
    connect_timeout: Option<Duration>,
}

/// One of the servers of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostEntry {
    /// A name, an address, or the folder of a Unix socket.
    pub(crate) host: String,
    /// `hostaddr`: connected to instead of what the name resolves to.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
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

impl ConnectionUrl {
    /// Reads a URL or `key=value` pairs.
    ///
    /// # Errors
    ///
    /// [`UrlError`] says what is wrong, and never repeats a value.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::build(parameters::parse(text)?)
    }

    /// The same server, user and settings, with another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let mut other = self.clone();
        other.parameters.retain(|(name, _)| name != "dbname");
        other
            .parameters
            .push(("dbname".into(), database.as_bytes().to_vec()));
        other.config.dbname(database);
        other
    }

    /// The database's name, where the URL has one. Without it the server takes the user's.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.config.get_dbname().or_else(|| self.config.get_user())
    }

    /// The user's name, where the URL has one. Without it, it is that of the process's user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    /// Where this leads, for messages: `localhost:5432/app`, or `/run/postgresql:5432/app` for a socket.
    #[must_use]
    pub fn host_for_display(&self) -> String {
        let hosts = self.hosts();
        let hosts: Vec<_> = hosts.iter().map(HostEntry::to_string).collect();
        match self.database() {
            Some(database) => format!("{}/{database}", hosts.join(",")),
            None => hosts.join(","),
        }
    }

    /// The whole URL **with the password**, for programs and libraries that take one (`pg_dump`, libpq).
    #[must_use]
    pub fn expose(&self) -> String {
        render(&self.parameters, true)
    }

    /// What `tokio_postgres` is to know: everything but hosts, TLS and time limits, which are ours.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn ssl(&self) -> &SslSettings {
        &self.ssl
    }

    pub(crate) fn attributes(&self) -> SessionAttributes {
        self.attributes
    }

    /// `connect_timeout` of the URL; zero and less, which mean for ever, are `Duration::MAX`.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// The servers in the order to try; without any, the local one by its usual socket, else `localhost`.
    pub(crate) fn hosts(&self) -> Vec<HostEntry> {
        if !self.hosts.iter().all(|entry| entry.host.is_empty()) {
            return self.hosts.clone();
        }
        let port = self.hosts.first().map_or(5432, |entry| entry.port);
        let folder = ["/run/postgresql", "/var/run/postgresql", "/tmp"]
            .into_iter()
            .find(|folder| PathBuf::from(format!("{folder}/.s.PGSQL.{port}")).exists());
        vec![HostEntry {
            host: folder.unwrap_or("localhost").into(),
            address: None,
            port,
        }]
    }

    fn build(parameters: Parameters) -> Result<Self, UrlError> {
        let mut url = Self {
            parameters: Parameters::new(),
            config: Config::new(),
            hosts: Vec::new(),
            ssl: SslSettings::default(),
            attributes: SessionAttributes::Any,
            connect_timeout: None,
        };
        let mut lists = Lists::default();
        // An unknown name right after a password may be its second half, cut off at a blank or an ampersand.
        let mut after_password = false;
        for (name, bytes) in &parameters {
            if name == "password" {
                if bytes.contains(&0) {
                    return Err(UrlError::Text { name: name.clone() });
                }
                // An empty value is the default, here and below, as in libpq.
                if !bytes.is_empty() {
                    url.config.password(bytes);
                }
            } else {
                let value = match std::str::from_utf8(bytes) {
                    Ok(value) if !value.contains('\0') => value,
                    _ if after_password => return Err(UrlError::Unknown { name: None }),
                    _ => return Err(UrlError::Text { name: name.clone() }),
                };
                url.set(name, value, &mut lists)
                    .map_err(|error| match error {
                        UrlError::Unknown { .. } if after_password => {
                            UrlError::Unknown { name: None }
                        }
                        other => other,
                    })?;
            }
            after_password = name == "password";
        }
        lists.complete(&mut url)?;
        url.parameters = parameters
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Ok(url)
    }

    fn set(&mut self, name: &str, value: &str, lists: &mut Lists) -> Result<(), UrlError> {
        let empty = value.is_empty();
        let wrong = |expected| {
            Err(UrlError::Value {
                name: name.to_owned(),
                expected,
            })
        };
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
                self.ssl.roots = Some(if value == "system" {
                    Roots::System
                } else {
                    Roots::File(value.into())
                });
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
                    self.connect_timeout = Some(
                        u64::try_from(seconds)
                            .ok()
                            .filter(|s| *s > 0)
                            .map_or(Duration::MAX, Duration::from_secs),
                    );
                }
                Err(_) => return wrong("a number of seconds"),
            },
            "client_encoding"
                if !empty
                    && !["auto", "utf8", "utf-8"].contains(&value.to_lowercase().as_str()) =>
            {
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
            | "tcp_user_timeout"
            | "channel_binding"
            | "load_balance_hosts"
                if !empty =>
            {
                lists.pass(name, value)?;
            }
            known if KNOWN.contains(&known) => {}
            unsupported if UNSUPPORTED.contains(&unsupported) => {
                return Err(UrlError::Unsupported {
                    name: name.to_owned(),
                });
            }
            unknown => {
                let plain = unknown.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                    && unknown.len() < 40;
                return Err(UrlError::Unknown {
                    name: plain.then(|| unknown.to_owned()),
                });
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
    passed: String,
}

impl Lists {
    /// Leaves a parameter to `tokio_postgres`, alone first, so that the error can name it.
    fn pass(&mut self, name: &str, value: &str) -> Result<(), UrlError> {
        let known = if name == "keepalives_count" {
            "keepalives_retries"
        } else {
            name
        };
        let pair = format!(
            "{known}='{}' ",
            value.replace('\\', "\\\\").replace('\'', "\\'")
        );
        if Config::from_str(&pair).is_err() {
            let expected = match name {
                "channel_binding" => "disable, prefer or require",
                "load_balance_hosts" => "disable or random",
                _ => "a number",
            };
            return Err(UrlError::Value {
                name: name.to_owned(),
                expected,
            });
        }
        self.passed.push_str(&pair);
        Ok(())
    }

    fn complete(self, url: &mut ConnectionUrl) -> Result<(), UrlError> {
        let password = url.config.get_password().map(<[u8]>::to_vec);
        url.config = Config::from_str(&self.passed).map_err(|_| UrlError::NotAConnection)?;
        if let Some(password) = password {
            url.config.password(password);
        }
        if let (None, Some(name)) = (url.config.get_application_name(), self.application_name) {
            url.config.application_name(name);
        }
        url.ssl.client = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(UrlError::Incomplete {
                    name: "sslcert",
                    needs: "sslkey",
                });
            }
            (None, Some(_)) => {
                return Err(UrlError::Incomplete {
                    name: "sslkey",
                    needs: "sslcert",
                });
            }
        };
        // As in libpq: the system's roots vouch for anybody, so they are worth nothing without the host's name.
        url.ssl.mode = match (&url.ssl.roots, self.mode) {
            (Some(Roots::System), None | Some(SslMode::VerifyFull)) => SslMode::VerifyFull,
            (Some(Roots::System), Some(_)) => {
                return Err(UrlError::Value {
                    name: "sslmode".into(),
                    expected: "verify-full with sslrootcert=system",
                });
            }
            (_, mode) => mode.unwrap_or_default(),
        };
        if url.ssl.direct && url.ssl.mode < SslMode::Require {
            let expected = "require, verify-ca or verify-full with sslnegotiation=direct";
            return Err(UrlError::Value {
                name: "sslmode".into(),
                expected,
            });
        }
        url.hosts = entries(&self.hosts, &self.addresses, &self.ports)?;
        Ok(())
    }
}

fn entries(
    hosts: &[String],
    addresses: &[String],
    ports: &[String],
) -> Result<Vec<HostEntry>, UrlError> {
    let count = hosts.len().max(addresses.len()).max(1);
    let check = |name, found: usize, one_for_all: bool| match found {
        0 => Ok(()),
        1 if one_for_all => Ok(()),
        found if found == count => Ok(()),
        found => Err(UrlError::Count {
            name,
            hosts: count,
            found,
        }),
    };
    check("host", hosts.len(), false)?;
    check("hostaddr", addresses.len(), false)?;
    check("port", ports.len(), true)?;
    (0..count)
        .map(|at| {
            let address = match addresses.get(at).map(|address| address.trim()) {
                None | Some("") => None,
                Some(address) => Some(address.parse::<IpAddr>().map_err(|_| UrlError::Value {
                    name: "hostaddr".into(),
                    expected: "an IP address",
                })?),
            };
            let port = match ports.get(at).or(ports.first()).map(|port| port.trim()) {
                None | Some("") => 5432,
                Some(port) => port
                    .parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or(UrlError::Port)?,
            };
            let host = match hosts.get(at).map(|host| host.trim()) {
                // The address is also the name that a certificate is checked against.
                None | Some("") => address
                    .map(|address| address.to_string())
                    .unwrap_or_default(),
                Some(host) => host.to_owned(),
            };
            let host = if host.is_empty() && count > 1 {
                "localhost".to_owned()
            } else {
                host
            };
            Ok(HostEntry {
                host,
                address,
                port,
            })
        })
        .collect()
}

impl HostEntry {
    /// Whether this is a Unix socket's folder. (`@` begins an abstract socket, which nothing here opens.)
    pub(crate) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// For messages: with the database behind it.
    pub(crate) fn with_database(&self, database: Option<&str>) -> String {
        database.map_or_else(|| self.to_string(), |database| format!("{self}/{database}"))
    }
}

impl fmt::Display for HostEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') && !self.is_socket() {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for ConnectionUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.parameters, false))
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionUrl")
            .field(&self.to_string())
            .finish()
    }
}
