use std::fmt;
use std::net::IpAddr;

use super::url_error::UrlError;

/// One of the servers of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostEntry {
    /// A name, an address, or the folder of a Unix socket.
    pub(crate) host: String,
    /// `hostaddr`: connected to instead of what the name resolves to.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
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

/// Puts the three lists of a URL together.
pub(super) fn entries(hosts: &[String], addresses: &[String], ports: &[String]) -> Result<Vec<HostEntry>, UrlError> {
    let count = hosts.len().max(addresses.len()).max(1);
    let check = |name, found: usize, one_for_all: bool| match found {
        0 => Ok(()),
        1 if one_for_all => Ok(()),
        found if found == count => Ok(()),
        found => Err(UrlError::Count { name, hosts: count, found }),
    };
    check("host", hosts.len(), false)?;
    check("hostaddr", addresses.len(), false)?;
    check("port", ports.len(), true)?;
    (0..count)
        .map(|at| {
            let address = match addresses.get(at).map(|address| address.trim()) {
                None | Some("") => None,
                Some(address) => Some(
                    address
                        .parse::<IpAddr>()
                        .map_err(|_| UrlError::Value { name: "hostaddr".into(), expected: "an IP address" })?,
                ),
            };
            let port = match ports.get(at).or(ports.first()).map(|port| port.trim()) {
                None | Some("") => 5432,
                Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(UrlError::Port)?,
            };
            let host = match hosts.get(at).map(|host| host.trim()) {
                // The address is also the name that a certificate is checked against.
                None | Some("") => address.map(|address| address.to_string()).unwrap_or_default(),
                Some(host) => host.to_owned(),
            };
            let host = if host.is_empty() && count > 1 { "localhost".to_owned() } else { host };
            Ok(HostEntry { host, address, port })
        })
        .collect()
}
