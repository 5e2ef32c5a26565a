//! Arguments of psql's own commands, for the scripts that it runs.

use std::fmt::Write as _;

/// Quotes a text as one argument of a command of psql's (`\echo`, `\set`).
///
/// psql reads backslashes in such quotes as C does, and an argument ends with its line.
pub(crate) fn psql_argument(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\0' => {}
            c if c.is_ascii_control() => {
                let _ = write!(quoted, "\\{:03o}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::psql_argument;

    #[test]
    fn stays_one_argument_on_one_line() {
        for (text, quoted) in [
            ("a b", "'a b'"),
            ("it's", "'it''s'"),
            ("a\\b\nc\r", r"'a\\b\nc\015'"),
            (":x", "':x'"),
            ("\u{1b}", r"'\033'"),
        ] {
            assert_eq!(psql_argument(text), quoted);
        }
    }
}
