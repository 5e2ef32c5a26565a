//! Whether a migration is still the one that was applied.

use std::fmt;

use sha2::{Digest, Sha256};

/// The SHA-256 of `up.sql`, with CRLF read as LF and without a byte order mark, so that a checkout on
/// another system is no edit.
///
/// Recorded as `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum([u8; 32]);

const PREFIX: &str = "sha256:";

impl Checksum {
    /// The checksum of a migration's text.
    #[must_use]
    pub fn of(up: &str) -> Self {
        let text = up.strip_prefix('\u{feff}').unwrap_or(up);
        let mut hash = Sha256::new();
        for (i, part) in text.split("\r\n").enumerate() {
            if i > 0 {
                hash.update(b"\n");
            }
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }

    /// Whether a recorded text is this checksum; a text of another form is of another algorithm, and says nothing.
    pub(crate) fn contradicts(&self, recorded: &str) -> bool {
        recorded.starts_with(PREFIX) && recorded != self.to_string()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        hex(&self.0, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// The SHA-256 of a text in hexadecimal digits, as PostgreSQL's `encode(sha256(…), 'hex')` gives it.
pub(crate) fn sha256_hex(text: &str) -> String {
    in_hex(&Sha256::digest(text.as_bytes()))
}

/// The same of the first of these texts, of the first two, and so on, in one go.
pub(crate) fn sha256_of_beginnings<'t>(texts: impl IntoIterator<Item = &'t str>) -> impl Iterator<Item = String> {
    texts.into_iter().scan(Sha256::new(), |hash, text| {
        hash.update(text.as_bytes());
        Some(in_hex(&hash.clone().finalize()))
    })
}

fn in_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_marks_are_no_edits() {
        let unix = Checksum::of("create table a ();\nselect 1;\n");
        assert_eq!(unix, Checksum::of("\u{feff}create table a ();\r\nselect 1;\r\n"));
        assert_ne!(unix, Checksum::of("create table a ();\nselect 2;\n"));
        assert!(!unix.contradicts(&unix.to_string()));
        assert!(unix.contradicts(&Checksum::of("x").to_string()));
        assert!(!unix.contradicts("blake3:00"));
        let beginnings: Vec<String> = sha256_of_beginnings(["a", "b"]).collect();
        assert_eq!(beginnings, [sha256_hex("a"), sha256_hex("ab")]);
        assert_eq!(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
