use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;

use super::host::HostEntry;
use super::meaning::{Meaning, SessionAttributes};
use super::parameters::{self, Parameters};
use super::ssl::SslSettings;
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
    meaning: Meaning,
}

impl ConnectionUrl {
    /// Reads a URL or `key=value` pairs.
    ///
    /// # Errors
    ///
    /// [`UrlError`] says what is wrong, and never repeats a value.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let mut parameters = parameters::parse(text)?;
        let meaning = Meaning::of(&parameters)?;
        // An empty value is the default, as in libpq.
        parameters.retain(|(_, value)| !value.is_empty());
        Ok(Self { parameters, meaning })
    }

    /// The same server, user and settings, with another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let mut other = self.clone();
        other.parameters.retain(|(name, _)| name != "dbname");
        other.parameters.push(("dbname".into(), database.as_bytes().to_vec()));
        other.meaning.config.dbname(database);
        other
    }

    /// The database's name; without one in the URL, the user's, as the server takes it.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.meaning.config.get_dbname().or_else(|| self.meaning.config.get_user())
    }

    /// The user's name, where the URL has one. Without it, it is that of the process's user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.meaning.config.get_user()
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

    /// What `sslmode` is, said or not: `prefer`, `verify-full` and so on, as in libpq.
    ///
    /// ```
    /// let url = multitenant_runtime::ConnectionUrl::parse("postgres://db.example.org/app")?;
    /// assert_eq!(url.ssl_mode(), "prefer");
    /// # Ok::<(), multitenant_runtime::UrlError>(())
    /// ```
    #[must_use]
    pub fn ssl_mode(&self) -> &'static str {
        self.meaning.ssl.mode.name()
    }

    /// The whole URL **with the password**, for programs and libraries that take one (`pg_dump`, libpq).
    #[must_use]
    pub fn expose(&self) -> String {
        render(&self.parameters, true)
    }

    /// The URL for a program that takes one, and the password apart from it: arguments can be read by everybody on the
    /// machine, environments cannot. Both may be anything but NUL.
    #[cfg(feature = "migrations")]
    pub(crate) fn for_a_program(&self) -> (String, Option<std::ffi::OsString>) {
        let mut parameters = self.parameters.clone();
        let password = parameters.iter().position(|(name, _)| name == "password").map(|at| parameters.remove(at).1);
        self.name_the_host(&mut parameters);
        (render(&parameters, true), password.map(os_string))
    }

    /// The same, with these startup options behind the URL's own, which are apart from it too.
    #[cfg(feature = "migrations")]
    pub(crate) fn for_a_program_with(&self, options: &str) -> (String, Option<std::ffi::OsString>, String) {
        let mut other = self.clone();
        let theirs = other.parameters.iter().position(|(name, _)| name == "options");
        let theirs = theirs.map(|at| String::from_utf8_lossy(&other.parameters.remove(at).1).into_owned());
        let options = theirs.map_or_else(|| options.to_owned(), |theirs| format!("{theirs} {options}"));
        let (url, password) = other.for_a_program();
        (url, password, options)
    }

    /// The URL **with the password** for libpq within the process: its time limit, and its name where the URL has none.
    #[cfg(feature = "sync")]
    pub(crate) fn for_libpq(&self, application_name: &str, limit: Duration) -> String {
        let mut parameters = self.parameters.clone();
        self.name_the_host(&mut parameters);
        // Where the URL has another name, that one counts.
        parameters.push(("fallback_application_name".into(), application_name.as_bytes().to_vec()));
        if self.connect_timeout().is_none() {
            let seconds = limit.as_secs().max(2);
            parameters.push(("connect_timeout".into(), seconds.to_string().into_bytes()));
        }
        render(&parameters, true)
    }

    /// What we take for the local server, libpq may look for elsewhere.
    #[cfg(feature = "migrations")]
    fn name_the_host(&self, parameters: &mut Parameters) {
        if let [entry] = self.hosts().as_slice()
            && !parameters.iter().any(|(name, _)| name == "host" || name == "hostaddr")
        {
            parameters.push(("host".into(), entry.host.clone().into_bytes()));
        }
    }

    /// What `tokio_postgres` is to know: everything but hosts, TLS and time limits, which are ours.
    pub(crate) fn config(&self) -> &Config {
        &self.meaning.config
    }

    pub(crate) fn ssl(&self) -> &SslSettings {
        &self.meaning.ssl
    }

    pub(crate) fn attributes(&self) -> SessionAttributes {
        self.meaning.attributes
    }

    /// `connect_timeout` of the URL; zero and less, which mean for ever, are `Duration::MAX`.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        self.meaning.connect_timeout
    }

    /// The servers in the order to try; without any, the local one by its usual socket, else `localhost`.
    pub(crate) fn hosts(&self) -> Vec<HostEntry> {
        if !self.meaning.hosts.iter().all(|entry| entry.host.is_empty()) {
            return self.meaning.hosts.clone();
        }
        let port = self.meaning.hosts.first().map_or(5432, |entry| entry.port);
        let folder = ["/run/postgresql", "/var/run/postgresql", "/tmp"]
            .into_iter()
            .find(|folder| PathBuf::from(format!("{folder}/.s.PGSQL.{port}")).exists());
        vec![HostEntry { host: folder.unwrap_or("localhost").into(), address: None, port }]
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
        f.debug_tuple("ConnectionUrl").field(&self.to_string()).finish()
    }
}

/// A password need not be UTF-8.
#[cfg(all(feature = "migrations", unix))]
fn os_string(bytes: Vec<u8>) -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

#[cfg(all(feature = "migrations", not(unix)))]
fn os_string(bytes: Vec<u8>) -> std::ffi::OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
