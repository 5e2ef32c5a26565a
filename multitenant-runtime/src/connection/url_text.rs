//! Parameters back to text: redacted for people, complete for programs.

use std::fmt::Write;

use super::parameters::Parameters;

/// As a URL, with `***` for the password unless `secrets` are wanted.
pub(super) fn render(parameters: &Parameters, secrets: bool) -> String {
    let get = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice());
    let mut text = String::from("postgres://");
    let authority_hosts = get("host").filter(|host| !host.contains(&b'/') && !host.contains(&b','));
    if let Some(user) = get("user") {
        encode(user, "", &mut text);
    }
    if let Some(password) = get("password") {
        text.push(':');
        if secrets {
            encode(password, "", &mut text);
        } else {
            text.push_str("***");
        }
    }
    if text.len() > "postgres://".len() {
        text.push('@');
    }
    if let Some(host) = authority_hosts {
        let bracketed = host.contains(&b':');
        text.push_str(if bracketed { "[" } else { "" });
        encode(host, ":", &mut text);
        text.push_str(if bracketed { "]" } else { "" });
        if let Some(port) = get("port") {
            text.push(':');
            encode(port, "", &mut text);
        }
    }
    text.push('/');
    encode(get("dbname").unwrap_or_default(), "", &mut text);
    let mut separator = '?';
    for (name, value) in parameters {
        let shown = match name.as_str() {
            "user" | "password" | "dbname" => true,
            "host" | "port" => authority_hosts.is_some(),
            _ => false,
        };
        if !shown {
            text.push(separator);
            encode(name.as_bytes(), "", &mut text);
            text.push('=');
            encode(value, "/,:=", &mut text);
            separator = '&';
        }
    }
    text
}

fn encode(bytes: &[u8], plain: &str, text: &mut String) {
    for &byte in bytes {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(character) || (byte.is_ascii() && plain.contains(character))
        {
            text.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
}
