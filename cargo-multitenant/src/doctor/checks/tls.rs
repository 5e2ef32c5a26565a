use multitenant_runtime::ConnectionUrl;
use multitenant_runtime::inspection::{Inspector, Way};

use super::check;
use crate::config::Database;
use crate::doctor::check::{Blocked, Verdict};
use crate::doctor::ground::Ground;
use crate::finding::{Complaint, Level};

check! {
    /// ## What it checks
    /// Whether what is said to a server over a network goes through TLS, and whether the server has to prove who it is. A
    /// Unix socket and this machine's loopback need none. Behind a pooler it is the way to the pooler that is looked at.
    ///
    /// ## Why is this bad?
    /// Without TLS whoever is on the way reads all tenants' rows, and can send statements of his own. `sslmode=prefer`, which
    /// is the default, goes on in plain where the server says it has no TLS, and whoever is on the way can say so;
    /// `require` encrypts without asking who is at the other end, unless `sslrootcert` is given.
    ///
    /// ## What to do
    /// Write `?sslmode=verify-full` at the end of the URL, and `&sslrootcert=FILE` where the server's certificate is from an
    /// authority of your own. The command line has TLS by its feature `tls`, which is on by default; the application by the
    /// feature `tls` of `multitenant-runtime`, which is not.
    "tls": Warning, Database, "tls", look
}

async fn look(ground: &Ground) -> Result<Verdict, Blocked> {
    let mut complaints = Vec::new();
    let config = ground.config()?;
    let (key, url) = match config.database() {
        Ok(Database::Url(url, _)) if config.has_migrate_url() => ("migrate_url", url.as_str()),
        Ok(Database::Url(url, _)) => ("url", url.as_str()),
        _ => ("url", ""),
    };
    let found = seen(ground.inspector()?, key, url, &mut complaints);
    if let (Some((_, inspector)), Some(url)) = (ground.application(), config.application_url()) {
        seen(inspector, "url", url, &mut complaints);
    }
    Ok(Verdict::of(found.clone(), found, complaints))
}

fn seen(inspector: &Inspector, key: &str, url: &str, complaints: &mut Vec<Complaint>) -> String {
    let mode = ConnectionUrl::parse(url).map_or("prefer", |url| url.ssl_mode());
    let (found, complaint) = judge(inspector.way(), inspector.is_encrypted(), mode, key);
    complaints.extend(complaint);
    found
}

/// What is so, and what is wrong with it.
fn judge(way: Way, encrypted: bool, mode: &str, key: &str) -> (String, Option<Complaint>) {
    let verified = ["verify-ca", "verify-full"].contains(&mode);
    let help = format!("write ?sslmode=verify-full at the end of database.{key}");
    let complaint = |message: String| CHECK.complaint(message).object(format!("database.{key}"));
    match way {
        Way::Socket => ("not needed over a Unix socket".to_owned(), None),
        Way::Loopback if encrypted => (format!("encrypted, sslmode={mode}"), None),
        Way::Loopback => ("not needed on this machine".to_owned(), None),
        Way::Network if encrypted && verified => (format!("encrypted, sslmode={mode}"), None),
        Way::Network if encrypted => {
            let message = format!("the way to the server is encrypted, but sslmode={mode} does not ask who it is");
            let mut complaint = complaint(message);
            complaint.level = Level::Info;
            (format!("encrypted, not verified (sslmode={mode})"), Some(complaint.help(help)))
        }
        Way::Network if !cfg!(feature = "tls") => {
            let message = "the way to the server is not encrypted, and this build has no TLS".to_owned();
            let help = format!("install cargo-multitenant with the feature tls, and {help}");
            ("not encrypted".to_owned(), Some(complaint(message).help(help)))
        }
        Way::Network => {
            let message = format!("what goes over the network to the server is not encrypted (sslmode={mode})");
            ("not encrypted".to_owned(), Some(complaint(message).help(help)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_needs_what_a_socket_does_not() {
        for (way, encrypted, mode, level) in [
            (Way::Socket, false, "verify-full", None),
            (Way::Loopback, false, "prefer", None),
            (Way::Network, true, "verify-full", None),
            (Way::Network, true, "verify-ca", None),
            (Way::Network, true, "require", Some(Level::Info)),
            (Way::Network, true, "prefer", Some(Level::Info)),
            (Way::Network, false, "prefer", Some(Level::Warning)),
            (Way::Network, false, "disable", Some(Level::Warning)),
        ] {
            let (found, complaint) = judge(way, encrypted, mode, "url");
            assert_eq!(complaint.map(|complaint| complaint.level), level, "{way:?} {encrypted} {mode}: {found}");
        }
    }
}
