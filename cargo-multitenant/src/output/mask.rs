//! Passwords are not shown, not even in the line of a configuration that an error points at.

/// The text with every password in a URL or a connection string as asterisks, byte for byte, so that places
/// in the text stay where they are.
pub(crate) fn mask_passwords(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let end = start + text[start..].find(['\n', '"', '\'', ' ']).unwrap_or(text.len() - start);
        // The last `@`: a password may hold one that nobody escaped.
        let Some(host) = text[start..end].rfind('@').map(|offset| start + offset) else { continue };
        if let Some(colon) = text[start..host].find(':') {
            bytes[start + colon + 1..host].fill(b'*');
        }
    }
    for (at, found) in text.match_indices("password=") {
        let start = at + found.len();
        let end = start + text[start..].find(['\n', '"', '\'', ' ', '&']).unwrap_or(text.len() - start);
        bytes[start..end].fill(b'*');
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::mask_passwords;

    #[test]
    fn masks_every_way_to_write_one() {
        for (text, masked) in [
            ("url = \"postgres://u:sé@h/d\"", "url = \"postgres://u:***@h/d\""),
            ("postgres://u:a:b@c@h/d x@y", "postgres://u:*****@h/d x@y"),
            ("postgres://u@h:5432/d", "postgres://u@h:5432/d"),
            ("postgres://h/d?password=abc&x=1", "postgres://h/d?password=***&x=1"),
            ("host=h password=abc user=u", "host=h password=*** user=u"),
            ("a = 1 # no url", "a = 1 # no url"),
        ] {
            assert_eq!(mask_passwords(text), masked);
        }
    }
}
