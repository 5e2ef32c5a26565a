//! Connection URLs that tokio-postgres, libpq and psql all understand.

use std::fmt::Write as _;
#[cfg(unix)]
use std::path::Path;

/// The port in the name of a socket, unless the server listens on TCP as well. It is always written out, since
/// libpq takes it from `PGPORT` otherwise.
#[cfg(unix)]
pub(crate) const PORT: u16 = 5432;

/// `database` on the server whose socket lies in `folder`.
#[cfg(unix)]
pub(crate) fn of_socket(folder: &Path, port: u16, database: &str) -> String {
    format!("postgresql://postgres@{}:{port}/{}", encode(&folder.to_string_lossy()), encode(database))
}

/// `database` over TCP on this machine.
#[cfg(unix)]
pub(crate) fn of_tcp(password: &str, port: u16, database: &str) -> String {
    format!("postgresql://postgres:{}@127.0.0.1:{port}/{}", encode(password), encode(database))
}

/// Everything but letters, digits and `-._~`, percent-encoded.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => write!(out, "%{other:02X}").unwrap_or_default(),
        }
        out
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let check = |folder: &str, database, url: &str| {
            assert_eq!(of_socket(Path::new(folder), PORT, database), url);
        };
        check("/tmp/mt-1", "app", "postgresql://postgres@%2Ftmp%2Fmt-1:5432/app");
        check("/t p", "a\"b/é", "postgresql://postgres@%2Ft%20p:5432/a%22b%2F%C3%A9");
    }
}
