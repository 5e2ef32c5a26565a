//! What servers are started with.

use std::path::Path;
use std::process::Command;

use super::programs::Programs;
use super::{EmbeddedError, url};

/// Nothing in a throw-away server has to survive a crash; a fleet of schemas needs many locks.
const THROW_AWAY: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "256MB"),
    ("max_locks_per_transaction", "256"),
];

const KEPT: &[(&str, &str)] = &[("max_locks_per_transaction", "256")];

/// Where a server takes connections.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listen {
    SocketOnly,
    /// On 127.0.0.1, and on a socket that has the port in its name.
    Tcp(u16),
}

/// Settings as PostgreSQL's command line takes them; a later one wins over an earlier one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(Vec<(String, String)>);

impl Settings {
    pub(crate) fn throw_away() -> Self {
        Self::of(THROW_AWAY)
    }

    pub(crate) fn kept() -> Self {
        Self::of(KEPT)
    }

    fn of(settings: &[(&str, &str)]) -> Self {
        Self(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    pub(crate) fn set(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    /// The arguments of `postgres`. Where it listens is ours to say, so that comes last.
    pub(crate) fn arguments(
        &self,
        data: &Path,
        socket_folder: &Path,
        listen: Listen,
    ) -> Result<Vec<String>, EmbeddedError> {
        let mut arguments = vec!["-D".to_owned(), data.to_string_lossy().into_owned()];
        for (name, value) in &self.0 {
            let reason = if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c)) {
                "this is not the name of a setting"
            } else if value.contains(['\n', '\r', '\0']) {
                "a value cannot have several lines"
            } else {
                arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
                continue;
            };
            return Err(EmbeddedError::Setting { name: name.clone(), reason });
        }
        let (listen, port) = match listen {
            Listen::SocketOnly => ("", url::PORT),
            Listen::Tcp(port) => ("127.0.0.1", port),
        };
        let ours = [
            format!("unix_socket_directories={}", socket_folder.display()),
            format!("listen_addresses={listen}"),
            format!("port={port}"),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
        ];
        arguments.extend(ours.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        Ok(arguments)
    }
}

/// Keeps what our environment says about PostgreSQL and languages from the server.
pub(crate) fn shield(command: &mut Command) {
    command.env("LC_ALL", "C");
    for name in ["PGDATA", "PGPORT", "PGDATESTYLE", "PGCLIENTENCODING"] {
        command.env_remove(name);
    }
}

/// The arguments of `initdb`, but for the folder: UTF-8, the superuser `postgres`, and trust on the socket only.
pub(crate) fn initdb(programs: &Programs, password_file: Option<&Path>) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["--username=postgres", "--encoding=UTF8", "--auth-local=trust", "--lc-messages=C"].map(String::from).into();
    match password_file {
        Some(file) => {
            arguments.extend(["--auth-host=scram-sha-256".to_owned(), format!("--pwfile={}", file.display())]);
        }
        None => arguments.push("--auth-host=reject".to_owned()),
    }
    // Letters beyond ASCII have to be letters, and the order must not depend on the machine.
    if programs.major >= 17 {
        arguments.extend(["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"].map(String::from));
    } else if Path::new("/usr/lib/locale/C.utf8").exists() {
        arguments.push("--locale=C.UTF-8".to_owned());
    } else {
        arguments.push("--locale=C".to_owned());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_settings_win_and_ours_are_last() {
        let mut settings = Settings::throw_away();
        settings.set("fsync".into(), "on".into());
        settings.set("listen_addresses".into(), "*".into());
        let arguments = settings.arguments(Path::new("/d"), Path::new("/s"), Listen::SocketOnly).unwrap();
        let at = |text: &str| arguments.iter().rposition(|argument| argument == text).unwrap();
        assert!(at("fsync=on") > at("fsync=off"));
        assert!(at("listen_addresses=") > at("listen_addresses=*"));
    }

    #[test]
    fn settings_that_cannot_be_handed_over() {
        let check = |name: &str, value: &str| {
            let mut settings = Settings::default();
            settings.set(name.into(), value.into());
            settings.arguments(Path::new("/d"), Path::new("/s"), Listen::SocketOnly).map(drop).unwrap_err().to_string()
        };
        assert_says(&check("a b", "1"), "not the name");
        assert_says(&check("", "1"), "not the name");
        assert_says(&check("a", "1\n2"), "several lines");
    }

    fn assert_says(text: &str, part: &str) {
        assert!(text.contains(part), "{text}");
    }
}
